"""Attempts whose worker was lost are put back: one way in, the queue. Recovery never runs anything itself."""

from __future__ import annotations

from tradewind.domain.rules import retry
from tradewind.domain.rules.views import TaskView
from tradewind.domain.states import LIVE, TaskState
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.book import Book
from tradewind.telemetry import AttemptLost

S = TaskState


def lost(
    batch: Batch, book: Book, ti: TaskView, why: str, *, started: bool, restarts: int, counts: bool = True
) -> None:
    """The live attempt of ``ti`` will never report.

    One that surely never ran goes back freely. One that ran starts again up to ``restarts`` times without counting a
    try; after that losing it is a failure like any other, with its retries. With ``counts`` false it always goes back:
    Tradewind was stopped, which is no fault of the task.
    """
    task = ti.task
    assert task is not None
    if ti.state not in LIVE or ti.attempt_id is None:
        return
    attempt_id = ti.attempt_id
    batch.cancels.append((attempt_id, why))  # if it lives after all, it may not go on
    batch.acknowledge.append(attempt_id)
    batch.events.append(AttemptLost(attempt_id, why))
    never_ran = ti.state is S.QUEUED and not started
    if never_ran or not counts or ti.lost_count < restarts:
        batch.end_attempt(ti, "removed" if never_ran else "failed", batch.now, why)
        ti.lost_count += 1 if counts and not never_ran else 0
        ti.resume = {**(ti.resume or {}), "same_try": True}
        ti.scheduled_at = batch.now
        batch.move(book, ti, S.SCHEDULED, f"{why}; put back")
        book.enqueue(ti)
        return
    error = f"{why} ({ti.lost_count} restarts used up)"
    after = retry.after_failure(ti, task.spec, batch.now, error, f"{book.run.run_id}#{ti.task_id}")
    batch.end_attempt(ti, str(after.state), batch.now, error)
    ti.next_try_at, ti.resume, ti.ended_at = after.next_try_at, None, batch.now
    batch.move(book, ti, after.state, after.why)
    if after.next_try_at is not None:
        batch.timers.append((after.next_try_at, book, ti))
