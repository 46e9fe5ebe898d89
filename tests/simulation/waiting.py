"""A triggerer without processes: deferred tasks wait for a seeded while; it forgets everything when it is killed."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from tradewind.clock import FakeClock
from tradewind.domain.messages import TaskReply, TriggerFailed, TriggerFired, TriggerHealth, TriggerOrder

#: What a deferring task of the simulation hands over.
FACTS = {"trigger": "sim.Trigger", "kwargs": "{}", "method": "go_on", "next_kwargs": "{}"}
DEFERS = "Deferring"  #: the operator name of a task that defers at its first attempt of a try
#: What the triggers of this world really said, by deferral: "fired", "success" or "failed". One world at a time.
SAID: dict[str, set[str]] = {}


class SimTriggers:
    """The ``Triggers`` contract. Events may come twice, or late, or for a deferral that is over."""

    def __init__(self, rng: Random, clock: FakeClock, *, faults: bool) -> None:
        self._rng, self._clock, self.faults = rng, clock, faults
        self._orders: dict[str, TriggerOrder] = {}
        self._due: list[tuple[float, str]] = []

    def watch(self, orders: Sequence[TriggerOrder]) -> None:
        for order in orders:
            if order.attempt_id not in self._orders:
                self._orders[order.attempt_id] = order
                self._begin(order.attempt_id)

    def _begin(self, attempt_id: str) -> None:
        times = 2 if self.faults and self._rng.random() < 0.2 else 1
        for _ in range(times):
            self._due.append((self._clock.monotonic() + self._rng.choice([0.01, 1.0, 45.0, 200.0]), attempt_id))

    def kill(self) -> None:
        """kill -9: what it knew is gone; the scheduler's end starts another with the same orders."""
        self._due.clear()
        for attempt_id in self._orders:
            self._begin(attempt_id)

    def unwatch(self, attempt_ids: Sequence[str]) -> None:
        for attempt_id in attempt_ids:
            self._orders.pop(attempt_id, None)

    def next_event(self) -> float | None:
        return min((when for when, _ in self._due), default=None)

    def poll(self) -> list[TriggerFired | TriggerFailed]:
        if self.faults and self._orders and self._rng.random() < 0.02:
            self.kill()
        now = self._clock.monotonic()
        due = [attempt_id for when, attempt_id in self._due if when <= now]
        self._due = [entry for entry in self._due if entry[0] > now]
        heard: list[TriggerFired | TriggerFailed] = []
        for attempt_id in due:
            roll = self._rng.random()
            facts = {"attempt_id": attempt_id, "at": self._clock.now()}
            SAID.setdefault(attempt_id, set()).add("failed" if roll < 0.1 else "success" if roll < 0.2 else "fired")
            if roll < 0.1:
                heard.append(TriggerFailed(error="drawn", **facts))
            else:
                heard.append(TriggerFired(event="1", end_state="success" if roll < 0.2 else None, **facts))
        return heard

    def fileno(self) -> list[int]:
        return []

    def reply(self, replies: Sequence[TaskReply]) -> None:
        return None

    def health(self) -> TriggerHealth | None:
        return None

    def stop(self) -> None:
        return None
