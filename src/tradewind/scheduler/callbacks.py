"""Callbacks of DAGs: noted with their reason, handed to workers, called again when the process that called them was lost.

The row is written in the transaction that ends the run (or finds what else there is to tell), so no crash can lose it;
a worker imports the DAG file and calls the function, as it runs a task. Reports about callbacks are told from those about
tasks by their attempt ids. A function that raises is not called again: it may have told somebody already.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from tradewind.actions.task_door import Door
from tradewind.domain.keys import TaskKey, callback_log_path
from tradewind.domain.messages import (
    CALLBACK_PREFIX,
    Beat,
    CallbackOrder,
    Finished,
    Lost,
    Started,
    TaskReply,
    TaskRequest,
    WorkOrder,
)
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.hearing import Heard
from tradewind.scheduler.shelf import Shelf, run_facts
from tradewind.settings import Settings
from tradewind.store import transitions
from tradewind.store.reads import callbacks as reads
from tradewind.store.reads import runs as run_reads
from tradewind.store.reads.callbacks import CallbackRow
from tradewind.store.writes import callbacks as writes
from tradewind.store.writes import deadlines
from tradewind.telemetry import CallbackEnded

log = logging.getLogger("tradewind.scheduler")
#: After a loss it waits so long, twice as long after the next one.
_PAUSE_SECONDS = 2.0
Mine = Started | Finished | Lost | TaskRequest


def split(heard: list[tuple[str, Heard]]) -> tuple[list[tuple[str, Heard]], list[Mine], set[str]]:
    """(what is about tasks, what is about callbacks, callbacks that are alive)."""
    rest: list[tuple[str, Heard]] = []
    mine: list[Mine] = []
    alive: set[str] = set()
    for name, message in heard:
        if isinstance(message, Beat):
            ids = {a for a in message.attempt_ids if a.startswith(CALLBACK_PREFIX)}
            if ids:
                alive |= ids
                others = [a for a in message.attempt_ids if a not in ids]
                message = Beat(host=message.host, worker=message.worker, attempt_ids=others)  # noqa: PLW2901  the part that is left
            rest.append((name, message))
        elif message.attempt_id.startswith(CALLBACK_PREFIX) and isinstance(message, Mine):
            mine.append(message)
        else:
            rest.append((name, message))
    return rest, mine, alive


class Callbacks:
    """Hands them out and hears of them. Holds nothing but the wish to look: the rows are the truth."""

    def __init__(self, settings: Settings, shelf: Shelf, door: Door, new_id: Callable[[], str], executor: str) -> None:
        self._shelf, self._door, self._new_id, self._executor = shelf, door, new_id, executor
        self._at_once = max(1, settings.get_int("scheduler", "callback_parallelism"))
        self._tries = settings.get_int("scheduler", "callback_tries")
        self._limit = settings.get_float("scheduler", "callback_timeout")
        self._isolation = settings.get_str("core", "isolation")
        self.wanted = True  #: some row may be handed out

    def take_in(self, batch: Batch, mine: list[Mine], alive: set[str]) -> None:
        """What was heard of them."""
        if alive:
            writes.renew(batch.conn, sorted(alive), batch.lease_until)
            known = reads.running(batch.conn, sorted(alive))
            batch.cancels.extend((a, "this callback was called again elsewhere") for a in sorted(alive - known.keys()))
            batch.wrote = True
        if not mine:
            return
        rows = reads.running(batch.conn, sorted({m.attempt_id for m in mine}))
        for message in mine:
            row = rows.get(message.attempt_id)
            if row is None:
                self._late(batch, message)
            elif isinstance(message, TaskRequest):
                self._answer(batch, row, message)
            elif isinstance(message, Started):
                writes.start(batch.conn, message.attempt_id, message.at, batch.lease_until)
            else:
                del rows[message.attempt_id]
                batch.acknowledge.append(message.attempt_id)
                self._ended(batch, row, message)
        batch.wrote = self.wanted = True

    def _late(self, batch: Batch, message: Mine) -> None:
        why = "This callback is over: it was called again, or its run was deleted."
        if isinstance(message, TaskRequest):
            error = {"code": "stale_attempt", "message": why, "hint": None}
            batch.replies.append(TaskReply(attempt_id=message.attempt_id, number=message.number, error=error))
        batch.cancels.append((message.attempt_id, why))
        if isinstance(message, Finished | Lost):
            batch.acknowledge.append(message.attempt_id)

    def _answer(self, batch: Batch, row: CallbackRow, request: TaskRequest) -> None:
        ti = row.details.get("ti") or {}
        key = TaskKey(row.dag_id, row.run_id, ti.get("task_id", ""), ti.get("map_index", -1))
        if request.verb in ("xcom_push", "xcom_delete") and not key.task_id:
            error = {"code": "invalid_argument", "message": "There is no task whose XCom it could be.", "hint": None}
            batch.replies.append(TaskReply(attempt_id=request.attempt_id, number=request.number, error=error))
            return
        batch.replies.append(self._door.serve(batch.conn, request, key, row.run_pk))

    def _ended(self, batch: Batch, row: CallbackRow, report: Finished | Lost) -> None:
        if isinstance(report, Lost):
            self._lost(batch, row, report.why, counts=report.started and report.counts)
        elif report.outcome == "failed" and report.retryable:
            self._lost(batch, row, report.error or "its process ended", counts=True)
        else:
            state = "success" if report.outcome != "failed" else "failed"
            self._close(batch, row, state, report)

    def _close(self, batch: Batch, row: CallbackRow, state: str, report: Finished) -> None:
        attempt = row.attempt_id or ""
        writes.end(batch.conn, attempt, state, report.at, report.error, report.started_at)
        if row.name == "sla_miss_callback":
            sent = report.rendered or {}
            email, called = bool(sent.get("email_sent")), bool(sent.get("notification_sent"))
            deadlines.told(batch.conn, row.id, email=email, notification=called)
        batch.events.append(CallbackEnded(row.dag_id, row.run_id, row.name, state))
        if state == "failed":
            self._journal(batch, row, f"{row.name} failed: {report.error}")

    def _lost(self, batch: Batch, row: CallbackRow, why: str, *, counts: bool) -> None:
        """Its process is gone: it is called again, unless that happened too often."""
        attempt = row.attempt_id or ""
        if row.tries < self._tries or not counts:
            pause = timedelta(seconds=_PAUSE_SECONDS * 2 ** (row.tries - 1))
            writes.put_back(batch.conn, attempt, batch.now + pause, why, uncount=not counts)
            return
        writes.end(batch.conn, attempt, "lost", batch.now, why)
        batch.events.append(CallbackEnded(row.dag_id, row.run_id, row.name, "lost"))
        self._journal(batch, row, f"{row.name} was given up after {row.tries} tries: {why}")

    def _journal(self, batch: Batch, row: CallbackRow, why: str) -> None:
        log.warning("Run %s of DAG %s: %s", row.run_id, row.dag_id, why)
        batch.flush_states()
        for run in run_reads.by_pks(batch.conn, [row.run_pk]):
            transitions.journal_run(batch.conn, run.id, run.state, run.state, why=why, at=batch.now)

    def expire(self, batch: Batch, held: set[str], far: datetime) -> None:
        """Housekeeping: those whose worker went silent, or whose lease ends after ``far``, so that it is from before a clock
        was set back. ``held``: those whose silence means nothing yet.
        """
        self.wanted = True
        for row in reads.expired(batch.conn, batch.now, far):
            if row.attempt_id in held:
                continue
            batch.cancels.append((row.attempt_id or "", "it was not heard of in time"))
            began = row.started_at is not None  # where it did not, it costs nobody anything to try on
            self._lost(batch, row, "its worker was not heard of in time", counts=began)
            batch.wrote = self.wanted = True

    def hand_out(self, batch: Batch) -> None:
        """Give those that are due to the workers, some at a time."""
        conn = batch.conn
        if batch.callbacks:
            writes.add(conn, batch.callbacks, batch.now)
            batch.wrote = self.wanted = True
        if not self.wanted:
            return
        self.wanted = False
        rows = reads.due(conn, batch.now, self._at_once)
        if not rows:
            return
        rows = rows[: max(0, self._at_once - reads.count_running(conn))]
        handed = []
        for row in rows:
            order = self._order(batch, row)
            batch.orders.setdefault(self._executor, []).append(order)
            handed.append((order.attempt_id, batch.lease_until, order.log_path, row.id))
        writes.hand_out(conn, handed)
        batch.wrote = batch.wrote or bool(handed)

    def _order(self, batch: Batch, row: CallbackRow) -> WorkOrder:
        (run,) = run_reads.by_pks(batch.conn, [row.run_pk])
        version = self._shelf.versions.of_run(batch.conn, run.version_id, run.options)
        ti = row.details.get("ti") or {}
        return WorkOrder(
            attempt_id=f"{CALLBACK_PREFIX}{self._new_id()}"[:32],
            task_id=ti.get("task_id", ""),
            map_index=ti.get("map_index", -1),
            try_number=ti.get("try_number", 0),
            max_tries=ti.get("max_tries", 1),
            run=run_facts(batch.conn, run, version),
            file=self._shelf.file_of(version),
            log_path=callback_log_path(run.dag_id, run.run_id, row.name, row.id, row.tries + 1),
            isolation=self._isolation,
            executor=self._executor,
            execution_timeout=self._limit or None,
            callback=CallbackOrder(
                name=row.name,
                reason=row.reason,
                details=row.details,
                run_state=run.state,
                run_ended_at=run.ended_at,
            ),
        )
