"""Who may start now. A fan of a thousand tasks finishes sooner when few of them are in their first moments at once.

Starting costs the machine most (page copies). Tasks that only compute gain nothing from company; tasks that wait for
something leave the gate as soon as they wait. Nothing is ever held back by a task that runs for long.
"""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from tradewind.worker.timers import Timers

if TYPE_CHECKING:
    from tradewind.worker.nest import Nest
    from tradewind.worker.process import Attempt

_LOOK_AGAIN = 0.01  #: then twice as long, and so on: a busy machine is not asked often
_LONGEST = 3  #: looks: a task that still computes after these counts as one that runs for long


def _is_busy(pid: int) -> bool:
    """Whether the process runs or wants to. False for one that sleeps, or that cannot be looked at."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False
    return text[text.rfind(b")") + 2 :][:1] in (b"R", b"D")


class Gate:
    """Counts attempts in their first moments; lets the next one in when one leaves."""

    def __init__(self, timers: Timers, room: int | None = None) -> None:
        self._timers = timers
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._room = room or 2 * cores
        self._young: dict[str, int] = {}  # attempt id -> how often it was looked at
        self._line: deque[Nest] = deque()
        self._moving = False

    def line_up(self, nest: Nest) -> None:
        """Some attempt of this nest waits."""
        if nest not in self._line:
            self._line.append(nest)
        self._move()

    def enter(self, attempt: Attempt) -> bool:
        """Take a place for it. False: there is none now."""
        if len(self._young) >= self._room:
            return False
        self._young[attempt.order.attempt_id] = 0
        return True

    def leave(self, attempt: Attempt) -> None:
        """It ended, or runs for long: the next may start."""
        if self._young.pop(attempt.order.attempt_id, None) is not None:
            self._move()

    def look_at(self, attempt: Attempt, pid: int) -> None:
        """It has not ended so far: it stays while it computes, for a while."""
        looks = self._young.get(attempt.order.attempt_id)
        if looks is None:
            return
        if looks >= _LONGEST or not self._line or not _is_busy(pid):
            self.leave(attempt)
        else:
            self._young[attempt.order.attempt_id] = looks + 1
            self._timers.after(_LOOK_AGAIN * 2**looks, lambda: self.look_at(attempt, pid))

    def _move(self) -> None:
        if self._moving:  # starting may end an attempt at once
            return
        self._moving = True
        try:
            while self._line and len(self._young) < self._room:
                nest = self._line.popleft()
                nest.start_next()
                if nest.waiting:
                    self._line.append(nest)
        finally:
            self._moving = False
