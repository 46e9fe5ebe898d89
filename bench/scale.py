"""What size does: history, waiting task instances, a DAG of very many tasks."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bench import dagfiles, floor, workloads
from bench.fill import fill
from bench.installation import Installation, wait
from bench.standing import PLAIN_TASK
from tradewind.clock import SystemClock
from tradewind.settings import load_settings
from tradewind.store.engine import open_store
from tradewind.store.tables import runs as tables

Figures = dict[str, Any]
_WAITING = 100_000


def _small(house: Installation, runs: int) -> Figures:
    """W1, W2 and W8, each against the floor of its minute where it has one."""
    chain, fan, first = (work(house, runs) for work in (workloads.chain40, workloads.fan1000, workloads.latency))
    return {
        "chain_s": chain["seconds"],
        "chain_to_floor": chain["to_committed"],
        "fan_s": fan["seconds"],
        "fan_to_floor": fan["to_committed"],
        "fan_scheduler_s": fan.get("cpu tradewind: sche", 0.0),
        "latency_ms": first["latency_ms"]["p50"],
    }


def history(house: Installation, runs: int) -> Figures:
    """W9: the same before and after so many million finished instances (BENCH_MILLIONS, 10 unless said otherwise)."""
    millions = float(os.environ.get("BENCH_MILLIONS", "10"))
    house.add_dag("history", dagfiles.small("history", tasks=1))
    before = _small(house, runs)
    began = time.monotonic()
    count = fill(house.env, "history", millions)
    filled = time.monotonic() - began
    house.prefix = "again"
    after = _small(house, runs)
    figures: Figures = {"tasks": count, "fill_s": round(filled, 1)}
    for name, value in before.items():
        figures[name] = {"empty": round(value, 3), "full": round(after[name], 3)}
        figures[name]["ratio"] = round(after[name] / value, 3) if value else 0.0
    return figures


def waiting(house: Installation, runs: int) -> Figures:
    """W10: a hundred thousand instances that wait for their next look, for a day."""
    house.add_dag("waiting", dagfiles.mapped("waiting", 1))
    house.trigger("waiting", "r0")
    house.finish("waiting", "r0")
    idle = _scheduler_cpu(house, 10)
    now = SystemClock().now()
    store = open_store(load_settings(house.env))
    with store.write() as conn:
        run = tables.dag_run
        first = conn.execute(sa.select(run).where(run.c.dag_id == "waiting")).mappings().one()
        row = {k: v for k, v in first.items() if k != "id"}
        row |= {"run_id": "r1", "state": "running", "ended_at": None, "owner": None, "owner_until": None}
        pk = conn.execute(run.insert().values(**row)).inserted_primary_key[0]
        conn.execute(
            tables.task_instance.insert(),
            [
                PLAIN_TASK
                | {
                    "run_pk": pk,
                    "dag_id": "waiting",
                    "task_id": "each",
                    "map_index": number,
                    "state": "up_for_reschedule",
                    "started_at": now,
                    "next_try_at": now + timedelta(days=1, milliseconds=number),
                }
                for number in range(_WAITING)
            ],
        )
    began = time.monotonic()

    def owned() -> bool:
        with store.read() as conn:
            return conn.execute(sa.select(run.c.owner).where(run.c.id == pk)).scalar_one() is not None

    wait("a scheduler takes the run", owned, 60, 0.1)
    taken = time.monotonic() - began
    time.sleep(3)
    busy = _scheduler_cpu(house, 30)
    store.close()
    return {"tasks": _WAITING, "taken_s": round(taken, 2), "idle_cpu_percent": idle, "waiting_cpu_percent": busy}


def _scheduler_cpu(house: Installation, seconds: float) -> float:
    before = house.cpu_by_process().get("tradewind: sche", 0.0)
    time.sleep(seconds)
    spent = house.cpu_by_process().get("tradewind: sche", 0.0) - before
    return round(spent / seconds * 100, 3)


def big(house: Installation, runs: int) -> Figures:
    """W11: CPU of the scheduler for each task of a fan of 20,000 (BENCH_TASKS), and of 200."""
    figures: Figures = {}
    many = int(os.environ.get("BENCH_TASKS", "20000"))
    for count in (200, many):
        dag_id = f"fan{count}"
        text = dagfiles.fan(dag_id, count).replace("return number", "return None")
        began = time.monotonic()
        house.add_dag(dag_id, text)
        figures[f"known_{count}_s"] = round(time.monotonic() - began, 2)
        bare = floor.forks(1002, 2)
        cpu = house.cpu_by_process().get("tradewind: sche", 0.0)
        started = house.trigger(dag_id, "r0")
        run = house.finish(dag_id, "r0", 1800, pause=0.5)
        spent = house.cpu_by_process().get("tradewind: sche", 0.0) - cpu
        seconds = workloads._epoch(run["end_date"]) - started
        figures[f"fan_{count}"] = {
            "seconds": round(seconds, 2),
            "tasks_per_s": round((count + 2) / seconds, 1),
            "to_floor": round(seconds / (count + 2) / (bare.seconds / 1002), 2),
            "scheduler_ms_per_task": round(spent / (count + 2) * 1000, 3),
        }
    began = time.monotonic()
    house.rest("GET", f"/ui/dags/fan{many}/grid?limit=25")
    return figures | {"tasks": many + 2, "grid_ms": round((time.monotonic() - began) * 1000, 1)}
