"""What a DAG wants to be told of: noted in the batch that gives the reason, called by ``callbacks``."""

from __future__ import annotations

from typing import Any

from tradewind.domain.rules.outcome import Ended
from tradewind.domain.rules.views import TaskView
from tradewind.domain.states import DONE, RunState, TaskState
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.book import Book
from tradewind.store.writes.callbacks import NewCallback


def note_end(batch: Batch, book: Book, ended: Ended) -> None:
    """The run ends: note the callbacks its DAG has for that."""
    name = "on_success" if ended.state is RunState.SUCCESS else "on_failure"
    if name in book.plan.spec.callbacks:
        run = book.run
        details = _facts(_the_task(book, ended.state))
        batch.callbacks.append(NewCallback(run.id, run.dag_id, f"{name}_callback", ended.reason, details))


def _the_task(book: Book, state: RunState) -> TaskView | None:
    """Whom the callback is told of: the last task that failed, or the last that ended."""
    done = [ti for ti in book.all() if ti.state in DONE and ti.ended_at is not None]
    if state is RunState.FAILED:
        bad = [ti for ti in done if ti.state is TaskState.FAILED]
        done = bad or [ti for ti in done if ti.state is TaskState.UPSTREAM_FAILED] or done
    return max(done, key=lambda ti: (ti.ended_at, ti.id), default=None)


def _facts(ti: TaskView | None) -> dict[str, Any]:
    if ti is None:
        return {}
    return {
        "ti": {
            "task_id": ti.task_id,
            "map_index": ti.map_index,
            "state": str(ti.state),
            "try_number": ti.try_number,
            "max_tries": ti.max_tries,
            "attempt_id": ti.attempt_id,
            "started_at": ti.started_at,
            "ended_at": ti.ended_at,
        }
    }
