"""Makes the runs of backfills: a few at a time, as there is room for them, so that live runs never stand behind them.

A backfill lies planned in the tables from its start; here planned runs become runs. Its row is locked meanwhile, and
the unique run id stands behind that.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from tradewind.actions.clear_tasks import clear_some, repin, the_run
from tradewind.domain.rules.adapt import RunOptions, joined, options_from
from tradewind.domain.rules.backfill import Fate, Piece, Reprocess, fate
from tradewind.domain.timetables.contract import Interval
from tradewind.store import claims
from tradewind.store.engine import Conn
from tradewind.store.reads import backfills as reads
from tradewind.store.reads.backfills import BackfillRow, Known, Slot
from tradewind.store.reads.versions import Versions, find_dag
from tradewind.store.writes import backfills as writes
from tradewind.store.writes import deadlines
from tradewind.store.writes import runs as run_writes
from tradewind.telemetry import BackfillEnded, Event, RunCreated

#: Planned runs looked at in one pass; where many are skipped, the next pass goes on.
LOOK_MAX = 200


class DueBackfills:
    """The backfills that go on. ``open`` is shared with those who ask whether a run belongs to one."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self.open: dict[int, BackfillRow] = {}
        self._hungry: set[int] = set()  #: there may be room for more of their runs
        self.events: list[Event] = []

    def is_due(self) -> bool:
        """True when some run may be made now."""
        return bool(self._hungry)

    def run_ended(self, backfill_id: int | None) -> None:
        """There may be room for another run of this backfill."""
        if backfill_id in self.open:
            self._hungry.add(backfill_id)

    def refresh(self, conn: Conn) -> None:
        """Look for new, paused, resumed and ended backfills."""
        found = {row.id: row for row in reads.open_backfills(conn)}
        self.open.clear()
        self.open.update(found)
        self._hungry = set(found)

    def create(self, conn: Conn, now: datetime) -> bool:
        """Make what there is room for; True when something was written."""
        hungry = sorted(self._hungry)
        self._hungry.clear()
        dags = claims.lock_dags(conn, sorted({self.open[pk].dag_id for pk in hungry}))
        wrote = False
        for pk in hungry:
            backfill = reads.claim(conn, pk)
            if backfill is None:
                continue  # another scheduler is at it, or it has just ended: the next wake-up tells
            limits = dags.get(backfill.dag_id)
            wrote |= self._fill(conn, backfill, limits, now)
        return wrote

    def _fill(self, conn: Conn, backfill: BackfillRow, limits: claims.DagLimits | None, now: datetime) -> bool:
        active = reads.count_open_runs(conn, backfill.id)
        if backfill.reached >= backfill.total and not active:
            writes.complete(conn, backfill.id, now)
            self.open.pop(backfill.id, None)
            tally = reads.tally(conn, backfill.id)
            self.events.append(BackfillEnded(backfill.dag_id, backfill.id, tally.success, tally.failed))
            return True
        if backfill.is_paused or limits is None or not limits.is_active:
            return False
        most = backfill.max_active_runs
        if limits.max_active_runs > 0:
            most = min(most, limits.max_active_runs)
        room = most - active
        if room <= 0:
            return False
        outcomes: list[tuple[int, str, int | None, str | None]] = []
        planned = reads.slots(conn, backfill.id, backfill.reached, LOOK_MAX)
        known = _known(conn, backfill, planned)
        for slot in planned:
            if room <= 0:
                break
            outcome = self._one(conn, backfill, slot, known.get(slot.ordinal), now)
            room -= outcome[1] != "skipped"
            outcomes.append(outcome)
        writes.set_outcomes(conn, backfill.id, outcomes, now)
        left = backfill.reached + len(outcomes) < backfill.total
        nothing_runs = active == 0 and all(what == "skipped" for _, what, _, _ in outcomes)
        if room > 0 and (left or nothing_runs):
            self._hungry.add(backfill.id)
        return bool(outcomes)

    def _one(
        self, conn: Conn, backfill: BackfillRow, slot: Slot, known: Known | None, now: datetime
    ) -> tuple[int, str, int | None, str | None]:
        what, why = fate(known.state if known else None, Reprocess(backfill.reprocess))
        options = options_from(backfill.options)
        if slot.ordinal > 0 and options.ignore_past:
            options = msgspec.structs.replace(options, ignore_past=False)  # only the first run is let off
        if known is None:
            made = self._make(conn, backfill, slot, options, now)
            return slot.ordinal, "made" if made else "skipped", made, None if made else "the DAG is gone"
        if what is Fate.CLEAR:
            self._clear(conn, backfill, known, options, now)
            return slot.ordinal, "cleared", known.pk, None
        return slot.ordinal, "skipped", known.pk, why

    def _make(self, conn: Conn, backfill: BackfillRow, slot: Slot, options: RunOptions, now: datetime) -> int | None:
        dag = find_dag(conn, backfill.dag_id)
        if dag is None or dag.version_id is None:
            return None
        run_id = _piece(slot).run_id
        pk = run_writes.insert(
            conn,
            dag_id=backfill.dag_id,
            run_id=run_id,
            run_type="backfill",
            version_id=dag.version_id,
            now=now,
            run_after=min(slot.interval_end, now),
            logical_date=slot.logical_date,
            interval=(slot.interval_start, slot.interval_end),
            conf=backfill.conf,
            triggered_by=backfill.triggered_by or "backfill",
            backfill_id=backfill.id,
            options=options.dump(),
        )
        spec = self._versions.get(conn, dag.version_id).plan.spec
        if spec.deadlines:
            deadlines.set_up(conn, pk, spec, logical_date=slot.logical_date, now=now)
        self.events.append(RunCreated(backfill.dag_id, run_id, "backfill", slot.logical_date))
        return pk

    def _clear(self, conn: Conn, backfill: BackfillRow, known: Known, options: RunOptions, now: datetime) -> None:
        run = the_run(conn, backfill.dag_id, known.run_id)
        mine = joined(options_from(run.options), options)
        clear_some(conn, now, backfill.triggered_by or "backfill", self._versions, run, options.task_ids)
        run_writes.set_backfill(conn, run.id, backfill.id, mine.dump(), backfill.conf)
        if mine.dump() != run.options:
            repin(conn, self._versions.of_run(conn, run.version_id, mine.dump()), run)


def _piece(slot: Slot) -> Piece:
    return Piece(Interval(slot.interval_start, slot.interval_end), slot.intervals)


def _known(conn: Conn, backfill: BackfillRow, planned: list[Slot]) -> dict[int, Known]:
    """The runs that stand where these would be made: of that date (if it covers one interval), or of that name."""
    names = {slot.ordinal: _piece(slot).run_id for slot in planned}
    by_name = reads.runs_named(conn, backfill.dag_id, list(names.values()))
    by_date = reads.runs_at(conn, backfill.dag_id, [slot.logical_date for slot in planned if slot.intervals == 1])
    found = {}
    for slot in planned:
        known = by_date.get(slot.logical_date) if slot.intervals == 1 else None
        known = known or by_name.get(names[slot.ordinal])
        if known is not None:
            found[slot.ordinal] = known
    return found
