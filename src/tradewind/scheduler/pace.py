"""When a pass is worth its price: small waits that gather reports, none of which a person or an idle worker can feel."""

from __future__ import annotations

from collections.abc import Sequence

from tradewind.actions.context import Rings
from tradewind.clock import Clock
from tradewind.domain.messages import Started, TaskRequest
from tradewind.scheduler.hearing import Heard

#: A start alone waits so long for the end of a short task: both are then one write.
SETTLE_SECONDS = 0.02
#: While so many orders wait at the workers, a pass waits for more reports: for a share of the time in which the workers
#: go through what they have, so that none idles, and never for long.
GATHER_FROM = 8
GATHER_SECONDS = 0.03
GATHER_SHARE = 0.3
#: A running task that asks something does nothing else meanwhile.
ASKED_SECONDS = 0.005
#: The page is told of changes at most so often.
RING_SECONDS = 0.05


class Pace:
    """The rhythm of one scheduler."""

    def __init__(self, clock: Clock, ringer: Rings, settle_seconds: float) -> None:
        self._clock = clock
        self._ringer = ringer
        self._settle_seconds = settle_seconds
        self._heard_at: float | None = None
        self._pass_ended = 0.0
        self._gather = 0.0
        self._rang_at = -1.0
        self.ring_wanted = False

    def left(self, heard: Sequence[tuple[str, Heard]]) -> float:
        """Seconds that may still pass before what was heard is written; 0 or less: write now."""
        if not heard:
            return 0.0
        now = self._clock.monotonic()
        if all(isinstance(message, Started) for _, message in heard):
            if self._heard_at is None:
                self._heard_at = now
            return self._settle_seconds - (now - self._heard_at)
        if self._gather <= 0.0:
            return 0.0
        asked = any(isinstance(message, TaskRequest) for _, message in heard)
        return (min(self._gather, ASKED_SECONDS) if asked else self._gather) - (now - self._pass_ended)

    def pass_begins(self) -> None:
        """A pass takes everything that was heard."""
        self._heard_at = None

    def pass_ended(self, ends: int, backlog: int) -> None:
        """It is committed: it wrote so many ends of tasks, and so many orders wait at the workers now."""
        now = self._clock.monotonic()
        took, self._pass_ended = now - self._pass_ended, now
        busy = ends > 0 and backlog >= GATHER_FROM
        self._gather = min(GATHER_SECONDS, GATHER_SHARE * backlog * took / ends) if busy else 0.0

    def ring(self) -> None:
        """Ring the page's bell if that is wanted, unless it was rung just now: then a later pass or sleep does."""
        now = self._clock.monotonic()
        if self.ring_wanted and now - self._rang_at >= RING_SECONDS:
            self.ring_wanted = False
            self._rang_at = now
            self._ringer.ring("api")
