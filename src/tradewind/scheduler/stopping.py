"""Ends instances by decree: fail_fast, a run that took too long."""

from __future__ import annotations

from tradewind.domain.rules.views import TaskView
from tradewind.domain.states import DONE, LIVE, TaskState
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.book import Book

S = TaskState


def stop_others(batch: Batch, book: Book, why: str, *, running: TaskState = S.FAILED) -> None:
    """End everything that is still open in a run, teardowns aside."""
    for ti in list(book.all()):
        if ti.state in DONE or (ti.task is not None and ti.task.spec.is_teardown):
            continue
        stop(batch, book, ti, running if ti.state is S.RUNNING else S.SKIPPED, why)


def stop(batch: Batch, book: Book, ti: TaskView, state: TaskState, why: str) -> None:
    """End one instance by decree; its process is told to stop after the commit."""
    if ti.state in LIVE and ti.attempt_id is not None:
        batch.cancels.append((ti.attempt_id, why))
        batch.end_attempt(ti, str(state), batch.now, why)
    ti.next_try_at, ti.resume = None, None
    book.past.discard(ti.id)
    batch.move(book, ti, state, why)
