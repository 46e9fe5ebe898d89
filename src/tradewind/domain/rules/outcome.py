"""The state of a run from the states of its tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from tradewind.domain.rules.views import Plan
from tradewind.domain.states import RunState, TaskState

_BAD = (TaskState.FAILED, TaskState.UPSTREAM_FAILED)


class Ended(NamedTuple):
    """How a run ended, and why."""

    state: RunState
    why: str
    reason: str  #: as callbacks of the DAG are told: success, task_failure, timed_out, all_tasks_deadlocked, overlap


def of_run(plan: Plan, states_of: Callable[[int], Iterable[TaskState]]) -> Ended:
    """The final state once no task may move any more. ``states_of`` gives all instances of a task by its index.

    Leaves decide: a failed inner task below which an ``all_done`` leaf succeeded leaves the run a success. Teardowns
    decide only when they say so.
    """
    bad = [plan.tasks[i].task_id for i in plan.outcome if any(state in _BAD for state in states_of(i))]
    if bad:
        shown = ", ".join(bad[:3]) + (f" and {len(bad) - 3} more" if len(bad) > 3 else "")
        return Ended(RunState.FAILED, f"failed: {shown}", "task_failure")
    return Ended(RunState.SUCCESS, "all tasks done", "success")


DEADLOCKED = Ended(
    RunState.FAILED, "tasks deadlocked: some wait, and none of what they wait for can move", "all_tasks_deadlocked"
)
