"""How a process that ended without a word ended: wait status in, ``Finished`` out."""

from __future__ import annotations

import os
import signal
from datetime import datetime

from tradewind.domain.messages import Finished

_GUESSES: dict[int, str] = {
    signal.SIGKILL: " (out of memory?)",
    signal.SIGSEGV: " (a crash in native code)",
    signal.SIGABRT: " (an abort in native code)",
    signal.SIGBUS: " (a crash in native code)",
}


def describe(status: int, told_to_stop: str | None) -> tuple[str, int | None, int | None]:
    """(sentence, exit code, signal) for a wait status. ``told_to_stop``: why the host ended it, if it did."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
        if told_to_stop:
            return f"Ended by {name}: {told_to_stop}", None, number
        guess = _GUESSES.get(number, "")
        return f"The task's process was killed by {name}{guess} before it could report.", None, number
    code = os.waitstatus_to_exitcode(status)
    if told_to_stop:
        return f"Ended: {told_to_stop}", code, None
    return f"The task's process exited with code {code} before it could report (os._exit?).", code, None


def from_exit(
    *,
    attempt_id: str,
    status: int,
    told_to_stop: str | None,
    at: datetime,
    started_at: datetime | None,
    host: str,
    pid: int,
) -> Finished:
    """The report on behalf of a process that can no longer make one."""
    error, code, number = describe(status, told_to_stop)
    return Finished(
        attempt_id=attempt_id,
        at=at,
        outcome="failed",
        error=error,
        exit_code=code,
        signal=number,
        started_at=started_at,
        host=host,
        pid=pid,
    )
