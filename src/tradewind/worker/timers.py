"""Things to do later, for one single-threaded loop."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from tradewind.clock import Clock


class Timers:
    """A heap of callables by the time they are due."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do it once, not before so many seconds have passed."""
        heapq.heappush(self._heap, (self._clock.monotonic() + seconds, next(self._order), action))

    def wait(self) -> float | None:
        """Seconds until the next is due; None: there is none."""
        return max(0.0, self._heap[0][0] - self._clock.monotonic()) if self._heap else None

    def run_due(self) -> None:
        """Do what is due."""
        now = self._clock.monotonic()
        while self._heap and self._heap[0][0] <= now:
            heapq.heappop(self._heap)[2]()
