"""Every event the house emits, as a dataclass; logs and metrics are made from them, tests look at them.

``emit`` hands an event to the listeners of this process (a list handed in at start). ``probe`` is a named point that
does nothing unless a test has armed it: tests wait on probes instead of sleeping.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

log = logging.getLogger("tradewind")


@dataclass(frozen=True)
class Event:
    """The base: a name for the log line is the class name."""


@dataclass(frozen=True)
class ProcessStarted(Event):
    """A process of the house is ready."""

    kind: str
    pid: int


@dataclass(frozen=True)
class RunCreated(Event):
    """A DAG run was made."""

    dag_id: str
    run_id: str
    run_type: str
    logical_date: datetime | None = None


@dataclass(frozen=True)
class RunEnded(Event):
    """A DAG run reached a final state."""

    dag_id: str
    run_id: str
    state: str
    seconds: float


@dataclass(frozen=True)
class DagPausedByFailures(Event):
    """So many runs of a DAG failed in a row that it was switched off (max_consecutive_failed_dag_runs)."""

    dag_id: str
    failures: int


@dataclass(frozen=True)
class BackfillEnded(Event):
    """The last run of a backfill ended."""

    dag_id: str
    backfill_id: int
    success: int
    failed: int


@dataclass(frozen=True)
class TaskEnded(Event):
    """An attempt ended."""

    dag_id: str
    task_id: str
    state: str
    seconds: float | None


@dataclass(frozen=True)
class CallbackEnded(Event):
    """A callback of a DAG was called (success), raised (failed), or was lost too often (lost)."""

    dag_id: str
    run_id: str
    name: str
    state: str


@dataclass(frozen=True)
class SlaMissed(Event):
    """A task had not succeeded when its SLA was over."""

    dag_id: str
    run_id: str
    task_id: str


@dataclass(frozen=True)
class DeadlineMissed(Event):
    """A run had not succeeded at one of its deadlines."""

    dag_id: str
    run_id: str
    due_at: str


@dataclass(frozen=True)
class AttemptLost(Event):
    """An attempt's worker was lost; the task is put back or failed."""

    attempt_id: str
    why: str


@dataclass(frozen=True)
class StaleReportRefused(Event):
    """A report came with an attempt id that is no longer live; nothing was changed."""

    attempt_id: str
    report: str


@dataclass(frozen=True)
class FileParsed(Event):
    """A DAG file was imported."""

    fileloc: str
    dags: int
    seconds: float
    error: str | None


@dataclass(frozen=True)
class LoopCrashed(Event):
    """One pass of a loop failed; the loop goes on."""

    kind: str
    error: str


Listener = Callable[[Event], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> Callable[[], None]:
    """Add a listener; the returned function takes it away again."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def emit(event: Event) -> None:
    """Tell every listener; always also a debug log line."""
    if log.isEnabledFor(logging.DEBUG):
        log.debug("%s %s", type(event).__name__, asdict(event))
    for listener in _listeners:
        listener(event)


class Probe:
    """A point in the code that tests can wait for or make fail."""

    def __init__(self) -> None:
        self._armed: dict[str, Callable[[], None]] = {}
        self._lock = threading.Lock()

    def arm(self, name: str, action: Callable[[], None]) -> None:
        """Run ``action`` each time the point is passed (it may raise)."""
        with self._lock:
            self._armed[name] = action

    def disarm(self, name: str) -> None:
        """Make the point a no-op again."""
        with self._lock:
            self._armed.pop(name, None)

    def __call__(self, name: str) -> None:
        """Pass the point."""
        if self._armed:
            action = self._armed.get(name)
            if action is not None:
                action()


probe = Probe()
