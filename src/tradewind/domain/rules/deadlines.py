"""When a run is looked at: at the SLAs of its tasks, and at the deadlines of its DAG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tradewind.domain.spec import DagSpec, DeadlineSpec
from tradewind.domain.states import TaskState

#: A task that stands so keeps its SLA.
KEPT = frozenset({TaskState.SUCCESS, TaskState.SKIPPED})


class Look(NamedTuple):
    """One moment at which a run is looked at."""

    kind: str  #: sla, deadline
    number: int
    due_at: datetime


def slas(spec: DagSpec) -> list[float]:
    """The SLAs of its tasks, each length once, in seconds."""
    return sorted({task.sla for task in spec.tasks if task.sla is not None})


def sla_looks(spec: DagSpec, scheduled_start: datetime) -> list[Look]:
    """An SLA counts from the scheduled start of the run, the end of its interval (SL-03)."""
    return [Look("sla", n, scheduled_start + timedelta(seconds=sla)) for n, sla in enumerate(slas(spec))]


def missed_by(spec: DagSpec, scheduled_start: datetime, now: datetime) -> dict[str, datetime]:
    """The tasks whose SLA is over by now, and when it was."""
    times = {task.task_id: scheduled_start + timedelta(seconds=task.sla) for task in spec.tasks if task.sla is not None}
    return {task_id: at for task_id, at in times.items() if at <= now}


def deadline_looks(
    spec: DagSpec,
    logical_date: datetime | None,
    now: datetime,
    runtimes: Callable[[int], Sequence[float]],
) -> list[Look]:
    """The deadlines of a run that is made now. One without its reference (no date, too little history) has none."""
    found = []
    for number, wanted in enumerate(spec.deadlines):
        start = _reference(wanted, logical_date, now, runtimes)
        if start is not None:
            found.append(Look("deadline", number, start + timedelta(seconds=wanted.interval)))
    return found


def _reference(
    wanted: DeadlineSpec, logical_date: datetime | None, now: datetime, runtimes: Callable[[int], Sequence[float]]
) -> datetime | None:
    if wanted.reference == "logical_date":
        return logical_date
    if wanted.reference == "queued_at":
        return now
    if wanted.reference == "fixed":
        return wanted.at
    known = runtimes(wanted.max_runs)
    if len(known) < max(1, wanted.min_runs):
        return None
    return now + timedelta(seconds=sum(known) / len(known))
