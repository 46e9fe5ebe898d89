"""What a report of an ended attempt means: the next state, and when."""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tradewind.domain.messages import Finished
from tradewind.domain.rules.views import TaskView
from tradewind.domain.spec import TaskSpec
from tradewind.domain.states import TaskState

_DAY = 86400.0
_BY_OUTCOME = {"success": TaskState.SUCCESS, "skipped": TaskState.SKIPPED}


class After(NamedTuple):
    """The next state of the instance, with what goes into its row."""

    state: TaskState
    why: str
    next_try_at: datetime | None = None
    resume: dict[str, Any] | None = None


def retry_delay(spec: TaskSpec, try_number: int, salt: str) -> float:
    """Seconds before the next try. ``salt`` names the instance, so that jitter is the same each time it is asked."""
    delay = spec.retry_delay
    if not spec.retry_exponential_backoff:
        return delay  # max_retry_delay is the end of a growing delay; a fixed one is what its author wrote
    factor = spec.retry_exponential_backoff if spec.retry_exponential_backoff > 1 else 2.0
    ceiling = _DAY if spec.max_retry_delay is None else min(_DAY, spec.max_retry_delay)
    try:
        floor = max(1, math.ceil(delay * factor ** (try_number - 1)))
    except OverflowError:
        return ceiling
    if floor >= ceiling:
        return ceiling
    # Between one and two times the floor: many instances that failed together do not come back together.
    jitter = int(hashlib.sha1(f"{salt}#{try_number}".encode(), usedforsecurity=False).hexdigest(), 16) % floor
    return min(float(floor + jitter), ceiling)


def after_finished(ti: TaskView, spec: TaskSpec, report: Finished, salt: str) -> After:
    """What follows a finished attempt."""
    if report.outcome in _BY_OUTCOME:
        return After(_BY_OUTCOME[report.outcome], "the task ended" if report.outcome == "success" else "skipped itself")
    if report.outcome == "rescheduled":
        first = (ti.resume or {}).get("first_start") or (ti.started_at or report.started_at or report.at).isoformat()
        return After(
            TaskState.UP_FOR_RESCHEDULE,
            "gave its slot back",
            next_try_at=report.reschedule_at or report.at,
            resume={"first_start": first, "checks": (ti.resume or {}).get("checks", 0) + 1, "same_try": True},
        )
    if report.outcome == "deferred":
        facts = dict(report.deferral or {})
        timeout = facts.get("timeout")
        first = (ti.resume or {}).get("first_start") or (ti.started_at or report.started_at or report.at).isoformat()
        return After(
            TaskState.DEFERRED,
            f"waits for {facts.get('trigger', 'a trigger')}",
            next_try_at=report.at + timedelta(seconds=timeout) if timeout is not None else None,
            resume={**facts, "first_start": first, "same_try": True},
        )
    return after_failure(
        ti, spec, report.at, report.error or "failed", salt, retryable=report.retryable, delay=report.retry_delay
    )


def after_failure(
    ti: TaskView,
    spec: TaskSpec,
    at: datetime,
    error: str,
    salt: str,
    *,
    retryable: bool = True,
    delay: float | None = None,
) -> After:
    """Another try, or the end."""
    reason = error.strip().splitlines()[-1][:300] if error.strip() else "failed"
    if not retryable:
        return After(TaskState.FAILED, f"{reason} (no retry wanted)")
    if ti.try_number >= ti.max_tries:
        return After(TaskState.FAILED, f"{reason} (try {ti.try_number} of {ti.max_tries})")
    wait = retry_delay(spec, ti.try_number, salt) if delay is None else max(0.0, delay)
    return After(
        TaskState.UP_FOR_RETRY, f"{reason} (try {ti.try_number} of {ti.max_tries})", at + timedelta(seconds=wait)
    )
