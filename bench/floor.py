"""The floor: what a fork for each task costs on this machine right now, with no scheduler, no database, no logs."""

from __future__ import annotations

import os
import time


def forks(count: int, at_once: int) -> tuple[float, float]:
    """(seconds, CPU seconds of parent and children) for ``count`` forks that do nothing, ``at_once`` alive together."""
    before = os.times()
    began = time.perf_counter()
    alive = 0
    for _ in range(count):
        if alive >= at_once:
            os.wait()
            alive -= 1
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        alive += 1
    while alive:
        os.wait()
        alive -= 1
    seconds = time.perf_counter() - began
    after = os.times()
    return seconds, sum(after[:4]) - sum(before[:4])
