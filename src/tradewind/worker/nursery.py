"""What every zygote does after its imports: make processes when told, tell when they end, never outlive the host."""

from __future__ import annotations

import _socket
import ctypes
import os
import select
import signal
import socket
import sys
from _signal import signal as _set_handler  # type: ignore[import-not-found]  # the enums of ``signal`` cost each task
from collections.abc import Callable
from pathlib import Path

from tradewind.worker.wire import ControlDown, Exited, Forked, Spawn, receive_down, send_control

#: Makes the process of one task from its socket, its output pipe and whether it will wait; gives its process id.
Spawner = Callable[[int, int, bool], int]

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_SIGCHLD, _DEFAULT = int(signal.SIGCHLD), int(signal.SIG_DFL)
#: Found once, before any fork. Only Linux has it.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def die_with_parent(parent: int, number: int = 9) -> None:
    """Be killed when the process that made this one dies. Linux only; elsewhere the control socket's end does it."""
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def name_process(name: str) -> None:
    """What ``top`` and ``ps -o comm`` show; fifteen bytes at most."""
    if _prctl is not None:
        _prctl(_PR_SET_NAME, name.encode(errors="replace")[:15], 0, 0, 0)


def _noticed(number: int, frame: object) -> None:
    """SIGCHLD needs a Python handler for the wake-up descriptor to be written; the loop does the work."""


class Nursery:
    """The loop of a zygote. ``on_other`` takes control messages that are not ``Spawn``."""

    def __init__(
        self,
        control: socket.socket,
        spawn: Spawner,
        on_other: Callable[[ControlDown, list[int]], None] | None = None,
    ) -> None:
        self.control = control
        self._spawn = spawn
        self._on_other = on_other
        self._numbers: dict[int, int] = {}  # pid -> number
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)

    def after_fork(self) -> None:
        """In a child: let go of what is the zygote's. Few steps: each task takes them."""
        signal.set_wakeup_fd(-1)
        _set_handler(_SIGCHLD, _DEFAULT)
        os.close(self._wake_read)
        os.close(self._wake_write)
        os.close(_socket.socket.detach(self.control))

    def run(self) -> None:
        """Serve until the host closes the control socket, then end every task group that is left."""
        signal.signal(signal.SIGCHLD, _noticed)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        wake = self._wake_read
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(self._wake_read, select.POLLIN)
        try:
            while True:
                for fd, _ in poll.poll():
                    if fd == wake:
                        os.read(wake, 512)
                        self._reap()
                    elif not self._serve():
                        return
        except (ConnectionError, BrokenPipeError):
            return
        finally:
            for pid in self._numbers:
                end_group(pid, signal.SIGKILL)

    def _serve(self) -> bool:
        received = receive_down(self.control)
        if received is None:
            return False
        message, fds = received
        if isinstance(message, Spawn):
            try:
                pid = self._spawn(fds[0], fds[1], message.idle)
            except OSError as trouble:  # no memory, no process ids: the tasks that run must not suffer
                send_control(self.control, Exited(number=message.number, status=0, never_was=str(trouble)))
                return True
            finally:
                for fd in fds:
                    os.close(fd)
            self._numbers[pid] = message.number
            send_control(self.control, Forked(number=message.number, pid=pid))
        elif self._on_other is not None:
            self._on_other(message, fds)
        return True

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            number = self._numbers.pop(pid, None)
            if number is not None:
                # What the task left behind in its group goes with it, as Airflow's task runner does.
                end_group(pid, signal.SIGKILL)
                send_control(self.control, Exited(number=number, status=status))


def end_group(pid: int, number: signal.Signals) -> None:
    """Signal the process group of a task, if there is anything left of it."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def descendants(pid: int) -> list[int]:
    """Children, their children, and so on, as /proc tells them now; none where there is no /proc."""
    found: list[int] = []
    for threads in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(word) for word in threads.read_text().split()]
        except OSError:  # it ended while we looked
            continue
        for child in children:
            found += [child, *descendants(child)]
    return found
