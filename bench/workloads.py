"""Work that runs tasks: chains, fans, Fibonacci, back-fill, latency."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any

from bench import dagfiles, floor
from bench.installation import Installation, wait

Figures = dict[str, Any]


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _repeat(runs: int, one: Callable[[int], Figures]) -> Figures:
    """Medians over ``runs`` after a warm-up."""
    one(0)
    measured = [one(number) for number in range(1, runs + 1)]
    keys = {key: None for figures in measured for key in figures}
    return {key: round(median(figures.get(key, 0.0) for figures in measured), 4) for key in keys}


def _one_run(house: Installation, dag_id: str, number: int, pause: float = 0.05) -> tuple[Figures, str]:
    run_id = f"{house.prefix}{number}"
    cpu = house.cpu_by_process()
    began = house.trigger(dag_id, run_id)
    run = house.finish(dag_id, run_id, pause=pause)
    after = house.cpu_by_process()
    spent = {f"cpu {name}": taken - cpu.get(name, 0.0) for name, taken in after.items()}
    figures = {"seconds": _epoch(run["end_date"]) - began, "cpu_s": sum(spent.values())}
    return figures | {name: taken for name, taken in spent.items() if taken >= 0.01}, run_id


def gaps_of_chain(tasks: list[dict[str, Any]]) -> list[float]:
    """Milliseconds between each end and the next start, in the order they ran."""
    spans = sorted((_epoch(task["start_date"]), _epoch(task["end_date"])) for task in tasks)
    return [(after[0] - before[1]) * 1000 for before, after in pairwise(spans)]


def chain40(house: Installation, runs: int) -> Figures:
    """W1. ``to_floor``: how many times what bare forks took right after (the machine may be busy with other things)."""
    house.add_dag("chain40", dagfiles.chain("chain40", 40))

    def one(number: int) -> Figures:
        figures, run_id = _one_run(house, "chain40", number)
        tasks = house.tasks("chain40", run_id)
        inside = [(_epoch(task["end_date"]) - _epoch(task["start_date"])) * 1000 for task in tasks]
        bare, kept = floor.forks(40, 1), floor.committed(40, 1)
        return figures | {
            "gap_ms": median(gaps_of_chain(tasks)),
            "task_ms": median(inside),
            "floor_s": bare.seconds,
            "to_floor": figures["seconds"] / bare.seconds,
            "committed_s": kept.seconds,
            "to_committed": figures["seconds"] / kept.seconds,
            "cpu_to_committed": figures["cpu_s"] / max(kept.cpu_s, 0.01),
        }

    return _repeat(runs, one) | {"tasks": 40}


def fan1000(house: Installation, runs: int) -> Figures:
    """W2."""
    house.add_dag("fan1000", dagfiles.fan("fan1000", 1000))

    def one(number: int) -> Figures:
        figures, _ = _one_run(house, "fan1000", number, pause=0.2)
        bare, kept = floor.forks(1002, 2), floor.committed(1002, 2)
        return figures | {
            "tasks_per_s": 1002 / figures["seconds"],
            "floor_s": bare.seconds,
            "to_floor": figures["seconds"] / bare.seconds,
            "committed_s": kept.seconds,
            "to_committed": figures["seconds"] / kept.seconds,
            "cpu_to_committed": figures["cpu_s"] / max(kept.cpu_s, 0.01),
        }

    return _repeat(runs, one) | {"tasks": 1002}


def fib(house: Installation, runs: int) -> Figures:
    """W3: light is many small calls, heavy is few large ones; overhead over the bare loop in this interpreter."""
    house.add_dag("fib_light", dagfiles.chain("fib_light", 40, fib=10))
    house.add_dag("fib_heavy", dagfiles.chain("fib_heavy", 10, fib=33))

    def bare(count: int, size: int) -> float:
        def call(n: int) -> int:
            return n if n < 2 else call(n - 1) + call(n - 2)

        began = time.perf_counter()
        for _ in range(count):
            call(size)
        return time.perf_counter() - began

    def one(number: int) -> Figures:
        light, _ = _one_run(house, "fib_light", number)
        heavy, _ = _one_run(house, "fib_heavy", number, pause=0.2)
        loop = bare(10, 33)
        return {
            "seconds": light["seconds"] + heavy["seconds"],
            "light_s": light["seconds"],
            "heavy_s": heavy["seconds"],
            "bare_heavy_s": loop,
            "heavy_ratio": heavy["seconds"] / loop,
            "cpu_s": light["cpu_s"] + heavy["cpu_s"],
        }

    return _repeat(runs, one) | {"tasks": 50}


def backfill(house: Installation, runs: int) -> Figures:
    """W5: 365 daily runs of three tasks. Each repetition is a DAG of its own."""

    def one(number: int) -> Figures:
        dag_id = f"daily_{number}"
        part = house.dags / f"{dag_id}.tmp"
        part.write_text(dagfiles.daily(dag_id))
        part.rename(house.dags / f"{dag_id}.py")
        wait("the DAG is known", lambda: house.knows(dag_id))
        cpu, began = house.cpu_seconds(), time.time()
        house.rest("PATCH", f"/api/v1/dags/{dag_id}", {"is_paused": False})

        def done() -> bool:
            page = house.rest("GET", f"/api/v1/dags/{dag_id}/dagRuns?limit=1&state=success")
            return bool(page["total_entries"] >= 365)

        wait("365 runs succeed", done, 900, 0.2)
        ended = 0.0
        for offset in range(0, 365, 100):
            page = house.rest("GET", f"/api/v1/dags/{dag_id}/dagRuns?limit=100&offset={offset}")
            ended = max([ended, *(_epoch(run["end_date"]) for run in page["dag_runs"])])
        seconds = ended - began
        return {"seconds": seconds, "tasks_per_s": 1095 / seconds, "cpu_s": house.cpu_seconds() - cpu}

    return _repeat(runs, one) | {"tasks": 1095}


def latency(house: Installation, runs: int) -> Figures:
    """W8: from just before the REST call to the first line of the task's log on disk; 50 times per run."""
    house.add_dag("one", dagfiles.small("one", tasks=1))
    taken: list[float] = []
    for number in range(5 + 50 * runs):
        run_id = f"{house.prefix}{number}"
        log = house.home / "logs" / "dag_id=one" / f"run_id={run_id}" / "task_id=t0" / "attempt=1.log"
        began = time.perf_counter()
        house.trigger("one", run_id)
        while not (log.exists() and log.stat().st_size):
            time.sleep(0.0003)
            if time.perf_counter() - began > 60:
                raise TimeoutError(f"no log line in {log}")
        if number >= 5:
            taken.append((time.perf_counter() - began) * 1000)
        house.finish("one", run_id, pause=0.01)
    return {
        "latency_ms": {"p50": round(median(taken), 2), "p99": round(percentile(taken, 0.99), 2)},
        "tasks": len(taken),
    }
