"""When a pass is worth its price: small waits that gather reports, none of which a person or an idle worker can feel."""

from __future__ import annotations

from tradewind.actions.context import Rings
from tradewind.clock import Clock

#: A start alone waits so long for the end of a short task: both are then one write.
SETTLE_SECONDS = 0.02
#: While so many attempts are out, a pass waits for company: up to this long, or some times as long as the last took.
GATHER_FROM = 8
GATHER_SECONDS = 0.01
GATHER_TIMES = 4.0
#: The page is told of changes at most so often.
RING_SECONDS = 0.05


class Pace:
    """The rhythm of one scheduler."""

    def __init__(self, clock: Clock, ringer: Rings, settle_seconds: float) -> None:
        self._clock = clock
        self._ringer = ringer
        self._settle_seconds = settle_seconds
        self._heard_at: float | None = None
        self._began = 0.0
        self._ended = 0.0
        self._gather = 0.0
        self._rang_at = -1.0
        self.ring_wanted = False

    def pass_begins(self) -> None:
        """A pass takes everything that was heard."""
        self._heard_at = None
        self._began = self._clock.monotonic()

    def pass_ended(self) -> None:
        """It is committed."""
        self._ended = self._clock.monotonic()
        self._gather = min(GATHER_SECONDS, GATHER_TIMES * (self._ended - self._began))

    def settle_left(self) -> float:
        """Seconds that starts which came alone still wait."""
        now = self._clock.monotonic()
        if self._heard_at is None:
            self._heard_at = now
        return self._settle_seconds - (now - self._heard_at)

    def gather_left(self, still_out: int) -> float:
        """Seconds to wait for more reports: while many attempts are out, no worker idles meanwhile."""
        if still_out < GATHER_FROM:
            return 0.0
        return self._gather - (self._clock.monotonic() - self._ended)

    def ring(self) -> None:
        """Ring the page's bell if that is wanted, unless it was rung just now: then a later pass or sleep does."""
        now = self._clock.monotonic()
        if self.ring_wanted and now - self._rang_at >= RING_SECONDS:
            self.ring_wanted = False
            self._rang_at = now
            self._ringer.ring("api")
