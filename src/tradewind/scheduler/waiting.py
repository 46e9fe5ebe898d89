"""Deferred task instances: given to a triggerer after the commit, taken back when their trigger fires, fails or is late.

A deferral is named by the attempt id it stands under. An event moves the instance only while it is deferred under that
very id, so an event that comes twice is used once, and one of an earlier deferral never.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tradewind.domain.keys import TaskKey, log_path
from tradewind.domain.messages import TriggerFailed, TriggerFired, TriggerOrder
from tradewind.domain.rules.views import TaskView
from tradewind.domain.states import TaskState
from tradewind.executor.contract import Triggers
from tradewind.scheduler import stopping
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.book import Book
from tradewind.scheduler.shelf import Shelf
from tradewind.store.engine import us
from tradewind.telemetry import TaskEnded

S = TaskState
#: What a trigger may end its task with, by itself.
_ENDS = {"success": S.SUCCESS, "failed": S.FAILED, "skipped": S.SKIPPED}
#: The method name under which ``sdk.execution`` raises in place of calling the author's code.
FAIL = "__fail__"


def apply(batch: Batch, shelf: Shelf, message: TriggerFired | TriggerFailed) -> None:
    """One event. Ignored when nobody waits for it any more."""
    entry = shelf.waiters.get(message.attempt_id)
    if entry is None:
        return
    book, ti = entry
    if isinstance(message, TriggerFailed):
        resume_failed(batch, book, ti, f"Trigger failure: {message.error}", message.traceback)
    elif message.end_state is not None:
        _end(batch, book, ti, message, _ENDS.get(message.end_state, S.FAILED))
    else:
        facts = ti.resume or {}
        resume = _kept(ti) | {
            "method": facts.get("method"),
            "next_kwargs": facts.get("next_kwargs"),
            "event": message.event,
        }
        _back(batch, book, ti, resume, "the trigger fired")


def resume_failed(batch: Batch, book: Book, ti: TaskView, error: str, traceback: list[str] | None = None) -> None:
    """The wait was in vain: a worker raises the error in the task, so that retries, callbacks and soft_fail apply."""
    kwargs = msgspec.json.encode({"error": error, "traceback": traceback or None}).decode()
    _back(batch, book, ti, _kept(ti) | {"method": FAIL, "next_kwargs": kwargs}, error)


def _kept(ti: TaskView) -> dict[str, Any]:
    first = (ti.resume or {}).get("first_start") or (ti.started_at.isoformat() if ti.started_at else None)
    return {"same_try": True} | ({"first_start": first} if first else {})


def _back(batch: Batch, book: Book, ti: TaskView, resume: dict[str, Any], why: str) -> None:
    ti.resume, ti.next_try_at, ti.scheduled_at = resume, None, batch.now
    batch.move(book, ti, S.SCHEDULED, why)
    book.enqueue(ti)


def _end(batch: Batch, book: Book, ti: TaskView, message: TriggerFired, state: TaskState) -> None:
    ti.resume, ti.next_try_at = None, None
    at = us(message.at)
    for value in message.xcoms:
        batch.xcoms.append(
            (book.run.id, ti.task_id, ti.map_index, value.key, value.value, value.length, ti.attempt_id, at)
        )
        book.keep_value(ti.task_id, ti.map_index, value.key, value.value)
    batch.move(book, ti, state, "ended by its trigger")
    seconds = (batch.now - ti.started_at).total_seconds() if ti.started_at else None
    batch.events.append(TaskEnded(book.run.dag_id, ti.task_id, str(state), seconds))
    if state is S.FAILED and book.plan.spec.fail_fast:
        stopping.stop_others(batch, book, f"fail_fast: {ti.task_id} failed")


def overdue(batch: Batch, book: Book, ti: TaskView) -> None:
    """The time-out of a deferral has come."""
    resume_failed(batch, book, ti, "Trigger timeout")


def hand_over(batch: Batch, shelf: Shelf, triggers: Triggers) -> None:
    """After the commit: tell the triggerer who waits now and who does no more."""
    for attempt_id, book, ti in batch.watch:
        shelf.waiters.add(attempt_id, book, ti)
    for attempt_id in batch.unwatch:
        shelf.waiters.remove(attempt_id)
    added, removed = shelf.waiters.changes()
    if removed:
        triggers.unwatch(removed)
    orders = [order for attempt_id, book, ti in added if (order := build_order(attempt_id, book, ti)) is not None]
    if orders:
        triggers.watch(orders)


def build_order(attempt_id: str, book: Book, ti: TaskView) -> TriggerOrder | None:
    """The order for a deferral, straight from its row; None when the row names no trigger."""
    facts = ti.resume or {}
    if not facts.get("trigger"):
        return None
    run = book.run
    return TriggerOrder(
        attempt_id=attempt_id,
        trigger=facts["trigger"],
        kwargs=facts.get("kwargs") or "{}",
        dag_id=run.dag_id,
        run_id=run.run_id,
        task_id=ti.task_id,
        map_index=ti.map_index,
        try_number=ti.try_number,
        file=book.file,
        log_path=log_path(TaskKey(run.dag_id, run.run_id, ti.task_id, ti.map_index), ti.try_number),
    )
