"""The real scheduler, wired to the simulated world."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from tests.simulation.cluster import SimExecutor
from tests.simulation.waiting import SimTriggers
from tradewind.clock import FakeClock
from tradewind.errors import TradewindError
from tradewind.scheduler.tick import Scheduler

if TYPE_CHECKING:
    from tests.simulation.world import World


class Bells:
    """Wakes every scheduler that is there."""

    def __init__(self, world: World) -> None:
        self.world = world

    def ring(self, kind: str, topic: str = "") -> int:
        if kind == "scheduler":
            for brain in self.world.schedulers.values():
                brain.woken = True
        return 1


class SkewedClock:
    """The world's clock as one machine has it."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        self._clock = clock
        self.seconds = seconds

    def now(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self._clock.monotonic()


class Brain:
    """One scheduler process, from its start to its kill -9."""

    def __init__(self, world: World, name: str, owner: str, executor: SimExecutor, skew: float) -> None:
        self.world = world
        self.executor = executor
        ids = Random(f"{world.plan.seed}/{name}/{world.clock.monotonic()}")
        executor.start()
        # Its triggerer lives and dies with it.
        self.triggers = SimTriggers(Random(ids.getrandbits(64)), world.clock, faults=world.storm)
        self.clock = SkewedClock(world.clock, skew)
        self.scheduler = Scheduler(
            store=world.store,
            clock=self.clock,
            new_id=lambda: f"{ids.getrandbits(128):032x}",
            executors={"local": executor},
            settings=world.store.settings,
            ringer=Bells(world),
            owner=owner,
            host=name,
            triggers=self.triggers,
        )
        self.woken = False
        self.sleep_until = 0.0
        self._pause = 0.2

    def tick(self) -> None:
        """One pass, unless it sleeps; after trouble it waits a little, as the process does."""
        now = self.world.clock.monotonic()
        if self.woken:
            self.woken = False
            self.scheduler.wake()
        try:
            self.sleep_until = now + max(0.01, self.scheduler.tick())
            self._pause = 0.2
        except TradewindError:
            self.sleep_until = now + self._pause
            self._pause = min(5.0, self._pause * 2)
            raise

    def wants(self, now: float) -> bool:
        """Whether the process would be woken now: by its time-out, a bell, its workers or its triggerer."""
        fires = self.triggers.next_event()
        heard = (fires is not None and fires <= now) or self.executor.has_news()
        return self.woken or heard or now >= self.sleep_until

    def next_wake(self) -> float | None:
        fires = self.triggers.next_event()
        return self.sleep_until if fires is None else min(fires, self.sleep_until)

    def leftovers(self) -> dict[str, int]:
        """What is still remembered; all of it nothing once everything has ended."""
        one = self.scheduler
        return {
            "books": len(one.shelf.books),
            "attempts": len(one.shelf.live),
            "waiters": len(one.shelf.waiters._known),
            "messages": len(one.heard),
            "unconfirmed": len(one.unconfirmed),
        }
