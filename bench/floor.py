"""The floor: what a fork for each task costs on this machine right now, with no scheduler and no logs.

Measured in a bare interpreter of its own (12 MB): the process that measures weighs several times as much, and a fork
costs what the process weighs. ``committed`` adds one SQLite commit (WAL, NORMAL) for each state of each task.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import NamedTuple


class Floor(NamedTuple):
    """What it took."""

    seconds: float
    cpu_s: float


def forks(count: int, at_once: int) -> Floor:
    """``count`` forks that do nothing, ``at_once`` alive together."""
    return _alone(count, at_once, "")


def committed(count: int, at_once: int) -> Floor:
    """The same, with a row per task and a commit for each of its three states."""
    with tempfile.TemporaryDirectory(prefix="tradewind-floor-") as folder:
        return _alone(count, at_once, folder)


def _alone(count: int, at_once: int, folder: str) -> Floor:
    command = [sys.executable, "-E", "-S", __file__, str(count), str(at_once), folder]
    return Floor(**json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))


def _states(folder: str) -> Callable[[int, str], None]:
    if not folder:
        return lambda task, state: None
    db = sqlite3.connect(f"{folder}/floor.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("CREATE TABLE task (id INTEGER PRIMARY KEY, state TEXT)")

    def note(task: int, state: str) -> None:
        db.execute("INSERT OR REPLACE INTO task VALUES (?, ?)", (task, state))

    return note


def _measure(count: int, at_once: int, folder: str) -> dict[str, float]:
    note = _states(folder)
    before, began = os.times(), time.perf_counter()
    alive: dict[int, int] = {}
    for task in range(count):
        if len(alive) >= at_once:
            note(alive.pop(os.wait()[0]), "success")
        note(task, "queued")
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        note(task, "running")
        alive[pid] = task
    while alive:
        note(alive.pop(os.wait()[0]), "success")
    seconds, after = time.perf_counter() - began, os.times()
    return {"seconds": seconds, "cpu_s": sum(after[:4]) - sum(before[:4])}


if __name__ == "__main__":
    print(json.dumps(_measure(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])))
