"""What a rule may look at: a compiled DAG (``Plan``), a run, and the present state of each task instance."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tradewind.domain.spec import DagSpec, GroupSpec, MapSpec, TaskSpec
from tradewind.domain.states import TaskState
from tradewind.domain.trigger_rule import ALIASES


class TaskPlan:
    """A task with its neighbours as indexes, so that no rule looks anything up by name."""

    __slots__ = (
        "downstream",
        "guards",
        "index",
        "map_group",
        "maps",
        "refs",
        "rule",
        "spec",
        "task_id",
        "upstream",
    )

    def __init__(self, index: int, spec: TaskSpec) -> None:
        self.index = index
        self.spec = spec
        self.task_id = spec.task_id
        self.rule = ALIASES.get(spec.trigger_rule, spec.trigger_rule)
        self.upstream: tuple[int, ...] = ()
        self.downstream: tuple[int, ...] = ()
        #: setup tasks further up whose failure or skip stops this task whatever its own rule says
        self.guards: tuple[int, ...] = ()
        #: how it multiplies, outermost first: the mapped groups around it, then its own mapping
        self.maps: tuple[MapSpec, ...] = ()
        #: innermost mapped group around it: tasks of one such group wait for each other index by index
        self.map_group: str | None = None
        #: tasks whose pushed lengths decide its multiplication
        self.refs: tuple[str, ...] = ()


class Plan:
    """A DagSpec compiled once per version."""

    def __init__(self, spec: DagSpec) -> None:
        self.spec = spec
        self.tasks = [TaskPlan(i, task) for i, task in enumerate(spec.tasks)]
        self.index = {task.task_id: task.index for task in self.tasks}
        index = self.index
        groups = {group.group_id: group for group in spec.groups}
        for task in self.tasks:
            task.upstream = tuple(sorted({index[u] for u in task.spec.upstream if u in index}))
            task.downstream = tuple(sorted({index[d] for d in task.spec.downstream if d in index}))
        self._link_back()
        self._has_setups = any(task.spec.is_setup for task in self.tasks)
        for task in self.tasks:
            _place_in_groups(task, groups)
            task.guards = self._guards_of(task)
        #: tasks whose states make the run's state
        self.outcome = self._outcome_tasks()
        self.has_branches = any(t.spec.branches for t in self.tasks)
        self.has_run_limits = any(t.spec.max_active_tis_per_dagrun is not None for t in self.tasks)
        self.has_past = any(t.spec.depends_on_past or t.spec.wait_for_downstream for t in self.tasks)

    def _link_back(self) -> None:
        # A frozen file may name an edge from one side only; both sides are needed here.
        down: list[set[int]] = [set(t.downstream) for t in self.tasks]
        up: list[set[int]] = [set(t.upstream) for t in self.tasks]
        for task in self.tasks:
            for u in task.upstream:
                down[u].add(task.index)
            for d in task.downstream:
                up[d].add(task.index)
        for task in self.tasks:
            task.upstream, task.downstream = tuple(sorted(up[task.index])), tuple(sorted(down[task.index]))

    def above(self, index: int) -> set[int]:
        """Every task upstream of this one, however far."""
        return _reach(index, lambda i: self.tasks[i].upstream)

    def below(self, index: int) -> set[int]:
        """Every task downstream of this one, however far."""
        return _reach(index, lambda i: self.tasks[i].downstream)

    def setups_around(self, index: int) -> set[int]:
        """The setups a task works under: those above it that are torn down below it, or nowhere."""
        if not self._has_setups:
            return set()
        below = self.below(index)
        found = set()
        for i in self.above(index):
            if self.tasks[i].spec.is_setup:
                teardowns = self.teardowns_of(i)
                if not teardowns or teardowns & below:
                    found.add(i)
        return found

    def teardowns_of(self, index: int) -> set[int]:
        """The teardowns right below a setup."""
        return {j for j in self.tasks[index].downstream if self.tasks[j].spec.is_teardown}

    def _guards_of(self, task: TaskPlan) -> tuple[int, ...]:
        if task.spec.is_teardown:
            return ()
        # Of the setups right above it, the task's own rule speaks.
        return tuple(sorted(self.setups_around(task.index) - set(task.upstream)))

    def _outcome_tasks(self) -> tuple[int, ...]:
        # A teardown does not decide, unless its author says so; the work before it does, also with work behind it.
        quiet = [t.spec.is_teardown and not t.spec.on_failure_fail_dagrun for t in self.tasks]
        found = [t.index for t in self.tasks if not quiet[t.index] and all(quiet[d] for d in t.downstream)]
        return tuple(found) or tuple(t.index for t in self.tasks if not t.downstream)


def _reach(start: int, step: Any) -> set[int]:
    found: set[int] = set()
    todo = list(step(start))
    while todo:
        i = todo.pop()
        if i not in found:
            found.add(i)
            todo.extend(step(i))
    return found


def _place_in_groups(task: TaskPlan, groups: dict[str, GroupSpec]) -> None:
    maps: list[MapSpec] = []
    group_id = task.spec.group_id
    while group_id:
        group = groups.get(group_id)
        if group is None:
            break
        if group.mapped is not None:
            maps.append(group.mapped)
            if task.map_group is None:
                task.map_group = group_id
        group_id = group.parent
    maps.reverse()
    if task.spec.mapped is not None:
        maps.append(task.spec.mapped)
    task.maps = tuple(maps)
    task.refs = tuple(sorted({ref.task_id for m in maps for given in m.inputs for ref in given.refs}))


class TaskView:
    """One task instance: the mutable half of its row. The scheduler changes it, the store writes it."""

    __slots__ = (
        "attempt_id",
        "ended_at",
        "id",
        "lost_count",
        "map_index",
        "max_tries",
        "next_try_at",
        "queued_at",
        "resume",
        "run_pk",
        "scheduled_at",
        "started_at",
        "state",
        "task",
        "task_id",
        "try_number",
    )

    def __init__(
        self,
        id: int,
        run_pk: int,
        task_id: str,
        map_index: int,
        state: TaskState,
        try_number: int,
        max_tries: int,
        attempt_id: str | None = None,
        scheduled_at: datetime | None = None,
        queued_at: datetime | None = None,
        started_at: datetime | None = None,
        ended_at: datetime | None = None,
        next_try_at: datetime | None = None,
        resume: dict[str, Any] | None = None,
        lost_count: int = 0,
    ) -> None:
        self.id = id
        self.run_pk = run_pk
        self.task_id = task_id
        self.map_index = map_index
        self.state = state
        self.try_number = try_number
        self.max_tries = max_tries
        self.attempt_id = attempt_id
        self.scheduled_at = scheduled_at
        self.queued_at = queued_at
        self.started_at = started_at
        self.ended_at = ended_at
        self.next_try_at = next_try_at
        self.resume = resume
        self.lost_count = lost_count
        #: its place in the plan; None for a task that the version of the run does not know
        self.task: TaskPlan | None = None
