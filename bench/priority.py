"""Being heard on a busy machine: ``nice -n -10 python -m bench ...`` for all sessions that an installation opens.

Where Linux groups processes by session for scheduling, the niceness of a process counts only inside its session; the
session has one of its own, which nobody inherits. Here it is given on.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path


def give_on(pids: Iterable[int]) -> None:
    """Give the niceness of this process, when it is below 0, to the sessions of these processes and to its own."""
    wanted = os.getpriority(os.PRIO_PROCESS, 0)
    if wanted >= 0:
        return
    for pid in (os.getpid(), *pids):
        with contextlib.suppress(OSError):  # it is gone, or this system has no such groups
            Path(f"/proc/{pid}/autogroup").write_text(f"{wanted}\n")
