"""What a seed draws: the whole script of a world, fixed before it is played, so that it can be cut down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec

from tests.simulation.cluster import Rates
from tests.simulation.faults import FAULTS
from tests.simulation.people import PEOPLE
from tests.simulation.pipelines import draw_dags
from tradewind.domain.spec import DagSpec

START = datetime(2026, 3, 1, tzinfo=UTC)
#: Simulated seconds in which things happen, and those left to recover.
STORM, CALM = 400.0, 8_000.0


@dataclass(frozen=True)
class Event:
    """Something that happens; ``dice`` is all the chance it has."""

    at: float
    name: str
    dice: int


@dataclass(frozen=True)
class Plan:
    """The script of one world."""

    seed: int
    specs: dict[str, DagSpec]
    schedulers: int
    events: tuple[Event, ...]
    rates: Rates
    skews: tuple[float, ...]  #: how far each scheduler's clock is off, in seconds, while the storm lasts
    faults: bool = True

    def told(self) -> list[str]:
        """For people."""
        lines = [f"seed {self.seed}: {self.schedulers} schedulers, {self.rates}, clocks off by {self.skews}"]
        for spec in self.specs.values():
            limits = f"max_active_runs={spec.max_active_runs} max_active_tasks={spec.max_active_tasks}"
            lines.append(f"{spec.dag_id}: {spec.timetable.summary or spec.timetable.kind}, {limits}")
            lines += [f"  {msgspec.to_builtins(task)}" for task in spec.tasks]
        return lines + [f"{event.at:8.2f} {event.name} {event.dice}" for event in self.events]


def draw(seed: int, *, faults: bool = True) -> Plan:
    """The plan of a seed."""
    rng = Random(seed)
    specs = draw_dags(rng, START - timedelta(minutes=10))
    schedulers = rng.choice([1, 2, 2, 3, 4])
    events = [Event(0.0, "trigger", rng.getrandbits(32))]
    events += [Event(rng.uniform(0, 200), "trigger", rng.getrandbits(32)) for _ in range(rng.randint(0, 2))]
    rates, skews = Rates(), (0.0,) * schedulers
    if faults:
        rates = Rates(*(rng.choice([0.0, 0.0, 0.05, 0.2]) for _ in range(4)))
        if rng.random() < 0.25:
            skews = tuple(rng.choice([0.0, -3.0, 3.0, -20.0, 20.0, 300.0]) for _ in range(schedulers))
        happenings = sorted(FAULTS | PEOPLE)
        names = rng.sample(happenings, k=rng.randint(1, 5))
        for _ in range(rng.randint(1, 12)):
            events.append(Event(rng.uniform(0, STORM * 0.9), rng.choice(names), rng.getrandbits(32)))
    return Plan(seed, specs, schedulers, tuple(sorted(events, key=lambda event: event.at)), rates, skews, faults)
