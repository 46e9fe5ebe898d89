"""The real scheduler and the real verbs, wired to the simulated world."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from tests.simulation.cluster import SimExecutor
from tests.simulation.waiting import SimTriggers
from tradewind.actions.clear_tasks import clear_tasks
from tradewind.actions.context import Act
from tradewind.actions.create_run import create_run
from tradewind.actions.mark_task import mark_task
from tradewind.actions.pause_dag import pause_dag
from tradewind.scheduler.tick import Scheduler
from tradewind.store.engine import query

if TYPE_CHECKING:
    from tests.simulation.world import World


class Bells:
    """Wakes every scheduler that is there."""

    def __init__(self, world: World) -> None:
        self.world = world

    def ring(self, kind: str, topic: str = "") -> int:
        if kind == "scheduler":
            for brain in self.world.schedulers.values():
                brain.scheduler.wake()
        return 1


class Brain:
    """One scheduler process, from its start to its kill -9."""

    def __init__(self, world: World, name: str, executor: SimExecutor) -> None:
        self.world = world
        ids = Random(f"{world.seed}/{name}/{world.clock.monotonic()}")
        executor.start()
        # Its triggerer lives and dies with it.
        self.triggers = SimTriggers(Random(ids.getrandbits(64)), world.clock, faults=world.faults)
        self.scheduler = Scheduler(
            store=world.store,
            clock=world.clock,
            new_id=lambda: f"{ids.getrandbits(128):032x}",
            executors={"local": executor},
            settings=world.settings,
            ringer=Bells(world),
            owner=f"{name}-{world.clock.monotonic():g}",
            host=name,
            triggers=self.triggers,
        )
        self.sleep_until = 0.0

    def tick(self) -> None:
        now = self.world.clock.monotonic()
        self.sleep_until = now  # after an error the next pass comes at once
        self.sleep_until = now + max(0.01, self.scheduler.tick())

    def next_wake(self) -> float | None:
        fires = self.triggers.next_event()
        return self.sleep_until if fires is None else min(fires, self.sleep_until)


class Verbs:
    """What people do, at random."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = Random(f"{world.seed}/people")
        self.act = Act(world.store, world.clock, Bells(world), world.settings, "ann", "test")
        self.paused: set[str] = set()

    def trigger(self) -> None:
        world = self.world
        dag_id = self.rng.choice(sorted(world.specs))
        create_run(self.act, dag_id, run_id=f"m{world.triggered}")

    def _some_task(self) -> tuple[str, str, str] | None:
        with self.world.reader.read() as conn:
            rows = query(
                conn,
                "SELECT r.dag_id, r.run_id, t.task_id FROM task_instance t JOIN dag_run r ON r.id = t.run_pk ORDER BY t.id",
            )
        return tuple(self.rng.choice(rows)) if rows else None  # type: ignore[return-value]

    def clear(self) -> None:
        found = self._some_task()
        if found:
            dag_id, run_id, task_id = found
            clear_tasks(self.act, dag_id, run_id, [task_id], downstream=self.rng.random() < 0.7)

    def mark(self) -> None:
        found = self._some_task()
        if found:
            dag_id, run_id, task_id = found
            mark_task(self.act, dag_id, run_id, task_id, state=self.rng.choice(["success", "failed"]))

    def pause(self) -> None:
        dag_id = self.rng.choice(sorted(self.world.specs))
        paused = dag_id not in self.paused
        pause_dag(self.act, dag_id, paused)
        self.paused ^= {dag_id}

    def unpause_all(self) -> None:
        for dag_id in sorted(self.paused):
            pause_dag(self.act, dag_id, False)
        self.paused.clear()

    def nothing_open(self) -> bool:
        """Every run ended, and every interval that is due has its run."""
        runs = self.world.auditor.runs
        if any(state not in {"success", "failed"} for _, state in runs.values()):
            return False
        with self.world.reader.read() as conn:
            made = dict(
                query(conn, "SELECT dag_id, COUNT(*) FROM dag_run WHERE run_type = 'scheduled' GROUP BY dag_id")
            )
        return all(made.get(dag_id, 0) >= len(ticks(spec)) for dag_id, spec in self.world.specs.items())


def ticks(spec: object) -> list[datetime]:
    """The logical dates a drawn DAG must have in the end: every five minutes, counted by hand."""
    found: list[datetime] = []
    if spec.timetable.kind == "cron":  # type: ignore[attr-defined]
        moment = spec.start_date  # type: ignore[attr-defined]
        while moment <= spec.end_date:  # type: ignore[attr-defined]
            found.append(moment)
            moment += timedelta(minutes=5)
    return found
