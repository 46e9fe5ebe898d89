"""depends_on_past and wait_for_downstream: what an earlier run must have done first."""

from __future__ import annotations

from tradewind.domain.rules.views import TaskPlan, TaskView
from tradewind.domain.states import TaskState
from tradewind.scheduler.book import Book
from tradewind.store.engine import Conn
from tradewind.store.reads import runs, tasks

_GOOD = (TaskState.SUCCESS, TaskState.SKIPPED)


def allows(conn: Conn, book: Book, task: TaskPlan, ti: TaskView) -> bool:
    """True when the earlier run (by logical date) leaves this instance free to go, or there is none."""
    spec = task.spec
    if not (spec.depends_on_past or spec.wait_for_downstream):
        return True
    before = runs.previous(conn, book.run)
    if before is None:
        return True
    names = [ti.task_id]
    if spec.wait_for_downstream:
        names += [book.plan.tasks[d].task_id for d in task.downstream]
    states = tasks.states_of_tasks(conn, before.id, names)
    own = [state for name, index, state in states if name == ti.task_id and index in (ti.map_index, -1)]
    if not own:
        # The task is new in this version of the DAG (or the earlier run has not begun, then it must come first).
        return before.state not in ("queued", "running")
    if any(state not in _GOOD for state in own):
        return False
    return not spec.wait_for_downstream or all(state in _GOOD for name, _index, state in states if name != ti.task_id)
