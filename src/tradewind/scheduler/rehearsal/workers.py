"""Workers and triggers without processes: an order becomes an ending at a later moment."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tradewind.clock import FakeClock
from tradewind.domain.messages import (
    Finished,
    Started,
    TaskReply,
    TaskRequest,
    TriggerFailed,
    TriggerFired,
    TriggerOrder,
    Up,
    WorkOrder,
    XComValue,
)
from tradewind.domain.spec import DagSpec, TaskSpec
from tradewind.executor.contract import NoTriggers
from tradewind.scheduler.rehearsal.durations import Durations


@dataclass
class Stay:
    """One attempt in its slot."""

    dag_id: str
    run_id: str
    task_id: str
    pool: str
    pool_slots: int
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str = "running"


class Workers:
    """The ``Executor`` contract. ``slots`` attempts at once; all that ever ran stays in ``stays``."""

    name = "local"

    def __init__(
        self,
        clock: FakeClock,
        specs: Sequence[DagSpec],
        durations: Durations,
        *,
        slots: int,
        failures: float,
        lengths: dict[str, int],
        seed: int,
    ) -> None:
        self._clock, self._durations, self._slots = clock, durations, slots
        self._failures, self._lengths, self._seed = failures, lengths, seed
        self._tasks = {(spec.dag_id, task.task_id): task for spec in specs for task in spec.tasks}
        self._read = {
            (spec.dag_id, ref.task_id)
            for spec in specs
            for task in spec.tasks
            if task.mapped
            for given in task.mapped.inputs
            for ref in given.refs
        }
        self._held: dict[str, tuple[WorkOrder, Stay]] = {}
        self._ends: list[tuple[datetime, int, str]] = []
        self._out: list[Up] = []
        self._count = 0
        self.stays: list[Stay] = []

    def next_at(self) -> datetime | None:
        """When the next attempt ends."""
        while self._ends and self._ends[0][2] not in self._held:
            heapq.heappop(self._ends)
        return self._ends[0][0] if self._ends else None

    def start(self) -> None:
        """Nothing to open."""

    def fileno(self) -> list[int]:
        """None."""
        return []

    def free_slots(self) -> int:
        """What is left of the slots."""
        return self._slots - len(self._held)

    def submit(self, orders: Sequence[WorkOrder]) -> None:
        """Each begins at once and ends when its duration is over."""
        now = self._clock.now()
        for order in orders:
            facts, task = order.run, self._tasks[order.run.dag_id, order.task_id]
            seconds = self._durations.of(facts.dag_id, facts.run_id, task, order.map_index, order.try_number)
            stay = Stay(facts.dag_id, facts.run_id, order.task_id, order.pool, order.pool_slots, now)
            self.stays.append(stay)
            self._held[order.attempt_id] = (order, stay)
            self._count += 1
            limit = order.execution_timeout
            length = seconds if limit is None else min(seconds, limit)
            heapq.heappush(self._ends, (now + timedelta(seconds=length), self._count, order.attempt_id))
            if task.queue_timeout is not None:
                self._out.append(Started(attempt_id=order.attempt_id, at=now, host="rehearsal", pid=1))
            if limit is not None and seconds > limit:
                stay.outcome = "timeout"

    def cancel(self, attempt_id: str, why: str) -> None:
        """It leaves its slot."""
        entry = self._held.pop(attempt_id, None)
        if entry is not None:
            entry[1].ended_at, entry[1].outcome = self._clock.now(), "stopped"

    def poll(self) -> list[Up]:
        """What began with a timeout on its wait, and what has ended."""
        now, out = self._clock.now(), self._out
        self._out = []
        while self._ends and self._ends[0][0] <= now:
            _, _, attempt_id = heapq.heappop(self._ends)
            entry = self._held.pop(attempt_id, None)
            if entry is not None:
                out.append(self._ending(attempt_id, *entry))
        return out

    def _ending(self, attempt_id: str, order: WorkOrder, stay: Stay) -> Finished:
        facts = order.run
        task = self._tasks[facts.dag_id, order.task_id]
        common: dict[str, Any] = {"attempt_id": attempt_id, "at": self._clock.now(), "started_at": stay.started_at}
        stay.ended_at = self._clock.now()
        dice = Random(
            f"{self._seed}/{facts.dag_id}/{facts.run_id}/{order.task_id}/{order.map_index}/{order.try_number}/end"
        )
        if stay.outcome == "timeout":
            return Finished(
                outcome="failed", error=f"ran past its execution_timeout of {order.execution_timeout:g} s", **common
            )
        if self._failures and dice.random() < self._failures:
            stay.outcome = "failed"
            return Finished(outcome="failed", error="drawn to fail", **common)
        stay.outcome = "success"
        skip = None
        if task.branches and task.downstream:
            chosen = dice.choice(task.downstream)
            skip = [name for name in task.downstream if name != chosen]
        return Finished(
            outcome="success",
            xcoms=self._value(facts.dag_id, task),
            skip_downstream=skip,
            asset_events=[{**outlet, "extra": {}} for outlet in task.outlets if outlet.get("uri")],
            **common,
        )

    def _value(self, dag_id: str, task: TaskSpec) -> list[XComValue]:
        if (dag_id, task.task_id) not in self._read:
            return []
        length = self._lengths.get(
            f"{dag_id}.{task.task_id}", self._lengths.get(task.task_id, self._lengths.get("*", 3))
        )
        return [XComValue(key="return_value", value="null", length=length)]

    def acknowledge(self, attempt_ids: Sequence[str]) -> None:
        """Nothing is kept for that."""

    def reply(self, replies: Sequence[TaskReply]) -> None:
        """Nobody asks."""

    def known(self) -> set[str] | None:
        """What is in the slots."""
        return set(self._held)

    def stop(self, *, kill: bool) -> None:
        """Nothing to stop."""


class Waits(NoTriggers):
    """The ``Triggers`` contract: what waits without a worker fires when its duration is over."""

    def __init__(self, clock: FakeClock, specs: Sequence[DagSpec], durations: Durations) -> None:
        self._clock, self._durations = clock, durations
        self._tasks = {(spec.dag_id, task.task_id): task for spec in specs for task in spec.tasks}
        self._waiting: set[str] = set()
        self._fires: list[tuple[datetime, str]] = []

    def next_at(self) -> datetime | None:
        """When the next one fires."""
        return self._fires[0][0] if self._fires else None

    def watch(self, orders: Sequence[TriggerOrder]) -> None:
        """Each fires once."""
        for order in orders:
            if order.attempt_id in self._waiting:
                continue
            self._waiting.add(order.attempt_id)
            task = self._tasks[order.dag_id, order.task_id]
            seconds = self._durations.of(order.dag_id, order.run_id, task, order.map_index, 1)
            heapq.heappush(self._fires, (self._clock.now() + timedelta(seconds=seconds), order.attempt_id))

    def unwatch(self, attempt_ids: Sequence[str]) -> None:
        """Over."""
        self._waiting.difference_update(attempt_ids)

    def poll(self) -> list[TriggerFired | TriggerFailed | TaskRequest]:
        """What fired; it ends its task."""
        now, heard = self._clock.now(), []
        while self._fires and self._fires[0][0] <= now:
            _, attempt_id = heapq.heappop(self._fires)
            if attempt_id in self._waiting:
                heard.append(TriggerFired(attempt_id=attempt_id, at=now, event="null", end_state="success"))
        return list(heard)
