"""Makes the runs that updated assets start: each event is used by one run of each consuming DAG, and none is lost.

A cursor per DAG and asset says how far the DAG has read. It moves in the transaction that makes the run, under the lock
of the dag row. A paused DAG reads nothing: what happens meanwhile makes one run when it is switched on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tradewind.domain.rules import assets as rules
from tradewind.domain.rules.assets import Names
from tradewind.scheduler.due_runs import AssetDag, DueRuns
from tradewind.store import claims
from tradewind.store.engine import Conn
from tradewind.store.reads import assets as reads
from tradewind.store.reads import runs as run_reads
from tradewind.store.reads import versions
from tradewind.store.reads.assets import EventRow
from tradewind.store.writes import assets as writes
from tradewind.store.writes import deadlines
from tradewind.store.writes import runs as run_writes
from tradewind.telemetry import RunCreated


class DueAssets:
    """What is known of the DAGs that wait for assets."""

    def __init__(self, due: DueRuns) -> None:
        self._due = due  #: the plan of all DAGs; events of ours are emitted with its events
        self._known: dict[str, tuple[int, bool]] = {}  #: DAG -> version and whether it was paused, when last looked at
        self._newest = -1

    def create(self, conn: Conn, now: datetime, *, thorough: bool) -> int:
        """Make every run whose assets were updated; how many. ``thorough`` looks even where nothing seems new: an
        event of another process may become visible after a newer one.
        """
        consumers = self._due.asset_dags()
        fresh = self._refresh(conn, consumers)
        if not consumers:
            return 0
        newest = reads.newest_id(conn)
        if newest == self._newest and not fresh and not thorough:
            return 0
        more = newest != self._newest
        self._newest = newest
        loose = {dag_id for dag_id, dag in consumers.items() if dag.loose} if more or thorough else set()
        for dag_id in sorted(loose):
            self._start_reading(conn, dag_id, consumers[dag_id])
        waiting = [
            dag_id for dag_id in reads.waiting_dags(conn) if dag_id in consumers and not consumers[dag_id].paused
        ]
        if not waiting:
            return 0
        limits = claims.lock_dags(conn, waiting)
        made = 0
        for dag_id in waiting:
            limit = limits.get(dag_id)
            if limit is not None and limit.is_active and not limit.is_paused:
                made += self._create_for(conn, dag_id, consumers[dag_id], now)
        return made

    def _refresh(self, conn: Conn, consumers: dict[str, AssetDag]) -> bool:
        now = {dag_id: (dag.version_id, dag.paused) for dag_id, dag in consumers.items()}
        if now == self._known:
            return False
        before, self._known = self._known, now
        for dag_id, (version_id, _) in now.items():
            if before.get(dag_id, (None, False))[0] != version_id:
                self._start_reading(conn, dag_id, consumers[dag_id])
        return True

    def _start_reading(self, conn: Conn, dag_id: str, dag: AssetDag) -> None:
        wanted = rules.uris(dag.expression, self._names(conn, dag))
        since = versions.created_at(conn, dag.version_id)
        # What came before the DAG first asked for it is not for it; what it no longer asks for is forgotten.
        writes.start_cursors(conn, dag_id, wanted, since)
        gone = set(reads.cursors(conn, dag_id)) - wanted
        if gone:
            writes.drop_cursors(conn, dag_id, gone)

    def _names(self, conn: Conn, dag: AssetDag) -> Names:
        if not dag.loose:
            return Names({}, {})
        return Names(
            reads.of_aliases(conn, rules.alias_names(dag.expression)),
            reads.by_names(conn, rules.reference_names(dag.expression)),
        )

    def _create_for(self, conn: Conn, dag_id: str, dag: AssetDag, now: datetime) -> int:
        names = self._names(conn, dag)
        events = reads.new_events(conn, dag_id, sorted(rules.uris(dag.expression, names)))
        if not rules.holds(dag.expression, {event.uri for event in events}, names):
            return 0
        newest = events[-1]
        run_id = f"asset_triggered__{newest.at.isoformat()}"
        if run_reads.find(conn, dag_id, run_id) is not None:
            run_id = f"{run_id}_{newest.id}"  # two events of one instant
        pk = run_writes.insert(
            conn,
            dag_id=dag_id,
            run_id=run_id,
            run_type="asset_triggered",
            version_id=dag.version_id,
            now=now,
            run_after=now,
            logical_date=newest.at,
            interval=interval_of(events),
            conf={},
            triggered_by="asset",
        )
        spec = self._due.spec_of(dag_id)
        if spec.deadlines:
            deadlines.set_up(conn, pk, spec, logical_date=newest.at, now=now)
        writes.consume(conn, dag_id, pk, [(event.id, event.uri) for event in events])
        self._due.events.append(RunCreated(dag_id, run_id, "asset_triggered", newest.at))
        return 1


def interval_of(events: Sequence[EventRow]) -> tuple[datetime, datetime]:
    """The time the events speak of: the intervals of the runs that made them, or their own moments."""
    return (
        min(event.interval_start or event.at for event in events),
        max(event.interval_end or event.at for event in events),
    )
