"""What only time brings: retries and reschedules that are due, deferrals and runs that took too long."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from tradewind.domain.rules.views import TaskView
from tradewind.domain.states import RunState, TaskState
from tradewind.scheduler import advance, stopping, waiting
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.book import Book
from tradewind.scheduler.overlap import Mine, give_up, make_room

S = TaskState
_WHY = {S.UP_FOR_RETRY: "retry is due", S.UP_FOR_RESCHEDULE: "looks again"}


def task_due(batch: Batch, book: Book, ti: TaskView) -> None:
    """The ``next_try_at`` of an instance has come, or the end of its ``queue_timeout``."""
    seconds = ti.task.spec.queue_timeout if ti.task is not None else None
    if seconds is not None and ti.state in (S.SCHEDULED, S.QUEUED) and ti.scheduled_at is not None:
        if ti.scheduled_at + timedelta(seconds=seconds) <= batch.now:
            stopping.stop(batch, book, ti, S.FAILED, f"queue_timeout: did not start within {seconds:g} s")
        return
    if ti.next_try_at is None or ti.next_try_at > batch.now:
        return
    if ti.state in _WHY:
        ti.next_try_at = None
        advance.make_ready(batch, book, ti, _WHY[ti.state])
    elif ti.state is S.DEFERRED:
        waiting.overdue(batch, book, ti)


def waiting_runs(batch: Batch, books: list[Book], is_mine: Mine) -> None:
    """Runs that are due while others are active, and those that waited too long."""
    make_room(batch, books, is_mine)
    _too_long_queued(batch, books, is_mine)


def _too_long_queued(batch: Batch, books: Iterable[Book], is_mine: Mine) -> None:
    """DAG(queue_timeout=...): a run that waited too long to start has failed. One that somebody cleared has time."""
    for book in list(books):
        run, seconds = book.run, book.plan.spec.queue_timeout
        if seconds is None or run.state != RunState.QUEUED or run.started_at is not None:
            continue
        if max(run.run_after, run.queued_at) + timedelta(seconds=seconds) <= batch.now and is_mine(batch, book):
            give_up(batch, book, f"queue_timeout: the run did not start within {seconds:g} s", "timed_out")


def run_due(batch: Batch, book: Book) -> None:
    """dagrun_timeout: the run fails, what is still open is skipped."""
    deadline = book.deadline()
    if book.run.state != RunState.RUNNING or deadline is None or deadline > batch.now:
        return
    seconds = book.plan.spec.dagrun_timeout
    give_up(batch, book, f"dagrun_timeout: longer than {seconds:g} s", "timed_out")
