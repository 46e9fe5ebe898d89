"""What an installation costs when no task runs: files to parse, pages to answer, and idling."""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from typing import Any

import sqlalchemy as sa

from bench import dagfiles, start
from bench.installation import Installation, wait
from tradewind.settings import load_settings
from tradewind.store.engine import open_store
from tradewind.store.tables import runs as tables
from tradewind.store.tables.dags import dag as dag_table

Figures = dict[str, Any]
#: What task instances written straight into the table have in common.
PLAIN_TASK = {
    "try_number": 1, "max_tries": 1, "operator": "PythonOperator", "pool": "default_pool", "pool_slots": 1, "priority": 1,
    "queue": "default", "lost_count": 0,
}  # fmt: skip


def files(house: Installation, runs: int) -> Figures:
    """W4: a thousand files until all are known; one change until it shows; CPU afterwards."""
    began = time.monotonic()
    for number in range(1000):
        (house.dags / f"file_{number:04d}.py").write_text(dagfiles.small(f"file_{number:04d}"))
    known = "/api/v1/dags?limit=1"
    wait("1,000 DAGs are known", lambda: house.rest("GET", known)["total_entries"] >= 1000, 600, 0.05)
    cold = time.monotonic() - began
    touches = []
    for number in range(3 * runs):
        name, words = f"file_{number:04d}", f"changed {number}"
        part = house.dags / f"{name}.tmp"
        part.write_text(dagfiles.small(name, description=words))
        changed = time.monotonic()
        part.rename(house.dags / f"{name}.py")
        wait("the change shows", lambda: house.rest("GET", f"/api/v1/dags/{name}")["description"] == words, 60, 0.005)  # noqa: B023  asked at once
        touches.append((time.monotonic() - changed) * 1000)
    time.sleep(3)
    cpu = house.cpu_seconds()
    time.sleep(15)
    idle = (house.cpu_seconds() - cpu) / 15 * 100
    touches.sort()
    return {
        "seconds": round(cold, 2),
        "touch_ms": round(touches[len(touches) // 2], 1),
        "idle_cpu_percent": round(idle, 3),
        "pss_mb": round(sum(house.memory().values()), 1),
    }


def footprint(house: Installation, runs: int) -> Figures:
    """W6: the second start until the first answer; memory and CPU of a tree that idles; imports, commands, size."""
    starts = []
    for _ in range(runs):
        house.stop()
        starts.append(house.start())
    wait("every process has started", lambda: len(house.processes()) >= 4, 20)
    time.sleep(5)
    cpu = house.cpu_seconds()
    time.sleep(60)
    idle = (house.cpu_seconds() - cpu) / 60 * 100
    sizes = house.memory()
    starts.sort()
    return {
        "seconds": round(starts[len(starts) // 2], 3),
        "pss_mb": round(sum(sizes.values()), 1),
        "pss_by_process": sizes,
        "idle_cpu_percent": round(idle, 3),
        **start.commands(house),
        **start.imports(house.env),
        **start.installed(),
    }


def _store_history(house: Installation, dag_id: str, count: int) -> None:
    """``count`` finished runs of ten tasks, written straight into the tables."""
    store = open_store(load_settings(house.env))
    began = datetime(2025, 1, 1, tzinfo=UTC)
    with store.write() as conn:
        version = conn.execute(sa.select(dag_table.c.version_id).where(dag_table.c.dag_id == dag_id)).scalar_one()
        conn.execute(
            tables.dag_run.insert(),
            [
                {
                    "dag_id": dag_id,
                    "run_id": f"h{number:05d}",
                    "run_type": "manual",
                    "state": "success",
                    "logical_date": began + timedelta(hours=number),
                    "interval_start": began + timedelta(hours=number),
                    "interval_end": began + timedelta(hours=number),
                    "run_after": began + timedelta(hours=number),
                    "queued_at": began + timedelta(hours=number),
                    "started_at": began + timedelta(hours=number),
                    "ended_at": began + timedelta(hours=number, seconds=30),
                    "conf": {},
                    "version_id": version,
                    "touched": 0,
                }
                for number in range(count)
            ],
        )
        keys = conn.execute(sa.select(tables.dag_run.c.id, tables.dag_run.c.started_at)).all()
        conn.execute(
            tables.task_instance.insert(),
            [
                PLAIN_TASK
                | {
                    "run_pk": pk,
                    "dag_id": dag_id,
                    "task_id": f"t{number}",
                    "map_index": -1,
                    "state": "success",
                    "started_at": started,
                    "ended_at": started + timedelta(seconds=2),
                }
                for pk, started in keys
                for number in range(10)
            ],
        )
    store.close()


def _ask(house: Installation, path: str, times: int, taken: list[float]) -> None:
    link = HTTPConnection("127.0.0.1", house.port, timeout=60)
    headers = {"Authorization": "Basic " + b64encode(f"admin:{house.password}".encode()).decode()}
    for number in range(times + 3):
        began = time.perf_counter()
        link.request("GET", path, headers=headers)
        answer = link.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        if number >= 3:
            taken.append((time.perf_counter() - began) * 1000)
    link.close()


def _clients(count: int, work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def api(house: Installation, runs: int) -> Figures:
    """W7: 1,000 runs of ten tasks stored; the lists and the grid, asked by one client and by eight."""
    house.add_dag("history", dagfiles.small("history", tasks=10))
    _store_history(house, "history", 1000)
    paths = {
        "dags": "/api/v1/dags?limit=100",
        "runs": "/api/v1/dags/history/dagRuns?limit=100",
        "tasks": "/api/v1/dags/history/dagRuns/h00500/taskInstances",
        "grid": "/ui/dags/history/grid?limit=25",
    }
    figures: Figures = {}
    for name, path in paths.items():
        for clients in (1, 8):
            taken: list[float] = []
            _clients(clients, partial(_ask, house, path, 40 * runs // clients, taken))
            taken.sort()
            figures[f"{name}_{clients}"] = {
                "p50": round(taken[len(taken) // 2], 2),
                "p95": round(taken[int(len(taken) * 0.95)], 2),
            }
    return figures
