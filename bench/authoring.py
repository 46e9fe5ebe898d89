"""What authors feel: how long the door takes to import, a large DAG to freeze, a mapped task to multiply. CPU time."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from statistics import median
from typing import Any

from bench import dagfiles
from bench.installation import Installation

Figures = dict[str, Any]


def _child_cpu(code: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def door(_house: Installation | None, runs: int) -> Figures:
    """``from tradewind import DAG, task`` over a bare interpreter."""
    taken = [(_child_cpu("from tradewind import DAG, task") - _child_cpu("pass")) * 1000 for _ in range(runs * 5)]
    return {"import_ms": round(median(taken), 2), "least_ms": round(min(taken), 2)}


def freeze(_house: Installation | None, runs: int) -> Figures:
    """5,000 tasks in 100 rows, each below two of the row before."""
    from tradewind import DAG
    from tradewind.sdk.freeze import freeze as freeze_dag
    from tradewind.sdk.operators.python import PythonOperator

    built, frozen = [], []
    for _ in range(runs):
        began = time.process_time()
        with DAG("wide", start_date=datetime(2020, 1, 1, tzinfo=UTC), schedule=None) as dag:
            above: list[Any] = []
            for row in range(100):
                tasks = [PythonOperator(task_id=f"t{row}_{n}", python_callable=print) for n in range(50)]
                for number, parent in enumerate(above):
                    parent >> [tasks[number], tasks[(number + 1) % 50]]
                above = tasks
        made = time.process_time()
        spec = freeze_dag(dag, fileloc="wide.py")
        frozen.append(time.process_time() - made)
        built.append(made - began)
        assert len(spec.tasks) == 5000
    return {"build_s": round(median(built), 4), "freeze_s": round(median(frozen), 4), "tasks": 5000}


def expand(house: Installation, runs: int, items: int = 10_000) -> Figures:
    """A task over ``items`` results of another: until all instances exist, and how fast they run."""
    house.add_dag("mapped", dagfiles.mapped("mapped", items))
    measured: list[Figures] = []
    for number in range(runs):
        run_id, cpu = f"r{number}", house.cpu_seconds()
        began = house.trigger("mapped", run_id)
        path = f"/api/v1/dags/mapped/dagRuns/{run_id}/taskInstances/each/listMapped?limit=1"
        while house.rest("GET", path)["total_entries"] < items:
            time.sleep(0.02)
        expanded = time.time() - began
        run = house.finish("mapped", run_id, pause=0.5)
        ended = datetime.fromisoformat(run["end_date"].replace("Z", "+00:00")).timestamp()
        assert run["state"] == "success", json.dumps(run)
        measured.append(
            {
                "expand_s": expanded,
                "seconds": ended - began,
                "tasks_per_s": (items + 2) / (ended - began),
                "cpu_s": house.cpu_seconds() - cpu,
            }
        )
    return {key: round(median(one[key] for one in measured), 4) for key in measured[0]} | {"tasks": items + 2}
