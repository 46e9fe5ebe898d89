"""What an installation costs when little happens: files to parse, and idling."""

from __future__ import annotations

import time
from typing import Any

from bench import dagfiles
from bench.installation import Installation, wait

Figures = dict[str, Any]


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
    """W6: the second start until the first answer; memory and CPU of a tree that idles."""
    starts = []
    for _ in range(runs):
        house.stop()
        starts.append(house.start())
    wait("every process has started", lambda: len(house.processes()) >= 4, 20)
    time.sleep(5)
    cpu = house.cpu_seconds()
    time.sleep(30)
    idle = (house.cpu_seconds() - cpu) / 30 * 100
    sizes = house.memory()
    starts.sort()
    return {
        "seconds": round(starts[len(starts) // 2], 3),
        "pss_mb": round(sum(sizes.values()), 1),
        "pss_by_process": sizes,
        "idle_cpu_percent": round(idle, 3),
    }
