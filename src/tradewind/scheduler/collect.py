"""What was heard from workers becomes moves. A report counts only if its attempt is the live one of its task."""

from __future__ import annotations

from tradewind.domain.messages import Finished, Lost, Started
from tradewind.domain.rules import retry
from tradewind.domain.rules.views import TaskView
from tradewind.domain.states import TaskState
from tradewind.scheduler import advance, rescue, stopping
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.book import Book
from tradewind.store.engine import us
from tradewind.store.writes.assets import Source
from tradewind.telemetry import TaskEnded

S = TaskState


def salt(book: Book, ti: TaskView) -> str:
    """Names an instance for the jitter of its retries."""
    return f"{book.run.dag_id}#{ti.task_id}#{ti.map_index}#{book.run.run_id}"


def apply(batch: Batch, book: Book, ti: TaskView, report: Started | Finished | Lost, lost_restarts: int) -> None:
    """One report of the live attempt of ``ti``."""
    if isinstance(report, Started):
        _started(batch, book, ti, report.at, report.host, report.pid)
    elif isinstance(report, Finished):
        _finished(batch, book, ti, report)
    else:
        rescue.lost(batch, book, ti, report.why, started=report.started, restarts=lost_restarts, counts=report.counts)


def _started(batch: Batch, book: Book, ti: TaskView, at: object, host: str, pid: int) -> None:
    if ti.state is not S.QUEUED:
        return  # heard twice
    ti.started_at = at  # type: ignore[assignment]
    batch.move(book, ti, S.RUNNING, f"started on {host}" if host else "started", ti.started_at)
    row = batch.attempt(ti.attempt_id or "")
    row[0], row[1], row[2], row[3] = "running", host or None, pid or None, us(ti.started_at)


def _finished(batch: Batch, book: Book, ti: TaskView, report: Finished) -> None:
    task = ti.task
    assert task is not None
    attempt_id = report.attempt_id
    if ti.state is S.QUEUED:
        _started(batch, book, ti, report.started_at or report.at, report.host, report.pid)
    change = batch.change(book, ti)
    change.rendered, change.map_label = report.rendered, report.map_label
    at = us(report.at)
    for value in report.xcoms:
        batch.xcoms.append(
            (book.run.id, ti.task_id, ti.map_index, value.key, value.value, value.length, attempt_id, at)
        )
        book.keep_value(ti.task_id, ti.map_index, value.key, value.value)
    after = retry.after_finished(ti, task.spec, report, salt(book, ti))
    batch.end_attempt(ti, str(after.state), report.at, report.error)
    batch.acknowledge.append(attempt_id)
    ti.next_try_at, ti.resume = after.next_try_at, after.resume
    if after.state is S.UP_FOR_RETRY:
        ti.ended_at = report.at
    batch.move(book, ti, after.state, after.why, report.at)
    if after.next_try_at is not None:
        batch.timers.append((after.next_try_at, book, ti))
    seconds = (report.at - ti.started_at).total_seconds() if ti.started_at else None
    batch.events.append(TaskEnded(book.run.dag_id, ti.task_id, str(after.state), seconds))
    if report.asset_events and after.state is S.SUCCESS:
        source = Source(book.run.dag_id, book.run.run_id, ti.task_id, ti.map_index)
        batch.asset_events.extend((event, source, report.at) for event in report.asset_events)
    if report.skip_downstream is not None or report.skip_hard:
        advance.skip_by_branch(batch, book, ti, report.skip_downstream, report.skip_hard)
    if after.state is S.FAILED and book.plan.spec.fail_fast:
        stopping.stop_others(batch, book, f"fail_fast: {ti.task_id} failed")
