"""May a task instance run now? By counters of its upstream, its setups, and its dates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from tradewind.domain.rules.views import Plan, TaskPlan, TaskView
from tradewind.domain.states import TaskState
from tradewind.domain.trigger_rule import Counts, Verdict, decide

S = TaskState


def add(counts: Counts, state: TaskState, by: int = 1, *, setup: bool = False) -> None:
    """Count one upstream instance in (or, with ``by=-1``, out). States that are not final count nothing."""
    if state is S.SUCCESS:
        counts.success += by
        counts.setups_success += by if setup else 0
    elif state is S.FAILED:
        counts.failed += by
    elif state is S.SKIPPED:
        counts.skipped += by
        counts.setups_skipped += by if setup else 0
    elif state is S.UPSTREAM_FAILED:
        counts.upstream_failed += by
    elif state is S.REMOVED:
        counts.removed += by


def is_by_index(plan: Plan, task: TaskPlan) -> bool:
    """True when instances of this task wait for the instances of the same index."""
    return task.map_group is not None and any(plan.tasks[u].map_group == task.map_group for u in task.upstream)


def waits_for(plan: Plan, task: TaskPlan, map_index: int, above: int, other: TaskView) -> bool:
    """Whether an instance waits for that one of an upstream task: inside one mapped group only for that of its index."""
    up = plan.tasks[above]
    same = up.map_group is not None and up.map_group == task.map_group and len(up.maps) == len(task.maps)
    return not same or map_index < 0 or other.map_index == map_index


def counted(plan: Plan, task: TaskPlan, instances: Sequence[Sequence[TaskView]], map_index: int = -1) -> Counts:
    """How the upstream of an instance stands, counted from all instances."""
    counts = Counts()
    for u in task.upstream:
        setup = plan.tasks[u].spec.is_setup
        for ti in instances[u]:
            if map_index < 0 or waits_for(plan, task, map_index, u, ti):
                counts.total += 1
                counts.setups += setup
                add(counts, ti.state, setup=setup)
    return counts


def by_setups(states: Iterable[TaskState]) -> Verdict:
    """What the setup tasks around a task say before its own rule is asked: RUN when they do not object."""
    verdict = Verdict.RUN
    for state in states:
        if state in (S.FAILED, S.UPSTREAM_FAILED):
            return Verdict.UPSTREAM_FAILED
        if state is S.SKIPPED:
            verdict = Verdict.SKIP
        elif state not in (S.SUCCESS, S.REMOVED) and verdict is Verdict.RUN:
            verdict = Verdict.WAIT
    return verdict


def verdict(task: TaskPlan, counts: Counts, guards: Iterable[TaskState] = ()) -> Verdict:
    """What becomes of an instance of ``task`` now."""
    own = decide(task.rule, counts)
    if not task.guards or task.rule == "always":
        return own
    first = by_setups(guards)
    if first is Verdict.WAIT and own is not Verdict.RUN:
        return own  # nothing the setups may still do would make it run
    return own if first is Verdict.RUN else first


def why(task: TaskPlan, counts: Counts, outcome: Verdict) -> str:
    """One sentence for the journal."""
    if outcome is Verdict.RUN:
        return "upstream done" if counts.total else "no upstream"
    ended = [
        f"{number} {word}"
        for number, word in (
            (counts.failed, "failed"),
            (counts.upstream_failed, "upstream_failed"),
            (counts.skipped, "skipped"),
            (counts.success, "success"),
        )
        if number
    ]
    return f"trigger rule {task.rule}: of {counts.total} upstream {', '.join(ended) or 'none ended'}"


def within_dates(task: TaskPlan, logical_date: datetime | None) -> bool:
    """False when the run lies before the task's start_date or after its end_date: then the task never runs in it."""
    if logical_date is None:
        return True
    spec = task.spec
    if spec.start_date is not None and logical_date < spec.start_date:
        return False
    return spec.end_date is None or logical_date <= spec.end_date


def why_outside(tasks: list[TaskPlan], logical_date: datetime | None) -> str:
    """One sentence for the journal of a run whose date lies outside the own dates of these tasks."""
    named = ", ".join(task.task_id for task in tasks[:20])
    more = f" and {len(tasks) - 20} more" if len(tasks) > 20 else ""
    date = logical_date.isoformat() if logical_date is not None else "the run"
    return f"not run, since {date} lies outside their start_date and end_date: {named}{more}"
