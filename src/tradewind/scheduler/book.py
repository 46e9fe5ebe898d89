"""A run in memory: every task instance, and for each task how its upstream stands.

Rebuilt from the rows when the run is adopted or was changed from outside; never trusted without the guard of the
transaction that writes (``claims.guard_runs``). A finished task touches only its own downstream edges.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta

from tradewind.domain.messages import FileRef, RunFacts
from tradewind.domain.rules import keyed, ready
from tradewind.domain.rules.keyed import Limits
from tradewind.domain.rules.views import Plan, TaskPlan, TaskView
from tradewind.domain.states import DONE, TaskState
from tradewind.domain.trigger_rule import Counts
from tradewind.scheduler.lanes import LaneKey, Lanes
from tradewind.store.reads.runs import RunRow
from tradewind.store.reads.versions import Version

S = TaskState
#: XCom text remembered per run for the orders of downstream tasks; more is asked for by the task itself.
_VALUES_MAX = 1_000_000
_VALUE_MAX = 16_384

#: A ready task instance in its queue: higher priority first, then older runs, then the order of the file.
Waiting = tuple[int, float, int, int, TaskView]


class Book:
    """One run as the scheduler sees it."""

    def __init__(self, run: RunRow, version: Version, facts: RunFacts, file: FileRef, lanes: Lanes) -> None:
        self.run = run
        self.lanes = lanes
        self.version = version
        self.plan: Plan = version.plan
        self.facts = facts
        self.file = file
        self.instances: list[list[TaskView]] = [[] for _ in self.plan.tasks]
        self.counts: list[Counts] = []
        self.open = 0  #: instances without a final state
        self.moving = 0  #: of those, the ones that are under way (anything but none)
        self.past: set[int] = set()  #: ids that only wait for an earlier run
        self.queues: dict[LaneKey, list[Waiting]] = {}  #: its part of each lane, as a heap
        self._lane_keys: dict[int, LaneKey] = {}
        self.values: dict[str, dict[str, str]] = {}
        self._values_size = 0
        #: The older run goes first; those of a backfill in the order in which they were made.
        self.age = run.run_after.timestamp() if run.backfill_id is None else float(run.id)

    def load(self, views: list[TaskView]) -> None:
        """Take in the rows."""
        index = self.plan.index
        for ti in views:
            at = index.get(ti.task_id)
            if at is None:
                continue  # of an older version of the DAG; the row stays as history
            ti.task = self.plan.tasks[at]
            self.instances[at].append(ti)
        self.open = sum(ti.state not in DONE for ti in self.all())
        self.moving = sum(ti.state not in DONE and ti.state is not S.NONE for ti in self.all())
        self.counts = [ready.counted(self.plan, task, self.instances) for task in self.plan.tasks]

    def all(self) -> Iterator[TaskView]:
        """Every instance."""
        for group in self.instances:
            yield from group

    def counts_for(self, ti: TaskView) -> Counts:
        """How the upstream of this instance stands; inside a mapped group only that of its own index counts."""
        task = ti.task
        assert task is not None
        if ti.map_index < 0 or not self.is_by_index(task):
            return self.counts[task.index]
        return ready.counted(self.plan, task, self.instances, ti.map_index)

    def is_by_index(self, task: TaskPlan) -> bool:
        """True when instances of this task wait for the instances of the same index."""
        return ready.is_by_index(self.plan, task)

    def guard_states(self, task: TaskPlan) -> list[TaskState]:
        """States of the setups around a task."""
        return [ti.state for g in task.guards for ti in self.instances[g]]

    def enqueue(self, ti: TaskView) -> None:
        """A scheduled instance waits for a slot."""
        task = ti.task
        assert task is not None
        key = self.lane_of(task)
        order = (-task.spec.priority, self.age, task.index, ti.id, ti)
        queue = self.queues.setdefault(key, [])
        heapq.heappush(queue, order)
        if queue[0] is order:
            self.lanes.join(self, key, order[:4], ti.scheduled_at or self.run.queued_at)

    def lane_of(self, task: TaskPlan) -> LaneKey:
        """Where the instances of a task wait."""
        key = self._lane_keys.get(task.index)
        if key is None:
            spec = task.spec
            limited = (
                spec.max_active_tis_per_dag is not None
                or spec.max_active_tis_per_dagrun is not None
                or spec.pool_slots > 1
                or bool(spec.limits)
            )
            key = self._lane_keys[task.index] = LaneKey(
                spec.pool,
                self.run.dag_id,
                spec.executor or "",
                spec.task_id if limited else "",
                self.limits_of(task),
                self.run.backfill_id or 0,
            )
        return key

    def limits_of(self, task: TaskPlan) -> Limits:
        """Its limits by key in this run."""
        spec = task.spec
        if not spec.limits:
            return ()
        run = self.run
        return keyed.resolve(self.plan.spec, spec, run.run_id, run.logical_date, run.conf)

    def head(self, key: LaneKey) -> Waiting | None:
        """The first in that lane that still waits, or None (then this run has nothing there)."""
        queue = self.queues.get(key)
        while queue:
            if queue[0][4].state is S.SCHEDULED:
                return queue[0]
            heapq.heappop(queue)
        self.queues.pop(key, None)
        return None

    def pop(self, key: LaneKey) -> TaskView:
        """Take the head."""
        return heapq.heappop(self.queues[key])[4]

    def keep_value(self, task_id: str, map_index: int, key: str, value: str) -> None:
        """Remember a pushed value for the orders of downstream tasks, if it is small."""
        if map_index >= 0:
            return
        kept = self.values.setdefault(task_id, {})
        old = kept.pop(key, None)
        if old is not None:
            self._values_size -= len(old)
        if len(value) <= _VALUE_MAX and self._values_size + len(value) <= _VALUES_MAX:
            kept[key] = value
            self._values_size += len(value)

    def forget_values(self, task_id: str) -> None:
        """The instance runs again: what it pushed is gone."""
        for value in self.values.pop(task_id, {}).values():
            self._values_size -= len(value)

    def inputs(self, task: TaskPlan) -> dict[str, dict[str, str]]:
        """Known values of the direct upstream tasks."""
        values = self.values
        if not values:
            return {}
        tasks = self.plan.tasks
        found = {}
        for u in task.upstream:
            name = tasks[u].task_id
            kept = values.get(name)
            if kept:
                found[name] = dict(kept)
        return found

    def states_of(self, index: int) -> list[TaskState]:
        """States of all instances of a task."""
        return [ti.state for ti in self.instances[index]]

    def deadline(self) -> datetime | None:
        """When dagrun_timeout strikes."""
        from_start = self.plan.spec.dagrun_timeout
        if from_start is None or self.run.started_at is None:
            return None
        return self.run.started_at + timedelta(seconds=from_start)
