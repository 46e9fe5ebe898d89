"""Children that are forks of this process: what must be left behind, taken along, and made anew on the other side.

A fork shares the memory of everything imported before it, and needs no time for importing it again. It is safe here
because the parent runs no thread and holds no connection: see ``cli.warm``.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from typing import IO, NoReturn

#: Where a child finds the descriptor it was asked to keep, beside its standard ones.
KEPT = 3
_RESET = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD, signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2)


def tie(read_end: int, pid: int) -> None:
    """Have the kernel send SIGTERM to ``pid`` when nobody holds the other end any more (Linux only)."""
    if not hasattr(fcntl, "F_SETSIG"):
        return
    fcntl.fcntl(read_end, fcntl.F_SETOWN, pid)
    fcntl.fcntl(read_end, fcntl.F_SETSIG, signal.SIGTERM)
    fcntl.fcntl(read_end, fcntl.F_SETFL, fcntl.fcntl(read_end, fcntl.F_GETFL) | os.O_ASYNC)


def set_title(title: str) -> None:
    """What ``ps`` shows. The environment in ``/proc`` stays readable, so the title is no longer than the command was."""
    try:
        from setproctitle import setproctitle  # noqa: PLC0415  only processes that fork need it
    except ImportError:  # no wheel for this platform: the processes work without names
        return
    kept = os.environ.get("SPT_NOENV")
    os.environ["SPT_NOENV"] = "1"
    try:
        setproctitle(title)
    finally:
        del os.environ["SPT_NOENV"]
        if kept is not None:
            os.environ["SPT_NOENV"] = kept


def take_descriptors(wanted: tuple[int, int, int], kept: int | None = None) -> None:
    """Make these the standard descriptors (and ``kept`` number 3); close every other one."""
    given = (*wanted, *(() if kept is None else (kept,)))
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 32) for fd in given]  # none may be overwritten before it is moved
    for number, fd in enumerate(high):
        os.dup2(fd, number, inheritable=number < KEPT)
    os.closerange(len(given), os.sysconf("SC_OPEN_MAX"))


def open_streams(encoding: str = "utf-8", errors: str = "strict") -> None:
    """Fresh ``sys.stdin``, ``stdout`` and ``stderr`` on the standard descriptors."""
    sys.stdin = sys.__stdin__ = open(0, encoding=encoding, errors=errors, closefd=False)  # type: ignore[misc]  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(  # type: ignore[misc]  # noqa: SIM115
        1, "w", encoding=encoding, errors=errors, closefd=False, buffering=1 if os.isatty(1) else -1
    )
    sys.stderr = sys.__stderr__ = open(  # type: ignore[misc]  # noqa: SIM115
        2, "w", encoding=encoding, errors="backslashreplace", closefd=False, buffering=1
    )


def take_environment(environ: Mapping[str, str]) -> None:
    """Have exactly these variables, as a new interpreter would."""
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()


def _live(work: Callable[[], int]) -> NoReturn:
    """Run the child's work and end the process. Nothing of the parent's frames is unwound."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in _RESET:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.setsid()  # Ctrl-C reaches the parent alone, which then stops the children in order
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        gc.enable()
        code = work()
    except SystemExit as leave:
        code = leave.code if isinstance(leave.code, int) else 1
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code & 0xFF)


def fork(work: Callable[[], int]) -> int:
    """A child that does ``work`` in a session of its own and ends with its code; the pid."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()  # or the child would say it once more
    # A signal in between would run a handler of ours in the child.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        pid = os.fork()
        if pid == 0:
            _live(work)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pid


class Forked:
    """A forked child, with as much of ``subprocess.Popen`` as a family asks for."""

    def __init__(self, work: Callable[[], int], stdin: int, environ: Mapping[str, str], title: str) -> None:
        reader, writer = os.pipe()
        parent = os.getpid()

        def live() -> int:
            take_descriptors((stdin, writer, writer))
            open_streams()
            tie(0, os.getpid())
            if select.select([0], [], [], 0)[0]:  # the parent is gone already: nothing else closes the other end
                return 1
            take_environment(environ)
            set_title(title)
            sys.argv = [title]
            return work()

        self.pid = fork(live)
        assert os.getpid() == parent
        os.close(writer)
        self.stdout: IO[bytes] = open(reader, "rb", buffering=0)  # noqa: PTH123, SIM115  lives as long as the child
        self._code: int | None = None

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it lives."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code
