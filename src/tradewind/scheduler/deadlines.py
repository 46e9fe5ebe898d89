"""What only time brings: retries and reschedules that are due, deferrals and runs that took too long."""

from __future__ import annotations

from tradewind.domain.rules.outcome import Ended
from tradewind.domain.rules.views import TaskView
from tradewind.domain.states import DONE, RunState, TaskState
from tradewind.scheduler import advance, stopping, waiting
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.book import Book

S = TaskState
_WHY = {S.UP_FOR_RETRY: "retry is due", S.UP_FOR_RESCHEDULE: "looks again"}


def task_due(batch: Batch, book: Book, ti: TaskView) -> None:
    """The ``next_try_at`` of an instance has come."""
    if ti.next_try_at is None or ti.next_try_at > batch.now:
        return
    if ti.state in _WHY:
        ti.next_try_at = None
        advance.make_ready(batch, book, ti, _WHY[ti.state])
    elif ti.state is S.DEFERRED:
        waiting.overdue(batch, book, ti)


def run_due(batch: Batch, book: Book) -> None:
    """dagrun_timeout: the run fails, what is still open is skipped."""
    deadline = book.deadline()
    if book.run.state != RunState.RUNNING or deadline is None or deadline > batch.now:
        return
    seconds = book.plan.spec.dagrun_timeout
    why = f"dagrun_timeout: longer than {seconds:g} s"
    stopping.stop_others(batch, book, why, running=S.SKIPPED)
    for ti in book.all():
        if ti.state not in DONE:
            stopping.stop(batch, book, ti, S.SKIPPED, why)
    batch.look.pop(book.run.id, None)
    advance.end_run(batch, book, Ended(RunState.FAILED, why, "timed_out"))
