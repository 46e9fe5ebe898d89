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
        chosen = _spread(plan, {plan.index[task_id] for task_id in task_ids}, upstream=upstream, downstream=downstream)
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


def _spread(plan: Plan, named: set[int], *, upstream: bool, downstream: bool) -> set[int]:
    """The named tasks and what goes with them: cleared work needs its setups again, and must be torn down again."""
    chosen = set(named)
    for i in named:
        task = plan.tasks[i].spec
        if downstream:
            below = plan.below(i)
            chosen |= below
            for j in below - named:
                chosen |= _surroundings(plan, j)
        elif task.is_setup:
            chosen |= plan.teardowns_of(i)
        if upstream:
            above = plan.above(i)
            chosen |= above
            for j in above:
                if plan.tasks[j].spec.is_setup:
                    chosen |= plan.teardowns_of(j)
        else:
            chosen |= _surroundings(plan, i)
    return chosen


def _surroundings(plan: Plan, index: int) -> set[int]:
    """The setups of a piece of work, and their teardowns."""
    task = plan.tasks[index].spec
    if task.is_setup or task.is_teardown:
        return set()
    setups = plan.setups_around(index)
    return setups.union(*(plan.teardowns_of(i) for i in setups))
