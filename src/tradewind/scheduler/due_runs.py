"""Makes the scheduled runs whose time has come: each interval exactly once.

The dag row is locked while its runs are made, and a unique index stands behind that; the plan in memory only says
when it is worth looking.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tradewind.domain.rules import assets as rules
from tradewind.domain.spec import DagSpec
from tradewind.domain.timetables import build
from tradewind.domain.timetables.bounded import next_wanted
from tradewind.domain.timetables.contract import Due, Interval, Timetable
from tradewind.errors import TradewindError
from tradewind.scheduler.skips import Skips, note_skip
from tradewind.settings import Settings
from tradewind.store import claims
from tradewind.store.engine import Conn
from tradewind.store.reads import runs as run_reads
from tradewind.store.reads.runs import Filled
from tradewind.store.reads.versions import Versions
from tradewind.store.writes import deadlines, schedule
from tradewind.store.writes import runs as run_writes
from tradewind.telemetry import Event, LoopCrashed, RunCreated, emit

log = logging.getLogger("tradewind.scheduler")

#: A clock that went back by more was set.
_SET_BACK = timedelta(seconds=1)


@dataclass
class _Planned:
    version_id: int
    spec: DagSpec
    timetable: Timetable
    promises: bool  #: it has SLAs or deadlines
    at: datetime | None  #: when the next run is due
    paused: bool
    told: datetime | None = None  #: up to where the journal tells of runs that overlap="skip" left out
    held: bool = False  #: max_active_runs is reached; looked at again when a run of the DAG ends
    held_by: int = 0  #: that many open runs


class AssetDag(NamedTuple):
    """A DAG that assets start. ``loose``: it names aliases or references, whose addresses may yet be found."""

    version_id: int
    expression: dict[str, Any]
    loose: bool
    paused: bool


class DueRuns:
    """The plan of all DAGs."""

    def __init__(self, settings: Settings, versions: Versions) -> None:
        self._versions = versions
        self._limit = settings.get_int("scheduler", "max_dagruns_to_create_per_loop")
        self._catchup = settings.get_bool("scheduler", "catchup_by_default")
        self._check_slas = settings.get_bool("core", "check_slas")
        self._plan: dict[str, _Planned] = {}
        self._by_assets: set[str] = set()  #: DAGs that some version of them made wait for assets
        self._looked_at: datetime | None = None
        self.events: list[Event] = []

    def next_at(self) -> datetime | None:
        """When to look next."""
        times = [p.at for p in self._plan.values() if p.at is not None and not p.paused and not p.held]
        return min(times) if times else None

    def is_due(self, now: datetime) -> bool:
        """True when some run may be made now."""
        at = self.next_at()
        return at is not None and at <= now

    def asset_dags(self) -> dict[str, AssetDag]:
        """The DAGs that wait for assets."""
        found = {}
        for dag_id in sorted(self._by_assets & self._plan.keys()):
            p = self._plan[dag_id]
            wanted = p.spec.asset_expression
            if wanted is not None:
                loose = bool(rules.alias_names(wanted) or rules.reference_names(wanted))
                found[dag_id] = AssetDag(p.version_id, wanted, loose, p.paused)
        return found

    def spec_of(self, dag_id: str) -> DagSpec:
        """The newest version of a DAG of the plan."""
        return self._plan[dag_id].spec

    def run_ended(self, dag_id: str) -> None:
        """There may be room for another run of this DAG."""
        planned = self._plan.get(dag_id)
        if planned is not None:
            planned.held = False

    def refresh(self, conn: Conn, now: datetime) -> bool:
        """Look for new, changed, paused and removed DAGs. True when something was written."""
        # Without catch-up, what was planned while the clock was ahead may be long to come.
        wrote = set_back = self._looked_at is not None and now < self._looked_at - _SET_BACK
        self._looked_at = now
        seen: set[str] = set()
        for row in schedule.plans(conn):
            if row.version_id is None or not row.is_active:
                continue
            seen.add(row.dag_id)
            planned = self._plan.get(row.dag_id)
            if planned is not None and planned.version_id == row.version_id:
                if set_back or (planned.paused and not row.is_paused):
                    # Without catch-up the plan made while it was paused is old, too.
                    wrote |= self._guarded(row.dag_id, lambda p=planned, d=row.dag_id: self._replan(conn, d, p, now))  # type: ignore[misc]
                planned.paused = row.is_paused
                continue
            wrote |= self._guarded(
                row.dag_id,
                lambda d=row.dag_id, v=row.version_id, p=row.is_paused: self._add(conn, d, v, p, now),  # type: ignore[misc]
            )
        for gone in set(self._plan) - seen:
            del self._plan[gone]
        self._let_go(conn)
        return wrote

    def _let_go(self, conn: Conn) -> None:
        """The runs that held a DAG up may have ended elsewhere, by another scheduler or a person, or are deleted."""
        if any(planned.held for planned in self._plan.values()):
            active = run_reads.count_all_open(conn)
            for dag_id, planned in self._plan.items():
                planned.held = planned.held and active.get(dag_id, 0) >= planned.held_by

    def _guarded(self, dag_id: str, work: Callable[[], bool]) -> bool:
        # One DAG with a broken timetable must not keep the others from running.
        try:
            return work()
        except (TradewindError, ValueError, ArithmeticError, LookupError) as error:
            if isinstance(error, TradewindError) and error.code == "database_trouble":
                raise
            self.events.append(LoopCrashed("due_runs", f"{dag_id}: {error}"))
            self._plan.pop(dag_id, None)
            return False

    def _add(self, conn: Conn, dag_id: str, version_id: int, paused: bool, now: datetime) -> bool:
        spec = self._versions.get(conn, version_id).plan.spec
        promises = bool(spec.deadlines or any(task.sla is not None for task in spec.tasks))
        planned = _Planned(version_id, spec, build(spec.timetable), promises, None, paused, told=now)
        self._plan[dag_id] = planned
        if spec.asset_expression is not None:
            self._by_assets.add(dag_id)
        return self._replan(conn, dag_id, planned, now)

    def _next(self, conn: Conn, dag_id: str, planned: _Planned, now: datetime) -> Due | None:
        if not planned.timetable.can_be_scheduled:
            return None
        last = run_reads.newest_scheduled(conn, dag_id)
        interval = None
        if last is not None and last.interval_start is not None and last.interval_end is not None:
            interval = Interval(last.interval_start, last.interval_end)
        return self._ask(planned, interval, now, ran_before=last is not None)

    def _ask(self, planned: _Planned, last: Interval | None, now: datetime, *, ran_before: bool) -> Due | None:
        spec = planned.spec
        starts = [t.start_date for t in spec.tasks if t.start_date is not None]
        catchup = self._catchup if spec.catchup is None else spec.catchup
        return next_wanted(
            planned.timetable,
            last,
            earliest=spec.start_date or (min(starts) if starts else None),
            latest=spec.end_date,
            catchup=catchup and spec.overlap != "cancel_old",  # the older of several would only be cancelled
            window=spec.catchup_window,
            now=now,
            ran_before=ran_before,
        )

    def _replan(self, conn: Conn, dag_id: str, planned: _Planned, now: datetime) -> bool:
        due = self._next(conn, dag_id, planned, now)
        _write_next(conn, dag_id, planned, due)
        return True

    def create(self, conn: Conn, now: datetime) -> int:
        """Make every run that is due, up to the limit per pass; how many."""
        due = sorted(
            (p.at, dag_id) for dag_id, p in self._plan.items() if p.at and p.at <= now and not p.paused and not p.held
        )
        if not due:
            return 0
        limits = claims.lock_dags(conn, [dag_id for _, dag_id in due])
        made = 0
        for _, dag_id in due:
            if made >= self._limit:
                break
            planned = self._plan[dag_id]
            limit = limits.get(dag_id)
            if limit is None or limit.is_paused or not limit.is_active:
                planned.paused = True
                continue
            made += self._create_for(conn, dag_id, planned, limit, now, self._limit - made)
        return made

    def _create_for(
        self, conn: Conn, dag_id: str, planned: _Planned, limit: claims.DagLimits, now: datetime, most: int
    ) -> int:
        most_active = limit.max_active_runs
        if planned.timetable.active_runs_limit:
            most_active = min(most_active, planned.timetable.active_runs_limit)
        policy = planned.spec.overlap
        active = run_reads.count_open(conn, dag_id)
        due = self._next(conn, dag_id, planned, now)
        skips = Skips(conn, dag_id, most_active, due.run_after) if due and policy == "skip" else None
        made = 0
        filled = run_reads.backfilled(conn, dag_id, due.interval.start) if due is not None else Filled([])
        while due is not None and due.run_after <= now and made < most:
            blocker = skips.blocker(due.run_after) if skips else None
            if blocker is not None:
                if planned.told is None or due.run_after > planned.told:
                    note_skip(conn, blocker, due.logical_date, most_active, now)
                    planned.told = due.run_after
                due = self._ask(planned, due.interval, now, ran_before=True)
                continue
            if policy == "queue" and active >= most_active > 0:
                planned.held, planned.held_by = True, active
                break
            run_id = f"scheduled__{due.logical_date.isoformat()}"
            if not filled.holds(due.interval) and run_reads.find(conn, dag_id, run_id) is None:
                pk = run_writes.insert(
                    conn,
                    dag_id=dag_id,
                    run_id=run_id,
                    run_type="scheduled",
                    version_id=planned.version_id,
                    now=now,
                    run_after=due.run_after,
                    logical_date=due.logical_date,
                    interval=due.interval,
                    conf={},
                    triggered_by="scheduler",
                )
                if planned.promises:
                    start = due.interval.end if self._check_slas else None
                    deadlines.set_up(
                        conn, pk, planned.spec, logical_date=due.logical_date, now=now, scheduled_start=start
                    )
                made += 1
                active += 1
                if skips is not None:
                    skips.made(pk, run_id, due.run_after, now)
                self.events.append(RunCreated(dag_id, run_id, "scheduled", due.logical_date))
            due = self._ask(planned, due.interval, now, ran_before=True)
        _write_next(conn, dag_id, planned, due)
        return made


def announce(event: Event) -> None:
    """Emit it; a run that was made stands in the log, too, in the words of Airflow's that people search for."""
    emit(event)
    if isinstance(event, RunCreated):
        what = f"{event.dag_id} @ {event.logical_date}: {event.run_id}"
        log.info("Created <DagRun %s, externally triggered: False>", what)


def _write_next(conn: Conn, dag_id: str, planned: _Planned, due: Due | None) -> None:
    planned.at = due.run_after if due else None
    schedule.set_next(
        conn,
        dag_id,
        due.run_after if due else None,
        due.logical_date if due else None,
        due.interval if due else None,
    )
