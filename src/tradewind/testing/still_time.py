"""A clock for the time of a run: ``time.sleep`` and ``asyncio.sleep`` move it and return at once.

``time.time``, ``time.monotonic`` and Tradewind's own moments follow it. ``datetime.now()`` is C code and follows only
where the package time-machine is installed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any
from unittest.mock import patch

from tradewind.clock import FakeClock


class StillTime(FakeClock):
    """The clock, and how long was slept on it."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.slept = 0.0
        self._traveller: Any = None
        self._real_sleep = asyncio.sleep

    def sleep(self, seconds: float) -> None:
        """Move on instead of waiting."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self.slept += seconds
        self.advance(seconds)
        if self._traveller is not None:
            self._traveller.move_to(self.now(), tick=False)

    async def asleep(self, delay: float, result: Any = None) -> Any:
        """The same for coroutines; others get their turn."""
        self.sleep(max(0.0, delay))
        await self._real_sleep(0)
        return result

    @contextmanager
    def ruling(self) -> Iterator[StillTime]:
        """Inside, this is the time."""
        base = time.monotonic()
        with ExitStack() as stack:
            try:
                import time_machine  # noqa: PLC0415  optional
            except ImportError:
                stack.enter_context(patch("time.time", lambda: self.now().timestamp()))
            else:
                self._traveller = stack.enter_context(time_machine.travel(self.now(), tick=False))
            stack.enter_context(patch("time.monotonic", lambda: base + self.monotonic()))
            stack.enter_context(patch("time.sleep", self.sleep))
            stack.enter_context(patch("asyncio.sleep", self.asleep))
            try:
                yield self
            finally:
                self._traveller = None
