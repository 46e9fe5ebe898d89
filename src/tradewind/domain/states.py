"""The states of runs and task instances, and the only moves between them.

``MOVES`` is the whole machine: what the engine may do by itself. ``VERB_MOVES`` lists the extra moves that only an
explicit human verb (clear, mark) may make, so that a final state never changes by itself (ARCHITECTURE section 4).
"""

from __future__ import annotations

from enum import StrEnum


class TaskState(StrEnum):
    """Where one task instance stands. The values are Airflow's, as its users know them."""

    NONE = "none"  #: waits for its upstream tasks; the API shows null
    SCHEDULED = "scheduled"  #: may run; waits for a slot
    QUEUED = "queued"  #: handed to an executor under an attempt id
    RUNNING = "running"  #: a worker holds the lease of the attempt
    SUCCESS = "success"  #: done
    FAILED = "failed"  #: done, no try left
    SKIPPED = "skipped"  #: done, deliberately not run
    UPSTREAM_FAILED = "upstream_failed"  #: done, not run because an upstream failed
    UP_FOR_RETRY = "up_for_retry"  #: failed; runs again at next_try_at
    UP_FOR_RESCHEDULE = "up_for_reschedule"  #: a sensor gave its slot back until next_try_at
    DEFERRED = "deferred"  #: a trigger waits in its place
    REMOVED = "removed"  #: no longer part of the DAG version of the run


class RunState(StrEnum):
    """Where one DAG run stands."""

    QUEUED = "queued"  #: created; waits for max_active_runs
    RUNNING = "running"  #: has task instances
    SUCCESS = "success"
    FAILED = "failed"


S = TaskState
R = RunState

#: States of a task instance that never change by themselves.
DONE: frozenset[TaskState] = frozenset({S.SUCCESS, S.FAILED, S.SKIPPED, S.UPSTREAM_FAILED, S.REMOVED})
#: States in which a task instance holds a slot (pools, parallelism, max_active_tasks).
HOLDS_SLOT: frozenset[TaskState] = frozenset({S.QUEUED, S.RUNNING})
#: States in which an attempt is live: reports with its id are accepted.
LIVE: frozenset[TaskState] = frozenset({S.QUEUED, S.RUNNING})
#: States that wait for a point in time (``next_try_at``) or an outside event.
WAITING: frozenset[TaskState] = frozenset({S.UP_FOR_RETRY, S.UP_FOR_RESCHEDULE, S.DEFERRED})

MOVES: dict[TaskState, frozenset[TaskState]] = {
    S.NONE: frozenset({S.SCHEDULED, S.SUCCESS, S.SKIPPED, S.UPSTREAM_FAILED, S.FAILED, S.REMOVED}),
    S.SCHEDULED: frozenset(
        {S.QUEUED, S.NONE, S.SUCCESS, S.SKIPPED, S.UPSTREAM_FAILED, S.FAILED, S.DEFERRED, S.REMOVED}
    ),
    S.QUEUED: frozenset({S.RUNNING, S.SCHEDULED, S.FAILED, S.UP_FOR_RETRY, S.SKIPPED}),
    S.RUNNING: frozenset(
        {S.SUCCESS, S.FAILED, S.SKIPPED, S.UP_FOR_RETRY, S.UP_FOR_RESCHEDULE, S.DEFERRED, S.SCHEDULED}
    ),
    S.UP_FOR_RETRY: frozenset({S.SCHEDULED, S.FAILED, S.SKIPPED, S.REMOVED}),
    S.UP_FOR_RESCHEDULE: frozenset({S.SCHEDULED, S.FAILED, S.SKIPPED, S.REMOVED}),
    S.DEFERRED: frozenset({S.SCHEDULED, S.FAILED, S.SKIPPED, S.SUCCESS, S.UP_FOR_RETRY, S.REMOVED}),
    S.SUCCESS: frozenset(),
    S.FAILED: frozenset(),
    S.SKIPPED: frozenset(),
    S.UPSTREAM_FAILED: frozenset(),
    S.REMOVED: frozenset(),
}

#: What clear and mark may do besides MOVES: from anywhere back to the start, or to a marked end.
VERB_MOVES: dict[TaskState, frozenset[TaskState]] = {
    state: frozenset({S.NONE, S.SUCCESS, S.FAILED, S.SKIPPED}) - {state} for state in TaskState
}

RUN_MOVES: dict[RunState, frozenset[RunState]] = {
    R.QUEUED: frozenset({R.RUNNING, R.FAILED, R.SUCCESS}),
    # Back to queued when all it can do is wait for an earlier run that needs its place.
    R.RUNNING: frozenset({R.SUCCESS, R.FAILED, R.QUEUED}),
    R.SUCCESS: frozenset(),
    R.FAILED: frozenset(),
}

#: What clear and mark may do with a run.
RUN_VERB_MOVES: dict[RunState, frozenset[RunState]] = {
    state: frozenset({R.QUEUED, R.RUNNING, R.SUCCESS, R.FAILED}) - {state} for state in RunState
}

RUN_DONE: frozenset[RunState] = frozenset({R.SUCCESS, R.FAILED})
