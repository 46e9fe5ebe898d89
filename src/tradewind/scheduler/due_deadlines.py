"""Runs whose SLAs or deadlines have come: what is late is written down, once, and told.

The moments are rows, made with the run; any scheduler looks at those that are due, so it matters neither who drives the
run nor whether it has begun, has failed or waits for its turn.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from tradewind.domain.rules import deadlines as rules
from tradewind.domain.states import RunState
from tradewind.scheduler.batch import Batch
from tradewind.settings import Settings
from tradewind.store.engine import Conn
from tradewind.store.reads import deadlines as reads
from tradewind.store.reads import runs as run_reads
from tradewind.store.reads import tasks as task_reads
from tradewind.store.reads.deadlines import DueRow
from tradewind.store.reads.runs import RunRow
from tradewind.store.reads.versions import Versions
from tradewind.store.writes import callbacks as callback_writes
from tradewind.store.writes import deadlines as writes
from tradewind.store.writes.callbacks import NewCallback
from tradewind.telemetry import DeadlineMissed, SlaMissed

#: Looked at in one pass, and tasks named in one message: a flood of late runs must not hold up the others.
_MOST = 200
_MOST_NAMED = 500


class DueDeadlines:
    """When to look next, and the look."""

    def __init__(self, settings: Settings, versions: Versions) -> None:
        self._versions = versions
        self._check_slas = settings.get_bool("core", "check_slas")
        self._next: datetime | None = None

    def refresh(self, conn: Conn) -> None:
        """Read when the next one is due."""
        self._next = reads.next_at(conn)

    def next_at(self) -> datetime | None:
        """When it is due, as far as we know."""
        return self._next

    def is_due(self, now: datetime) -> bool:
        """True when it is time to look."""
        return self._next is not None and self._next <= now

    def check(self, batch: Batch) -> None:
        """Look at what is due. The moves of this pass must be in the rows already."""
        conn = batch.conn
        rows = reads.due(conn, batch.now, _MOST)
        by_run: dict[int, list[DueRow]] = defaultdict(list)
        for row in rows:
            by_run[row.run_pk].append(row)
        late: dict[str, list[tuple[RunRow, dict[str, datetime]]]] = defaultdict(list)
        for run in run_reads.by_pks(conn, list(by_run)):
            kinds = {row.kind for row in by_run[run.id]}
            if "sla" in kinds and self._check_slas and (missed := self._missed(batch, run)):
                late[run.dag_id].append((run, missed))
            self._deadlines(batch, run, [row for row in by_run[run.id] if row.kind == "deadline"])
        writes.drop(conn, [(row.run_pk, row.kind, row.number) for row in rows if row.kind == "sla"])
        for dag_id, misses in sorted(late.items()):
            self._tell(batch, dag_id, misses)
        batch.wrote = batch.wrote or bool(rows)
        self.refresh(conn)

    def _missed(self, batch: Batch, run: RunRow) -> dict[str, datetime]:
        """Tasks of the run that are late and not reported yet, with the moment they were due."""
        spec = self._versions.of_run(batch.conn, run.version_id, run.options).plan.spec
        over = rules.missed_by(spec, run.interval_end or run.run_after, batch.now)
        states: dict[str, list[Any]] = defaultdict(list)
        for task_id, _, state in task_reads.states_of_tasks(batch.conn, run.id, list(over)):
            states[task_id].append(state)
        reported = reads.reported(batch.conn, run.id)
        return {
            task_id: at
            for task_id, at in over.items()
            if task_id not in reported
            and not (states[task_id] and all(state in rules.KEPT for state in states[task_id]))
        }

    def _tell(self, batch: Batch, dag_id: str, late: list[tuple[RunRow, dict[str, datetime]]]) -> None:
        """Write the misses of one DAG down; one message tells of all of them, if anybody wants to know."""
        conn = batch.conn
        late.sort(key=lambda entry: (entry[0].run_after, entry[0].id))
        last = late[-1][0]
        spec = self._versions.of_run(conn, last.version_id, last.options).plan.spec
        callback_id = None
        if {"sla_miss", "sla_email"} & set(spec.callbacks):
            misses = [
                {"task_id": task_id, "run_id": run.run_id, "logical_date": run.logical_date, "due_at": at}
                for run, missed in late
                for task_id, at in missed.items()
            ]
            blocking = [entry for run, _ in late for entry in self._blocking(conn, run)]
            details = {"misses": misses, "blocking": blocking[:_MOST_NAMED], "at": batch.now}
            new = NewCallback(last.id, dag_id, "sla_miss_callback", "sla_miss", details)
            callback_writes.add(conn, [new], batch.now)
            callback_id = callback_writes.newest(conn, last.id, "sla_miss_callback")
        rows = [(run.id, dag_id, task_id, at) for run, missed in late for task_id, at in missed.items()]
        writes.miss_slas(conn, rows, batch.now, callback_id)
        batch.events.extend(SlaMissed(dag_id, run.run_id, task_id) for run, missed in late for task_id in missed)

    def _blocking(self, conn: Conn, run: RunRow) -> list[dict[str, Any]]:
        """The tasks of the run that are not done well."""
        spec = self._versions.of_run(conn, run.version_id, run.options).plan.spec
        date = run.logical_date
        found = task_reads.of_run(conn, run.id)
        begun = {ti.task_id for ti in found}
        states = [(ti.task_id, ti.map_index, str(ti.state)) for ti in found if ti.state not in rules.KEPT]
        states += [(task.task_id, -1, "none") for task in spec.tasks if task.task_id not in begun]
        return [
            {"task_id": task_id, "map_index": index, "state": state, "run_id": run.run_id, "logical_date": date}
            for task_id, index, state in states
        ]

    def _deadlines(self, batch: Batch, run: RunRow, rows: list[DueRow]) -> None:
        for row in rows:
            kept = run.state == RunState.SUCCESS and run.ended_at is not None and run.ended_at <= row.due_at
            writes.close(batch.conn, [("met" if kept else "missed", row.run_pk, row.kind, row.number)])
            if not kept:
                details = {"number": row.number, "due_at": row.due_at}
                batch.callbacks.append(NewCallback(run.id, run.dag_id, "deadline", "deadline_missed", details))
                batch.events.append(DeadlineMissed(run.dag_id, run.run_id, row.due_at.isoformat()))
