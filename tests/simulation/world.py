"""One seed played to its end: schedulers, workers, a database and people, in one thread on one clock."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from unittest.mock import patch

from tests.simulation import cluster as simulated
from tests.simulation import ending, people
from tests.simulation.auditor import Auditor, Broken
from tests.simulation.brain import Bells, Brain
from tests.simulation.cluster import Cluster, Rates, SimExecutor
from tests.simulation.database import SimStore
from tests.simulation.faults import FAULTS, POINTS
from tests.simulation.people import PEOPLE
from tests.simulation.pipelines import POOLS
from tests.simulation.plan import CALM, START, STORM, Event, Plan, draw
from tests.simulation.waiting import SAID
from tradewind.actions.context import Act
from tradewind.clock import FakeClock
from tradewind.domain.spec import DagSpec
from tradewind.errors import Bug, TradewindError
from tradewind.store.engine import run
from tradewind.store.writes import dags as writes
from tradewind.telemetry import probe

#: How often somebody looks after stuck runs once the storm is over.
ORDER_SECONDS = 300.0
#: When nothing has moved for so long, every scheduler has looked round more than once, and it is over.
QUIET = 50.0
#: The scheduler's own is 5 s; a longer one leaves seeds more time for what matters, and is still well within a lease.
HOUSEKEEPING_SECONDS = 20.0


class Killed(BaseException):
    """kill -9 at a named point: nothing may catch it but the world."""


class World:
    """Everything of one seed."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.storm = plan.faults  #: whether things go wrong now
        self.rng = Random(f"{plan.seed}/world")
        self.clock = FakeClock(START)
        self.store = SimStore()
        self.specs: dict[str, DagSpec] = {}
        self.chancy = any(not spec.catchup and ending.dates_of(spec) for spec in plan.specs.values())
        self.versions: dict[str, int] = {}
        simulated.BEHAVIOUR.clear()
        SAID.clear()
        names = [f"s{number + 1}" for number in range(plan.schedulers)]
        self.skews = dict(zip(names, plan.skews, strict=True))
        self.clusters = {n: self._cluster(n) for n in names}
        self.schedulers: dict[str, Brain] = {}
        self.asleep_until: dict[str, float] = {}
        self.dead_until: dict[str, float] = {}
        self.later: list[tuple[float, Callable[[], None]]] = []
        self.database_back_at = 0.0
        self.auditor = Auditor(self.store, self.clusters)
        self.act = Act(self.store, self.clock, Bells(self), self.store.settings, "ann", "test")
        self.happened: list[str] = []
        self.triggered = 0
        self._publish_all()

    def _cluster(self, name: str) -> Cluster:
        return Cluster(name, Random(f"{self.plan.seed}/{name}"), self.clock, self.plan.seed, self.plan.rates)

    # -- files ----------------------------------------------------------------------------------------------------

    def _publish_all(self) -> None:
        with self.store.write() as conn:
            for name, slots in POOLS.items():
                run(conn, "DELETE FROM pool WHERE name = ?", [(name,)])
                text = "INSERT INTO pool (name, slots, description, include_deferred) VALUES (?, ?, '', ?)"
                run(conn, text, [(name, slots, False)])
        for spec in self.plan.specs.values():
            self.publish(spec)

    def publish(self, spec: DagSpec) -> None:
        """What the parser does with a whole file."""
        number = self.versions[spec.dag_id] = self.versions.get(spec.dag_id, 0) + 1
        version = f"{spec.dag_id}-{number}"
        simulated.BEHAVIOUR[version] = {task.task_id: task for task in spec.tasks}
        self.auditor.specs[version] = spec
        self.specs[spec.dag_id] = spec
        self._write_file(spec, version)

    def _write_file(self, spec: DagSpec, version: str, trouble: writes.FileTrouble | None = None) -> None:
        good = trouble is None
        file = writes.ParsedFile(
            bundle=spec.bundle, fileloc=spec.fileloc, hash=version, reads={}, dag_ids=[spec.dag_id], milliseconds=1,
            warnings=[], source=version, source_hash=version, specs=[(spec, version)] if good else [], trouble=trouble,
            broken_dag_ids=[] if good else [spec.dag_id],
        )  # fmt: skip
        defaults = writes.DagDefaults(paused=False, max_active_runs=16, max_active_tasks=16)
        with self.store.write() as conn:
            writes.publish(conn, [file], defaults, self.clock.now())
        self.act.wake("scheduler")

    def _newest(self, dag_id: str) -> str:
        return f"{dag_id}-{self.versions[dag_id]}"

    def break_file(self, dag_id: str, mended_after: float) -> None:
        """Half a file: an import error, while the last good version runs on."""
        trouble = writes.FileTrouble("syntax_error", "unexpected end of file", line=3)
        self._write_file(self.specs[dag_id], "half", trouble)
        self._do_later(mended_after, lambda: self._write_file(self.specs[dag_id], self._newest(dag_id)))

    def remove_file(self, dag_id: str, back_after: float) -> None:
        """No file any more, for a while."""
        spec = self.specs[dag_id]
        with self.store.write() as conn:
            writes.forget_files(conn, [(spec.bundle, spec.fileloc)])
        self.act.wake("scheduler")
        self._do_later(back_after, lambda: self._write_file(self.specs[dag_id], self._newest(dag_id)))

    def _do_later(self, seconds: float, work: Callable[[], None]) -> None:
        self.later.append((self.clock.monotonic() + seconds, work))

    # -- schedulers -----------------------------------------------------------------------------------------------

    def start_scheduler(self, name: str, owner: str | None = None) -> None:
        """A new process."""
        skew = self.skews.get(name, 0.0) if self.storm else 0.0
        owner = owner or f"{name}-{self.clock.monotonic():g}"
        self.schedulers[name] = Brain(self, name, owner, SimExecutor(self.clusters[name]), skew)

    def kill_scheduler(self, name: str) -> None:
        """kill -9: nothing of its memory is left; it comes back after a while."""
        del self.schedulers[name]
        self.asleep_until.pop(name, None)
        if not name.endswith("-twin"):
            self.dead_until[name] = self.clock.monotonic() + self.rng.choice([1.0, 30.0, 120.0])

    def stop_scheduler(self, name: str, *, with_tasks: bool, back_after: float) -> None:
        """SIGTERM (its tasks run on) or SIGQUIT (they end and are put back), as ``scheduler.main`` does it."""
        brain = self.schedulers.pop(name)
        self.asleep_until.pop(name, None)
        if not name.endswith("-twin"):
            self.dead_until[name] = self.clock.monotonic() + back_after
        if with_tasks:
            self.clusters[name].kill_all()
            brain.scheduler.wake()
            brain.scheduler.tick()
        brain.scheduler.stop()

    def clone_scheduler(self, name: str) -> None:
        """Another process under the same id, on another machine with workers of its own; it goes with the storm."""
        other = f"{name.removesuffix('-twin')}-twin"
        if other not in self.schedulers:
            self.clusters.setdefault(other, self._cluster(other))
            self.start_scheduler(other, self.schedulers[name].scheduler.custody.owner)

    def kill_at(self, point: str) -> None:
        """kill -9 of whichever scheduler comes to that point of its code next."""

        def die() -> None:
            probe.disarm(point)
            raise Killed(point)

        probe.arm(point, die)

    def _disarm(self) -> None:
        for point in POINTS:
            probe.disarm(point)

    # -- time -----------------------------------------------------------------------------------------------------

    def play(self) -> None:
        """From the first trigger to the last end; raises ``Broken``."""
        try:
            for name in list(self.clusters):
                self.start_scheduler(name)
            self._run(STORM, list(self.plan.events))
            self._calm_down()
            self._run(STORM + CALM, [])
            self.auditor.check_end(faults=self.plan.faults, failed_writes=self.store.failed)
            self._forgot()
        except Broken as broken:
            raise Broken(f"seed {self.plan.seed}: {broken}\n" + "\n".join(self.happened[-40:])) from None
        except Exception as error:
            what = f"seed {self.plan.seed}: a bug of ours: {error!r}\n"
            raise Broken(what + "\n".join(self.happened[-40:])) from error
        finally:
            self._disarm()
            self.store.close()

    def _forgot(self) -> None:
        """Nobody remembers what is over; but of what its clone did, a scheduler cannot know."""
        if any(name.endswith("-twin") for name in self.clusters):
            return
        for name, brain in self.schedulers.items():
            left = {what: count for what, count in brain.leftovers().items() if count}
            if left:
                raise Broken(f"{name} still remembers {left} after everything ended")

    def _calm_down(self) -> None:
        self.storm = False
        for cluster in self.clusters.values():
            cluster.rates = Rates()
            cluster.paused_until.clear()
            cluster.split_until = -1.0
        for name in [name for name in self.schedulers if name.endswith("-twin")]:
            self.kill_scheduler(name)
        for brain in self.schedulers.values():
            brain.clock.seconds = 0.0
            brain.triggers.faults = False
        behind = (START - self.clock.now()).total_seconds() + self.clock.monotonic()
        if behind > 3600.0:
            self.clock.jump(behind)  # somebody sets it right, or the schedule would not be over with the world
        self.asleep_until.clear()
        self.dead_until = dict.fromkeys(self.dead_until, 0.0)
        self.store.next_fault = None
        self.store.down = False
        self._disarm()
        self.later, late = [], sorted(self.later, key=lambda entry: entry[0])
        for _, work in late:
            work()
        self.auditor.calm_since = self.clock.monotonic()

    def _run(self, until: float, events: list[Event]) -> None:
        steps, order_at, still = 0, self.clock.monotonic() + 1.0, (0.0, -1)
        while self.clock.monotonic() < until:
            now = self.clock.monotonic()
            steps += 1
            if steps > 15_000:
                raise Broken("too many steps: something goes round in circles")
            if self.store.down and self.database_back_at <= now:
                self.store.down = False
            while events and events[0].at <= now:
                self._happen(events.pop(0))
            self._do_what_is_due(now)
            if until > STORM and order_at <= now:
                order_at = now + ORDER_SECONDS
                people.put_in_order(self)
                people.help_past(self)
                self._audit()
            for cluster in self.clusters.values():
                cluster.step()
            self._tick_schedulers()
            if until > STORM:
                moved = len(self.auditor.lines)
                if not self._nothing_left() or moved != still[1]:
                    still = (now, moved)
                elif now - still[0] > QUIET:
                    return
            self._advance(until, events)

    def _do_what_is_due(self, now: float) -> None:
        for name, moment in list(self.dead_until.items()):
            if moment <= now:
                del self.dead_until[name]
                self.start_scheduler(name)
        due = [entry for entry in self.later if entry[0] <= now]
        if due and not self.store.down:
            self.later = [entry for entry in self.later if entry[0] > now]
            for _, work in due:
                self._attempt(work)
                self._audit()

    def _nothing_left(self) -> bool:
        if self.dead_until or any(cluster.work or cluster.wire for cluster in self.clusters.values()):
            return False
        return self.auditor.nothing_open(self.specs, self.clock.now())

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except TradewindError as trouble:
            self.happened.append(f"{self.clock.monotonic():8.2f} refused: {trouble.message}")
        except Killed as killed:
            self.happened.append(f"{self.clock.monotonic():8.2f} killed at {killed}")

    def _happen(self, event: Event) -> None:
        self.happened.append(f"{self.clock.monotonic():8.2f} {event.name}")
        what = (FAULTS | PEOPLE)[event.name]
        self._attempt(lambda: what(self, Random(event.dice)))
        self._audit()

    def _audit(self) -> None:
        if not self.store.down:
            self.auditor.check(self.clock.monotonic())
            if not self.storm and self.chancy:
                self.auditor.note_owed(self.specs, self.clock.now())

    def _tick_schedulers(self) -> None:
        now = self.clock.monotonic()
        names = [name for name in self.schedulers if self.asleep_until.get(name, -1.0) <= now]
        self.rng.shuffle(names)
        for name in names:
            brain = self.schedulers[name]
            if not brain.wants(now):
                continue
            try:
                brain.tick()
            except Killed as killed:
                self.happened.append(f"{now:8.2f} {name} was killed at {killed}")
                self.kill_scheduler(name)
            except TradewindError as trouble:
                if isinstance(trouble, Bug):
                    raise
                self.happened.append(f"{now:8.2f} tick of {name}: {trouble.message}")
                cloned = any(other.endswith("-twin") for other in self.clusters)  # it did what this one cannot know of
                if not self.storm and not cloned and "simulated" not in trouble.message:
                    raise Broken(f"{name} fails in fair weather: {trouble.message}") from trouble
            self._audit()

    def _advance(self, until: float, events: list[Event]) -> None:
        now = self.clock.monotonic()
        times = [until, now + 60.0]
        times += [event for cluster in self.clusters.values() if (event := cluster.next_event()) is not None]
        times += [moment for brain in self.schedulers.values() if (moment := brain.next_wake()) is not None]
        times += [event.at for event in events[:1]]
        times += [moment for moment, _ in self.later]
        times += list(self.dead_until.values())
        times += list(self.asleep_until.values())
        if self.store.down:
            times.append(self.database_back_at)
        later = [moment for moment in times if moment > now]
        self.clock.advance(max(0.005, min(later) - now))

    def digest(self) -> str:
        """What the journal says, in one word: the same seed gives the same."""
        return hashlib.sha256(repr(self.auditor.lines).encode()).hexdigest()[:16]


def play(seed: int, *, faults: bool = True, plant: Callable[[World], None] | None = None) -> World:
    """Play one seed; raises ``Broken`` with the seed in its text. ``plant`` spoils the world first."""
    return play_plan(draw(seed, faults=faults), plant)


def play_plan(plan: Plan, plant: Callable[[World], None] | None = None) -> World:
    """Play a script."""
    with prepared(plan, plant) as world:
        world.play()
    return world


@contextmanager
def prepared(plan: Plan, plant: Callable[[World], None] | None = None) -> Iterator[World]:
    """A world that is ready to be played."""
    logging.getLogger("tradewind").setLevel(logging.CRITICAL)
    with patch("tradewind.scheduler.tick.HOUSEKEEPING_SECONDS", HOUSEKEEPING_SECONDS):
        world = World(plan)
        if plant is not None:
            plant(world)
        yield world


__all__ = ["Broken", "World", "play", "play_plan", "prepared"]
