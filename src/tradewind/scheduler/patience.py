"""How long a pass of the scheduler waits for company: many reports in one write cost little more than one."""

from __future__ import annotations

from collections.abc import Sequence

from tradewind.clock import Clock
from tradewind.domain.messages import Beat, Finished, Lost, Started, TaskRequest

Heard = Started | Finished | Lost | Beat | TaskRequest

#: While so many orders wait at the workers, a pass waits for more reports: for a share of the time in which the workers
#: go through what they have, so that none idles, and never for long.
GATHER_FROM = 8
GATHER_SECONDS = 0.03
GATHER_SHARE = 0.3
#: A running task that asks something does nothing else meanwhile.
ASKED_SECONDS = 0.005


class Patience:
    """``settle_seconds``: a start alone waits so long for the end of a short task: both are then one write."""

    def __init__(self, clock: Clock, settle_seconds: float) -> None:
        self._clock = clock
        self._settle = settle_seconds
        self._heard_at: float | None = None
        self._pass_ended = 0.0
        self._gather = 0.0

    def left(self, heard: Sequence[tuple[str, Heard]]) -> float:
        """Seconds that may still pass before what was heard is written; 0 or less: write now."""
        if not heard:
            return 0.0
        now = self._clock.monotonic()
        if all(isinstance(message, Started) for _, message in heard):
            if self._heard_at is None:
                self._heard_at = now
            return self._settle - (now - self._heard_at)
        if self._gather <= 0.0:
            return 0.0
        asked = any(isinstance(message, TaskRequest) for _, message in heard)
        return (min(self._gather, ASKED_SECONDS) if asked else self._gather) - (now - self._pass_ended)

    def begun(self) -> None:
        """A pass takes everything that was heard."""
        self._heard_at = None

    def ended(self, ends: int, backlog: int) -> None:
        """A pass wrote so many ends of tasks; so many orders wait at the workers now."""
        now = self._clock.monotonic()
        took, self._pass_ended = now - self._pass_ended, now
        busy = ends > 0 and backlog >= GATHER_FROM
        self._gather = min(GATHER_SECONDS, GATHER_SHARE * backlog * took / ends) if busy else 0.0
