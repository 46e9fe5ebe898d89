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


def _debugging(frame: FrameType | None) -> bool:
    """Whether the code that runs is a debugger's, which waits for a person."""
    while frame is not None:
        if frame.f_globals.get("__name__") in {"bdb", "pdb", "_pydevd_bundle.pydevd", "pydevd"}:
            return True
        frame = frame.f_back
    return False


@contextmanager
def guarded(task: Any, time_limit: float | None) -> Iterator[None]:
    """While the block runs, the limit raises AirflowTaskTimeout and SIGTERM raises AirflowTaskTerminated in it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def kill() -> None:
        try:
            task.on_kill()
        except Exception:
            log.exception("on_kill of %s failed", task.task_id)

    def on_alarm(_number: int, frame: FrameType | None) -> None:
        if _debugging(frame):
            log.warning("The task stands in a debugger: its execution_timeout no longer counts for this try.")
            return
        log.error("Process timed out after %s seconds", time_limit)
        kill()
        raise AirflowTaskTimeout(f"Timeout: the task ran longer than its execution_timeout of {time_limit:g} s")

    def on_term(_number: int, _frame: FrameType | None) -> None:
        log.error("Received SIGTERM. Terminating subprocesses.")
        kill()
        raise AirflowTaskTerminated("Task received SIGTERM signal")

    before_term = _set_handler(signal.SIGTERM, on_term)
    before_alarm: Any = None
    if time_limit:
        before_alarm = _set_handler(signal.SIGALRM, on_alarm)
        signal.setitimer(signal.ITIMER_REAL, time_limit)
    try:
        yield
    finally:
        if time_limit:
            signal.setitimer(signal.ITIMER_REAL, 0)
            _set_handler(signal.SIGALRM, before_alarm)
        _set_handler(signal.SIGTERM, before_term if before_term is not None else signal.SIG_DFL)
