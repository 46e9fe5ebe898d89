"""Random DAGs: small, with every trigger rule, pool, limit and retry that may meet."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from tests.simulation.waiting import DEFERS, FACTS
from tradewind.domain.spec import DagSpec, MapInput, MapSpec, TaskSpec, TimetableSpec, XComRef

RULES = [
    *("all_failed", "all_done", "all_skipped", "one_success", "one_failed", "one_done", "none_failed"),
    *("none_failed_min_one_success", "none_skipped", "always", "all_done_min_one_success"),
]
POOLS = {"default_pool": 128, "narrow": 2, "single": 1}


def draw_dag(rng: Random, dag_id: str, start: datetime) -> DagSpec:
    """One DAG; edges go from earlier to later tasks only."""
    count = rng.randint(1, 8)
    names = [f"t{number}" for number in range(count)]
    upstream: dict[str, list[str]] = {name: [] for name in names}
    for number in range(1, count):
        for other in rng.sample(range(number), rng.randint(0, min(number, 3))):
            upstream[names[number]].append(names[other])
    downstream = {name: [other for other in names if name in upstream[other]] for name in names}
    tasks = []
    silent = {name for name in names if rng.random() < 0.1}  # no work, so nothing pushed
    mapped: dict[str, MapSpec] = {}
    for name in names:
        slots = rng.choice([1, 1, 1, 2])
        if name not in silent and rng.random() < 0.2:
            mapped[name] = draw_mapping(rng, [up for up in upstream[name] if up not in silent and up not in mapped])
        tasks.append(
            TaskSpec(
                task_id=name,
                upstream=upstream[name],
                downstream=downstream[name],
                trigger_rule=rng.choice(RULES) if rng.random() < 0.35 else "all_success",
                retries=rng.choice([0, 0, 0, 1, 2]),
                retry_delay=rng.choice([0.0, 5.0, 60.0]),
                pool=(pool := rng.choice([*POOLS, "default_pool", "default_pool"])),
                pool_slots=min(slots, POOLS[pool]),
                priority=rng.choice([1, 1, 2, 10]),
                max_active_tis_per_dag=rng.choice([None, None, None, 1, 2]),
                max_active_tis_per_dagrun=rng.choice([None, None, None, 1]),
                no_work=name in silent,
                branches=bool(downstream[name]) and name not in mapped and name not in silent and rng.random() < 0.15,
                mapped=mapped.get(name),
                reschedules=rng.random() < 0.1,
                operator=DEFERS if (waits := rng.random()) < 0.15 else "BaseOperator",
                start_trigger={**FACTS, "timeout": 80.0} if waits < 0.04 and name not in silent else None,
            )
        )
    scheduled = rng.random() < 0.35
    timetable = TimetableSpec(kind="none", summary="None")
    if scheduled:
        args = {"expression": "*/5 * * * *", "timezone": "UTC"}
        timetable = TimetableSpec(kind="cron", args=args, summary="*/5 * * * *")
    return DagSpec(
        dag_id=dag_id,
        fileloc=f"{dag_id}.py",
        timetable=timetable,
        start_date=start,
        end_date=start + timedelta(minutes=16),
        catchup=True,
        max_active_runs=rng.choice([1, 2, 16]),
        max_active_tasks=rng.choice([1, 2, 16]),
        tasks=tasks,
    )


def draw_mapping(rng: Random, pushers: list[str]) -> MapSpec:
    """Over the list another task pushes, or over a literal of known length."""
    if pushers and rng.random() < 0.7:
        return MapSpec(kind="expand", inputs=[MapInput(name="x", refs=[XComRef(task_id=rng.choice(pushers))])])
    return MapSpec(kind="expand", inputs=[MapInput(name="x", length=rng.choice([0, 1, 2, 3]))])
