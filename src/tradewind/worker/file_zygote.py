"""A file zygote: one DAG file imported once; every task of that file is a fork of this process."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

from tradewind.sdk import short_way
from tradewind.sdk.warm import warm_up
from tradewind.worker import forking, rehearsal, run_task
from tradewind.worker.nursery import Nursery, name_process
from tradewind.worker.run_task import Imported
from tradewind.worker.wire import Forked, ImportFile, Ready, send_control

_PROC = Path("/proc/self")


def serve(control: socket.socket, message: ImportFile) -> None:
    """Import, tell the host whether forks are safe, then fork on demand until the host lets go."""
    name_process(f"tw:{Path(message.file.path).name}")
    send_control(control, Forked(number=0, pid=os.getpid()))
    sockets_before = _sockets()
    with _time_limit(message.timeout, message.file.path):
        imported = import_file(message)
    unsafe = _why_unsafe(sockets_before)
    send_control(control, Ready(broken=imported.dags is None, engine="jinja2" in sys.modules, unsafe=unsafe))
    if unsafe is not None:
        return
    short = bool(imported.short)
    with contextlib.suppress(Exception):  # a file may change anything at all; then its tasks are a little slower
        rehearsal.warm_up_again(short=short)
    gc.collect()
    forking.fill_gaps()
    gc.freeze()  # so that a collection in a task does not touch, and thereby copy, every page of this process
    gc.disable()

    def rehearse() -> None:
        rehearsal.rehearse(short=short)

    def fork_task(channel: int, output: int, idle: bool) -> int:
        parent = os.getpid()
        pid = forking.fork()
        if pid == 0:
            try:
                nursery.after_fork()
                run_task.become_task(channel, output, parent, imported, rehearse if idle else None)
            finally:
                os._exit(1)
        return pid

    nursery = Nursery(control, fork_task)
    nursery.run()


def import_file(message: ImportFile) -> Imported:
    """The DAGs of the file, or how its import failed. Whatever user code raises ends here."""
    try:
        dags = run_task.load(message.file)
        warm_up(dags.values())  # what its tasks will ask for is imported here once, not in each of their forks
        return Imported(dags=dags, error=None, trace=None, short=short_way.find(dags.values()))
    except BaseException as error:
        return Imported.failed(error, traceback.format_exc())


class _ImportTakesTooLong(BaseException):
    """Not an Exception, so that a broad ``except Exception`` in a DAG file does not swallow it."""


@contextlib.contextmanager
def _time_limit(seconds: float, path: str) -> Iterator[None]:
    def too_long(number: int, frame: object) -> None:
        raise _ImportTakesTooLong(f"{path} did not finish importing in {seconds:g} s ([core] dagbag_import_timeout).")

    signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _sockets() -> set[str]:
    found = set()
    for entry in (_PROC / "fd").iterdir() if (_PROC / "fd").is_dir() else ():
        with contextlib.suppress(OSError):  # the descriptor of the listing itself
            target = str(entry.readlink())
            if target.startswith("socket:"):
                found.add(target)
    return found


def _why_unsafe(sockets_before: set[str]) -> str | None:
    """What the import left behind that a fork would break, or None."""
    others = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    if others:
        return f"importing it started threads ({', '.join(others[:5])})"
    # NumPy's OpenBLAS keeps native threads but stops and restarts them around a fork by itself.
    if "numpy" not in sys.modules and (_PROC / "task").is_dir() and len(list((_PROC / "task").iterdir())) > 1:
        return "importing it started native threads"
    opened = _sockets() - sockets_before
    if opened:
        return f"importing it left {len(opened)} socket(s) open"
    return None
