"""Which task instances a clear touches."""

from __future__ import annotations

from collections.abc import Iterable

from tradewind.domain.rules.views import Plan, TaskView
from tradewind.domain.states import TaskState

_FAILED = (TaskState.FAILED, TaskState.UPSTREAM_FAILED)


def selected(
    plan: Plan,
    instances: Iterable[TaskView],
    task_ids: Iterable[str] | None,
    *,
    upstream: bool = False,
    downstream: bool = False,
    only_failed: bool = False,
    only_running: bool = False,
    map_indexes: Iterable[int] | None = None,
) -> list[TaskView]:
    """The instances to run again. ``task_ids=None`` means all; unknown ids must have been refused before."""
    if task_ids is None:
        chosen = {task.index for task in plan.tasks}
    else:
        named = {plan.index[task_id] for task_id in task_ids}
        chosen = set(named)
        for i in named:
            if upstream:
                chosen |= plan.above(i)
            if downstream:
                chosen |= plan.below(i)
        # Cleared work needs its setups again, and must be torn down again.
        for i in list(chosen):
            chosen |= set(plan.tasks[i].guards)
            if plan.tasks[i].spec.is_setup:
                chosen |= {j for j in plan.tasks[i].downstream if plan.tasks[j].spec.is_teardown}
    ids = {plan.tasks[i].task_id for i in chosen}
    indexes = None if map_indexes is None else set(map_indexes)
    return [
        ti
        for ti in instances
        if ti.task_id in ids
        and (indexes is None or ti.map_index in indexes)
        and (not only_failed or ti.state in _FAILED)
        and (not only_running or ti.state is TaskState.RUNNING)
    ]
