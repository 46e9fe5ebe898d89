"""How a running task is stopped: its time limit, and SIGTERM from outside; both give ``on_kill`` a chance."""

from __future__ import annotations

import logging
import signal
import threading
from _signal import signal as _set_handler  # type: ignore[import-not-found]  # the enums of ``signal`` raise and catch
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from tradewind.sdk.exceptions import AirflowTaskTerminated, AirflowTaskTimeout

log = logging.getLogger("airflow.task")
_SIGTERM, _SIGALRM = int(signal.SIGTERM), int(getattr(signal, "SIGALRM", 0))
#: The task that runs and its limit.
_running: tuple[Any, float | None] = (None, None)


def _kill(task: Any) -> None:
    try:
        task.on_kill()
    except Exception:
        log.exception("on_kill of %s failed", task.task_id)


def _on_alarm(_number: int, _frame: FrameType | None) -> None:
    task, time_limit = _running
    log.error("Process timed out after %s seconds", time_limit)
    _kill(task)
    raise AirflowTaskTimeout(f"Timeout: the task ran longer than its execution_timeout of {time_limit:g} s")


def _on_term(_number: int, _frame: FrameType | None) -> None:
    log.error("Received SIGTERM. Terminating subprocesses.")
    _kill(_running[0])
    raise AirflowTaskTerminated("Task received SIGTERM signal")


def arm(task: Any, time_limit: float | None) -> tuple[Any, ...]:
    """From now on the limit raises AirflowTaskTimeout and SIGTERM raises AirflowTaskTerminated. In the main thread only.
    What it returns is for ``disarm``.
    """
    global _running
    before, _running = _running, (task, time_limit)
    before_term = _set_handler(_SIGTERM, _on_term)
    if not time_limit:
        return before, before_term
    before_alarm = _set_handler(_SIGALRM, _on_alarm)
    signal.setitimer(signal.ITIMER_REAL, time_limit)
    return before, before_term, before_alarm


def disarm(armed: tuple[Any, ...]) -> None:
    """As it was before."""
    global _running
    if len(armed) > 2:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _set_handler(_SIGALRM, armed[2])
    _set_handler(_SIGTERM, armed[1] if armed[1] is not None else signal.SIG_DFL)
    _running = armed[0]


@contextmanager
def guarded(task: Any, time_limit: float | None) -> Iterator[None]:
    """While the block runs, as after ``arm``."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    armed = arm(task, time_limit)
    try:
        yield
    finally:
        disarm(armed)
