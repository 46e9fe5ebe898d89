"""Whether a lease that ran out means anything: not right after the clock jumped.

A laptop that slept, a virtual machine that was paused and a corrected clock all make every lease run out at one moment,
while the workers are as well as before. They get as long as a lease lasts to be heard of again.
"""

from __future__ import annotations

import logging
from datetime import datetime

log = logging.getLogger("tradewind.scheduler")


class Patience:
    """Compares the wall clock with the one that cannot jump."""

    def __init__(self, lease_seconds: float) -> None:
        self._lease = lease_seconds
        self._offset: float | None = None
        self._until = float("-inf")
        self._began: float | None = None

    def look(self, now: datetime, monotonic: float) -> bool:
        """Take note of the clocks; whether leases may be held against the workers now."""
        if self._began is None:
            self._began = monotonic
        offset = now.timestamp() - monotonic
        jumped = 0.0 if self._offset is None else offset - self._offset
        self._offset = offset
        if abs(jumped) > self._lease / 4:
            log.warning("The clock jumped by %.0f s: workers get %.0f s to be heard of again.", jumped, self._lease)
            self._until = monotonic + self._lease
        return monotonic >= self._until

    def is_young(self, monotonic: float) -> bool:
        """Whether we began so lately that workers which lived while nobody listened may not have been heard of yet."""
        return self._began is None or monotonic - self._began < self._lease
