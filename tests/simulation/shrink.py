"""Cuts a broken world down: fewer events, DAGs, tasks, schedulers, plainer tasks, as long as it stays broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import msgspec

from tests.simulation.cluster import Rates
from tests.simulation.findings import Broken
from tests.simulation.plan import Plan
from tests.simulation.world import World, play_plan
from tradewind.domain.spec import DagSpec, TaskSpec, TimetableSpec

Plant = Callable[[World], None] | None
_PLAIN = TaskSpec(task_id="")
_PLAINER = (
    *("trigger_rule", "retries", "retry_delay", "pool", "pool_slots", "priority", "max_active_tis_per_dag"),
    *("max_active_tis_per_dagrun", "no_work", "branches", "depends_on_past", "wait_for_downstream", "mapped"),
    *("reschedules", "operator", "start_trigger", "is_setup", "is_teardown", "group_id", "outlets"),
)


def shrink(plan: Plan, plant: Plant = None, most: int = 600) -> Plan:
    """The smallest plan found within so many trials. Raises ValueError when the whole one is not broken."""
    if not broken(plan, plant):
        raise ValueError(f"seed {plan.seed} is not broken")
    tried, again = 0, True
    while again:
        again = False
        for smaller in simpler(plan):
            tried += 1
            if tried > most:
                return plan
            if broken(smaller, plant):
                plan, again = smaller, True
                break
    return plan


def broken(plan: Plan, plant: Plant) -> bool:
    """Whether something is found in it."""
    try:
        play_plan(plan, plant)
    except Broken:
        return True
    return False


def simpler(plan: Plan) -> Iterator[Plan]:
    """Plans with a little less, the boldest cuts first."""
    events = plan.events
    for size in (len(events) // 2, len(events) // 4, 1):
        for at in range(0, len(events), size) if size else ():
            yield replace(plan, events=events[:at] + events[at + size :])
    if plan.schedulers > 1:
        yield replace(plan, schedulers=plan.schedulers - 1, skews=plan.skews[:-1])
    for dag_id in plan.specs if len(plan.specs) > 1 else ():
        yield replace(plan, specs={key: spec for key, spec in plan.specs.items() if key != dag_id})
    if plan.rates != Rates():
        yield replace(plan, rates=Rates())
    if any(plan.skews):
        yield replace(plan, skews=(0.0,) * plan.schedulers)
    for dag_id, spec in plan.specs.items():
        for smaller in _simpler_dag(spec):
            yield replace(plan, specs=plan.specs | {dag_id: smaller})


def _simpler_dag(spec: DagSpec) -> Iterator[DagSpec]:
    for task in spec.tasks if len(spec.tasks) > 1 else ():
        yield _without(spec, task.task_id)
    for name, value in (("max_active_runs", 16), ("max_active_tasks", 16), ("dagrun_timeout", None),
                        ("fail_fast", False), ("max_consecutive_failed_dag_runs", 0),
                        ("timetable", TimetableSpec(kind="none", summary="None"))):  # fmt: skip
        if getattr(spec, name) != value and spec.asset_expression is None:
            yield msgspec.structs.replace(spec, **{name: value})
    for at, task in enumerate(spec.tasks):
        for name in _PLAINER:
            if getattr(task, name) != getattr(_PLAIN, name):
                plainer = msgspec.structs.replace(task, **{name: getattr(_PLAIN, name)})
                yield msgspec.structs.replace(spec, tasks=[*spec.tasks[:at], plainer, *spec.tasks[at + 1 :]])


def _without(spec: DagSpec, name: str) -> DagSpec:
    tasks = []
    for task in spec.tasks:
        if task.task_id == name:
            continue
        mapped = task.mapped
        if mapped is not None and any(ref.task_id == name for given in mapped.inputs for ref in given.refs):
            mapped = None
        tasks.append(
            msgspec.structs.replace(
                task,
                upstream=[up for up in task.upstream if up != name],
                downstream=[down for down in task.downstream if down != name],
                mapped=mapped,
            )
        )
    groups = [
        msgspec.structs.replace(group, mapped=None)
        if group.mapped and any(ref.task_id == name for given in group.mapped.inputs for ref in given.refs)
        else group
        for group in spec.groups
    ]
    return msgspec.structs.replace(spec, tasks=tasks, groups=groups)
