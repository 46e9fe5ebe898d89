"""One seed played to its end: schedulers, workers, a database and people, in one thread on one clock."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random

from tests.simulation import cluster as simulated
from tests.simulation.brain import Brain, Verbs
from tests.simulation.cluster import Cluster, Rates, SimExecutor
from tests.simulation.faults import FAULTS, FaultyStore
from tests.simulation.invariants import Auditor, Broken
from tests.simulation.pipelines import POOLS, draw_dag
from tests.simulation.waiting import SAID
from tradewind.clock import FakeClock
from tradewind.domain import codec
from tradewind.errors import TradewindError
from tradewind.settings import Settings, load_settings
from tradewind.store import migrate
from tradewind.store.engine import Store, open_store
from tradewind.telemetry import probe

START = datetime(2026, 3, 1, tzinfo=UTC)
#: Simulated seconds in which faults happen, and those left to recover.
STORM, CALM = 400.0, 40_000.0


def _settings(home: Path) -> Settings:
    environ = {
        "TRADEWIND_HOME": str(home),
        "TRADEWIND__DATABASE__SQLITE_SYNCHRONOUS": "OFF",
        "TRADEWIND__SCHEDULER__LOST_TASK_RESTARTS": "3",
        "TRADEWIND__CORE__PARALLELISM": "8",
    }
    return load_settings(environ)


@cache
def template() -> Path:
    """A migrated, empty database; made once per process and copied for each seed."""
    folder = Path(tempfile.mkdtemp(prefix="tradewind-sim-"))
    store = open_store(_settings(folder))
    migrate.upgrade(store)
    store.close()
    file = folder / "tradewind.db"
    with sqlite3.connect(file) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    return file


class Killed(BaseException):
    """kill -9 at a named point: nothing may catch it but the world."""


class World:
    """Everything of one seed."""

    def __init__(self, seed: int, *, faults: bool = True) -> None:
        self.seed = seed
        self.faults = faults
        self.rng = Random(seed)
        self.clock = FakeClock(START)
        self.home = Path(tempfile.mkdtemp(prefix="tradewind-sim-run-"))
        shutil.copy(template(), self.home / "tradewind.db")
        self.settings = _settings(self.home)
        plain = open_store(self.settings)
        self.store = FaultyStore(plain.engine, self.settings)
        self.reader = Store(plain.engine, self.settings)
        rng = self.rng
        self.specs = {f"d{n}": draw_dag(rng, f"d{n}", START - timedelta(minutes=10)) for n in range(rng.randint(1, 2))}
        simulated.BEHAVIOUR.clear()
        SAID.clear()
        simulated.BEHAVIOUR.update({d: {t.task_id: t for t in spec.tasks} for d, spec in self.specs.items()})
        self._publish()
        rates = Rates()
        if faults:
            rates = Rates(*(rng.choice([0.0, 0.0, 0.05, 0.2]) for _ in range(4)))
        names = ["s1", "s2"][: rng.choice([1, 1, 2])]
        self.clusters = {n: Cluster(n, Random(f"{seed}/{n}"), self.clock, seed, rates) for n in names}
        self.schedulers: dict[str, Brain] = {}
        self.asleep_until: dict[str, float] = {}
        self.dead_until: dict[str, float] = {}
        self.auditor = Auditor(self.reader, self.specs, POOLS, self.clusters)
        self.verbs = Verbs(self)
        self.happened: list[str] = []
        self.triggered = 0

    def _publish(self) -> None:
        raw = sqlite3.connect(self.home / "tradewind.db")
        now = 0
        for name, slots in POOLS.items():
            raw.execute("DELETE FROM pool WHERE name = ?", (name,))
            raw.execute(
                "INSERT INTO pool (name, slots, description, include_deferred) VALUES (?, ?, '', 0)", (name, slots)
            )
        for number, (dag_id, spec) in enumerate(self.specs.items(), start=1):
            text = _json(codec.dump(spec))
            raw.execute(
                "INSERT INTO dag_version (id, dag_id, number, hash, spec, source_hash, created_at)"
                " VALUES (?, ?, 1, 'h', ?, 's', ?)",
                (number, dag_id, text, now),
            )
            raw.execute(
                "INSERT INTO dag (dag_id, version_id, bundle, fileloc, is_paused, is_active, has_import_errors, tags,"
                " owners, timetable_summary, last_parsed_at, max_active_runs, max_active_tasks, failed_runs_in_a_row)"
                " VALUES (?, ?, 'dags-folder', ?, 0, 1, 0, '[]', '[]', ?, ?, ?, ?, 0)",
                (
                    dag_id,
                    number,
                    spec.fileloc,
                    spec.timetable.summary,
                    now,
                    spec.max_active_runs,
                    spec.max_active_tasks,
                ),
            )
        raw.commit()
        raw.close()

    # -- what faults use ----------------------------------------------------------------------------------------

    def any_cluster(self) -> Cluster:
        return self.rng.choice(list(self.clusters.values()))

    def start_scheduler(self, name: str) -> None:
        executor = SimExecutor(self.clusters[name])
        self.schedulers[name] = Brain(self, name, executor)

    def kill_scheduler(self, name: str) -> None:
        """kill -9: nothing of its memory is left; it comes back after a while."""
        del self.schedulers[name]
        self.asleep_until.pop(name, None)
        self.dead_until[name] = self.clock.monotonic() + self.rng.choice([1.0, 30.0, 120.0])

    def kill_at(self, point: str) -> None:
        """kill -9 of whichever scheduler comes to that point of its code next."""

        def die() -> None:
            probe.disarm(point)
            raise Killed(point)

        probe.arm(point, die)

    def _disarm(self) -> None:
        for point in ("tick.before_commit", "tick.after_commit"):
            probe.disarm(point)

    def verb_clear(self) -> None:
        self._verb(self.verbs.clear)

    def verb_mark(self) -> None:
        self._verb(self.verbs.mark)

    def verb_pause(self) -> None:
        self._verb(self.verbs.pause)

    def _verb(self, verb: Callable[[], None]) -> None:
        try:
            verb()
        except TradewindError as trouble:
            self.happened.append(f"{self.clock.monotonic():8.2f} refused: {trouble.message}")

    # -- time ---------------------------------------------------------------------------------------------------

    def play(self) -> None:
        """From the first trigger to the last end; raises ``Broken``."""
        try:
            for name in self.clusters:
                self.start_scheduler(name)
            plan = self._draw_faults()
            self._run(until=STORM, plan=plan)
            self._calm_down()
            self._run(until=STORM + CALM, plan=[])
            self.auditor.check_end(faults=self.faults)
        except Broken as broken:
            raise Broken(f"seed {self.seed}: {broken}\n" + "\n".join(self.happened[-30:])) from None
        finally:
            self._disarm()
            self.reader.close()
            shutil.rmtree(self.home, ignore_errors=True)

    def _draw_faults(self) -> list[tuple[float, str]]:
        runs = [(self.rng.uniform(0, 200), "trigger") for _ in range(self.rng.randint(1, 3))]
        runs[0] = (0.0, "trigger")
        if self.faults:
            names = self.rng.sample(sorted(FAULTS), k=self.rng.randint(1, 4))
            runs += [(self.rng.uniform(0, STORM * 0.9), self.rng.choice(names)) for _ in range(self.rng.randint(1, 10))]
        return sorted(runs)

    def _calm_down(self) -> None:
        for cluster in self.clusters.values():
            cluster.rates = Rates()
            cluster.paused_until.clear()
        self.asleep_until.clear()
        self.dead_until = dict.fromkeys(self.dead_until, 0.0)
        self.store.next_fault = None
        self._disarm()
        self.verbs.unpause_all()

    def _run(self, *, until: float, plan: list[tuple[float, str]]) -> None:
        steps = 0
        while self.clock.monotonic() < until:
            steps += 1
            if steps > 15_000:
                raise Broken("too many steps: something goes round in circles")
            while plan and plan[0][0] <= self.clock.monotonic():
                self._happen(plan.pop(0)[1])
            for name, moment in list(self.dead_until.items()):
                if moment <= self.clock.monotonic():
                    del self.dead_until[name]
                    self.start_scheduler(name)
            for cluster in self.clusters.values():
                cluster.step()
            self._tick_schedulers()
            if not plan and not self.dead_until and self.verbs.nothing_open() and self._quiet(until):
                return
            self._advance(until, plan)

    def _quiet(self, until: float) -> bool:
        return until > STORM and not any(cluster.work or cluster.wire for cluster in self.clusters.values())

    def _happen(self, name: str) -> None:
        if name == "trigger":
            self.triggered += 1
            self._verb(self.verbs.trigger)
        elif name in {"kill_scheduler", "pause_scheduler"} and not self.schedulers:
            return
        else:
            FAULTS[name](self)
        self.happened.append(f"{self.clock.monotonic():8.2f} {name}")

    def _tick_schedulers(self) -> None:
        now = self.clock.monotonic()
        names = [name for name in self.schedulers if self.asleep_until.get(name, -1.0) <= now]
        self.rng.shuffle(names)
        for name in names:
            try:
                self.schedulers[name].tick()
            except Killed as killed:
                self.happened.append(f"{now:8.2f} {name} was killed at {killed}")
                self.kill_scheduler(name)
            except TradewindError as trouble:
                self.happened.append(f"{now:8.2f} tick of {name}: {trouble.message}")
            self.auditor.check()

    def _advance(self, until: float, plan: list[tuple[float, str]]) -> None:
        now = self.clock.monotonic()
        times = [until, now + 60.0]
        times += [event for cluster in self.clusters.values() if (event := cluster.next_event()) is not None]
        times += [moment for name, brain in self.schedulers.items() if (moment := brain.next_wake()) is not None]
        times += [moment for moment, _ in plan[:1]]
        times += list(self.dead_until.values())
        times += list(self.asleep_until.values())
        later = [moment for moment in times if moment > now]
        self.clock.advance(max(0.005, min(later) - now))

    def digest(self) -> str:
        """What the journal says, in one word: the same seed gives the same."""
        return hashlib.sha256(repr(self.auditor.lines).encode()).hexdigest()[:16]


def _json(value: object) -> str:
    import msgspec

    return msgspec.json.encode(value).decode()


def play(seed: int, *, faults: bool = True, plant: Callable[[World], None] | None = None) -> World:
    """Play one seed; raises ``Broken`` with the seed in its text. ``plant`` spoils the world first."""
    world = World(seed, faults=faults)
    if plant is not None:
        plant(world)
    world.play()
    return world
