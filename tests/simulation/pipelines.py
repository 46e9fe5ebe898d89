"""Random DAGs: small, with everything that may meet. Edges go from earlier to later tasks only."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec

from tests.simulation.waiting import DEFERS, FACTS
from tradewind.domain.spec import DagSpec, DeadlineSpec, GroupSpec, MapInput, MapSpec, TaskSpec, TimetableSpec, XComRef

RULES = [
    *("all_failed", "all_done", "all_skipped", "one_success", "one_failed", "one_done", "none_failed"),
    *("none_failed_min_one_success", "none_skipped", "always", "all_done_min_one_success"),
]
POOLS = {"default_pool": 128, "narrow": 2, "single": 1}
ASSETS = ("a0", "a1")
GROUP = "g"
CALLBACKS = [["on_success", "on_failure"], ["on_failure"], []]
#: How many five-minute intervals a scheduled DAG has.
INTERVALS = 4
FIVE = timedelta(minutes=5)


def draw_dags(rng: Random, start: datetime) -> dict[str, DagSpec]:
    """The DAGs of a world. When one of them updates assets, another may wait for those."""
    specs = {f"d{n}": draw_dag(rng, f"d{n}", start) for n in range(rng.choice([1, 1, 2, 2, 3]))}
    if rng.random() < 0.25:
        first = specs["d0"]
        names = rng.sample(ASSETS, rng.randint(1, 2))
        tasks = list(first.tasks)
        for name in names:
            at = rng.randrange(len(tasks))
            if not tasks[at].no_work and tasks[at].start_trigger is None and tasks[at].mapped is None:
                outlets = [*tasks[at].outlets, {"uri": name, "name": name}]
                tasks[at] = msgspec.structs.replace(tasks[at], outlets=outlets)
        specs["d0"] = msgspec.structs.replace(first, tasks=tasks)
        word = rng.choice(["all", "any"])
        wanted = {word: [{"asset": {"uri": name, "name": name}} for name in names]}
        consumer = draw_dag(rng, "c0", start)
        specs["c0"] = msgspec.structs.replace(
            consumer, asset_expression=wanted, timetable=TimetableSpec(kind="asset", summary="Asset")
        )
    return specs


def draw_dag(rng: Random, dag_id: str, start: datetime, like: DagSpec | None = None) -> DagSpec:
    """One DAG; with ``like`` another version of it: other tasks, the same schedule."""
    tasks, groups = draw_tasks(rng)
    if like is not None:
        return msgspec.structs.replace(like, tasks=tasks, groups=groups)
    timetable = TimetableSpec(kind="none", summary="None")
    if rng.random() < 0.35:
        args = {"expression": "*/5 * * * *", "timezone": "UTC"}
        kind = rng.choice(["cron", "cron", "cron_trigger"])
        timetable = TimetableSpec(kind=kind, args=args, summary="*/5 * * * *")
    return DagSpec(
        dag_id=dag_id,
        fileloc=f"{dag_id}.py",
        timetable=timetable,
        start_date=start,
        end_date=start + FIVE * (INTERVALS - 1) + timedelta(minutes=1),
        catchup=rng.random() < 0.8,
        max_active_runs=rng.choice([1, 2, 16]),
        max_active_tasks=rng.choice([1, 2, 16]),
        dagrun_timeout=rng.choice([None] * 9 + [120.0]),
        fail_fast=rng.random() < 0.07,
        max_consecutive_failed_dag_runs=rng.choice([0] * 9 + [1]),
        callbacks=[*CALLBACKS[len(tasks) % len(CALLBACKS)], "sla_miss"],
        deadlines=[DeadlineSpec(reference="queued_at", interval=90.0)] if len(tasks) % 2 else [],
        tasks=tasks,
        groups=groups,
    )


def draw_tasks(rng: Random) -> tuple[list[TaskSpec], list[GroupSpec]]:
    """The tasks of one version, and its groups."""
    count = rng.choice([1, 2, 3, 4, 5, 6, 8])
    names = [f"t{number}" for number in range(count)]
    upstream: dict[str, list[str]] = {name: [] for name in names}
    for number in range(1, count):
        for other in rng.sample(range(number), rng.randint(0, min(number, 3))):
            upstream[names[number]].append(names[other])
    silent = {name for name in names if rng.random() < 0.1}  # no work, so nothing pushed
    has_past = rng.random() < 0.12
    group = _draw_group(rng, names, silent, upstream)
    mapped: dict[str, MapSpec] = {}
    for name in names:
        if name not in silent and name not in group and rng.random() < 0.15:
            pushers = [up for up in upstream[name] if up not in silent | group.keys() and up not in mapped]
            mapped[name] = draw_mapping(rng, pushers)
    setups = _draw_setups(rng, names, silent | group.keys() | mapped.keys(), upstream)
    downstream = {name: [other for other in names if name in upstream[other]] for name in names}
    tasks = [
        _draw_task(rng, name, upstream[name], downstream[name], name in silent, has_past, mapped.get(name))
        for name in names
    ]
    for at, task in enumerate(tasks):
        more: dict[str, Any] = {}
        if task.task_id in group:
            more = {"group_id": GROUP, "branches": False}
        if task.task_id in setups:
            more = {f"is_{setups[task.task_id]}": True, "branches": False, "start_trigger": None, "no_work": False}
            if setups[task.task_id] == "teardown":
                more["trigger_rule"] = "all_done_setup_success"
                more["on_failure_fail_dagrun"] = rng.random() < 0.3
        tasks[at] = msgspec.structs.replace(task, sla=[None, 40.0, 100.0][at % 3], **more)
    spec = next(iter(group.values()), None)
    return tasks, [GroupSpec(group_id=""), GroupSpec(group_id=GROUP, parent="", mapped=spec)] if spec else []


def _draw_group(rng: Random, names: list[str], silent: set[str], upstream: dict[str, list[str]]) -> dict[str, MapSpec]:
    """A mapped group of some neighbours, or none."""
    if len(names) < 3 or rng.random() > 0.12:
        return {}
    first = rng.randrange(len(names) - 1)
    members = names[first : first + rng.choice([2, 3])]
    outside = [name for name in names[:first] if name not in silent]
    length = rng.choice([0, 1, 2, 3])
    spec = MapSpec(kind="expand", inputs=[MapInput(name="x", length=length)])
    if outside and rng.random() < 0.5:
        pusher = rng.choice(outside)
        spec = MapSpec(kind="expand", inputs=[MapInput(name="x", refs=[XComRef(task_id=pusher)])])
        for member in members:
            if pusher not in upstream[member]:
                upstream[member].append(pusher)
    return dict.fromkeys(members, spec)


def _draw_setups(rng: Random, names: list[str], taken: set[str], upstream: dict[str, list[str]]) -> dict[str, str]:
    """A setup and, mostly, its teardown."""
    free = [name for name in names if name not in taken]
    if len(free) < 2 or rng.random() > 0.15:
        return {}
    setup = rng.choice(free[:-1])
    later = [name for name in free if name > setup]
    if rng.random() < 0.2:
        return {setup: "setup"}
    teardown = rng.choice(later)
    if setup not in upstream[teardown]:
        upstream[teardown].append(setup)
    return {setup: "setup", teardown: "teardown"}


def _draw_task(
    rng: Random, name: str, up: list[str], down: list[str], silent: bool, has_past: bool, mapped: MapSpec | None
) -> TaskSpec:
    slots = rng.choice([1, 1, 1, 2])
    pool = rng.choice([*POOLS, "default_pool", "default_pool"])
    waits = rng.random()
    return TaskSpec(
        task_id=name,
        upstream=up,
        downstream=down,
        trigger_rule=rng.choice(RULES) if rng.random() < 0.35 else "all_success",
        retries=rng.choice([0, 0, 0, 1, 2]),
        retry_delay=rng.choice([0.0, 5.0, 60.0]),
        pool=pool,
        pool_slots=min(slots, POOLS[pool]),
        priority=rng.choice([1, 1, 2, 10]),
        max_active_tis_per_dag=rng.choice([None, None, None, 1, 2]),
        max_active_tis_per_dagrun=rng.choice([None, None, None, 1]),
        no_work=silent,
        branches=bool(down) and mapped is None and not silent and rng.random() < 0.15,
        depends_on_past=has_past and rng.random() < 0.6,
        wait_for_downstream=has_past and rng.random() < 0.2,
        mapped=mapped,
        reschedules=rng.random() < 0.1,
        operator=DEFERS if waits < 0.15 else "BaseOperator",
        start_trigger={**FACTS, "timeout": 80.0} if waits < 0.04 and not silent else None,
    )


def draw_mapping(rng: Random, pushers: list[str]) -> MapSpec:
    """Over the list another task pushes, or over a literal of known length."""
    if pushers and rng.random() < 0.7:
        return MapSpec(kind="expand", inputs=[MapInput(name="x", refs=[XComRef(task_id=rng.choice(pushers))])])
    return MapSpec(kind="expand", inputs=[MapInput(name="x", length=rng.choice([0, 1, 2, 3]))])


def map_of(spec: DagSpec, task: TaskSpec) -> MapSpec | None:
    """How this task multiplies: by its own mapping, or that of its group."""
    if task.mapped is not None or task.group_id is None:
        return task.mapped
    return next((group.mapped for group in spec.groups if group.group_id == task.group_id), None)
