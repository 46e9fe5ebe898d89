"""depends_on_past and wait_for_downstream: what an earlier run must have done first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tradewind.domain.rules.views import Plan, TaskPlan
from tradewind.domain.states import TaskState

_GOOD = (TaskState.SUCCESS, TaskState.SKIPPED)
#: (task, map index, state) of an instance of the earlier run.
Before = tuple[str, int, str]


def asked_of(plan: Plan, task: TaskPlan) -> list[str]:
    """The tasks of the earlier run that decide."""
    if not (task.spec.depends_on_past or task.spec.wait_for_downstream):
        return []
    below = [plan.tasks[d].task_id for d in task.downstream] if task.spec.wait_for_downstream else []
    return [task.task_id, *below]


def in_the_way(task: TaskPlan, map_index: int, run_state: str, before: Sequence[Before]) -> Iterable[Before]:
    """The instances of the earlier run that must end well first; none: this one is free to go."""
    name = task.task_id
    own = [one for one in before if one[0] == name and one[1] in (map_index, -1)]
    if not own:
        # The task is new in this version of the DAG, or the earlier run has not begun: then it must come first.
        return [(name, -1, "none")] if run_state in ("queued", "running") else []
    bad = [one for one in own if one[2] not in _GOOD]
    if bad or not task.spec.wait_for_downstream:
        return bad
    return [one for one in before if one[0] != name and one[2] not in _GOOD]
