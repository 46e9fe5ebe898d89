"""The local executor: tasks on this machine, through worker hosts that outlive the scheduler.

It finds the hosts of this home by their sockets, or starts one. A host started by another release or with another
environment is let run out (it keeps its tasks) while a new one takes the new orders.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tradewind.clock import Clock, SystemClock
from tradewind.domain.messages import (
    Acknowledged,
    CancelOrder,
    Finished,
    Hello,
    HostUp,
    Lost,
    Shutdown,
    Started,
    TaskReply,
    Up,
    WorkOrder,
)
from tradewind.errors import OutsideTrouble
from tradewind.executor.host_link import Held, Link, fingerprint
from tradewind.loop import run_folder
from tradewind.settings import Settings

_CHUNK = 1 << 18
_START_SECONDS = 20.0
_CRASH_PAUSE = 1.0  # between the death of a host and the start of the next, doubled each time
_CRASH_PAUSE_MAX = 30.0


class LocalExecutor:
    """See the module."""

    def __init__(
        self, settings: Settings, *, name: str = "local", slots: int | None = None, clock: Clock | None = None
    ) -> None:
        self.name = name
        wanted = slots or settings.get_int("core", "local_parallelism") or settings.get_int("core", "parallelism")
        self._slots = wanted or sys.maxsize
        self._home = settings.home
        self._folder = run_folder(settings.home)
        self._log_folder = settings.log_folder
        self._cleanup_seconds = settings.get_float("core", "killed_task_cleanup_time")
        self._clock = clock or SystemClock()
        self._fingerprint = fingerprint(settings.home)
        self._links: list[Link] = []
        self._current: Link | None = None
        self._held: dict[str, Held] = {}
        self._live = 0
        self._out: list[Up] = []
        self._child: subprocess.Popen[bytes] | None = None
        self._ready_fd = -1
        self._start_at: float | None = None
        self._pause = _CRASH_PAUSE
        self._stopped = False

    def start(self) -> None:
        """Connect to the hosts of this home, start one if none takes orders. Raises OutsideTrouble with its log."""
        self._discover()
        deadline = self._clock.monotonic() + _START_SECONDS
        while self._current is None:
            if self._ready_fd < 0:
                self._spawn()
            left = deadline - self._clock.monotonic()
            self._wait(left)
            self._look(restart=True)
            if left <= 0:
                raise OutsideTrouble(
                    f"The worker host of {self._home} did not start within {_START_SECONDS:g} s.",
                    hint=f"Look at the end of {self._log_file()}.",
                )

    def _wait(self, seconds: float) -> None:
        with selectors.DefaultSelector() as selector:
            for fd in self.fileno():
                selector.register(fd, selectors.EVENT_READ)
            selector.select(max(0.0, min(seconds, 1.0)))

    # -- hosts ---------------------------------------------------------------------------------------------------

    def _discover(self) -> None:
        """Connect to every living host of this name that is not connected yet; the current one is chosen by Hello."""
        known = {link.path for link in self._links}
        for path in sorted(self._folder.glob(f"worker-{self.name}-*.sock")):
            if path in known:
                continue
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                sock.connect(str(path))
            except (ConnectionRefusedError, FileNotFoundError):
                sock.close()
                path.unlink(missing_ok=True)  # its host is dead: a bound path without a listener
                continue
            link = Link(path, sock)
            self._links.append(link)
            with selectors.DefaultSelector() as selector:  # a host says hello at once
                selector.register(sock, selectors.EVENT_READ)
                selector.select(_START_SECONDS)
            sock.setblocking(False)
            self._read(link)

    def _greeted(self, link: Link, hello: Hello) -> None:
        link.hello = hello
        for attempt_id in hello.attempt_ids:
            held = self._held.setdefault(attempt_id, Held(None, link))
            if held.link is not link:
                held.link = link
            elif held.order is None and not held.ended:
                self._live += 1
        if hello.draining or hello.fingerprint != self._fingerprint or self._current is not None:
            link.draining = True
            if not hello.draining:
                link.send(Shutdown(kill=False))
            self._leave_drained()
            return
        self._current = link
        self._pause = _CRASH_PAUSE
        for held in self._held.values():
            if held.link is None and held.order is not None:
                held.link = link
                link.send(held.order)

    def _log_file(self) -> Path:
        return self._log_folder / "processes" / f"worker-{self.name}.log"

    def _spawn(self) -> None:
        """Start a host; ``_ready_fd`` becomes readable when it listens or has given up."""
        self._start_at = None
        ready, theirs = os.pipe()
        command = [sys.executable, "-m", "tradewind.worker.host", "--home", str(self._home), "--name", self.name]
        command += ["--fingerprint", self._fingerprint, "--ready-fd", str(theirs)]
        try:
            self._log_file().parent.mkdir(parents=True, exist_ok=True)
            log = os.open(self._log_file(), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError:
            log = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)  # a full disk must not keep tasks from running
        try:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(theirs,),
                start_new_session=True,
            )
        finally:
            os.close(theirs)
            os.close(log)
        self._ready_fd = ready
        os.set_blocking(ready, False)

    def _look(self, *, restart: bool) -> None:
        """See to hosts that became ready, died, or are due to be started."""
        if self._ready_fd >= 0:
            try:
                os.read(self._ready_fd, 16)
            except BlockingIOError:
                pass
            else:
                os.close(self._ready_fd)
                self._ready_fd = -1
                self._discover()
                if self._current is None:
                    self._pause_start()
        if self._child is not None and self._child.poll() is not None:
            self._child = None
        due = self._start_at is not None and self._clock.monotonic() >= self._start_at
        if restart and self._current is None and self._ready_fd < 0 and (due or self._start_at is None):
            self._discover()  # another scheduler may have been quicker
            if self._current is None:
                self._spawn()

    def _pause_start(self) -> None:
        self._start_at = self._clock.monotonic() + self._pause
        self._pause = min(self._pause * 2, _CRASH_PAUSE_MAX)

    def _died(self, link: Link) -> None:
        """The host is gone, and by its design everything it ran."""
        self._links.remove(link)
        link.socket.close()
        link.path.unlink(missing_ok=True)
        if link is self._current:
            self._current = None
        for attempt_id, held in list(self._held.items()):
            if held.link is link:
                if not held.ended:
                    self._ended(held)
                    self._out.append(Lost(attempt_id=attempt_id, why="The worker host died."))
                del self._held[attempt_id]

    def _ended(self, held: Held) -> None:
        if not held.ended:
            held.ended = True
            held.order = None
            self._live -= 1

    # -- the contract --------------------------------------------------------------------------------------------

    def fileno(self) -> list[int]:
        """Sockets of the hosts, and the ready pipe of one that starts."""
        fds = [link.socket.fileno() for link in self._links]
        return [*fds, self._ready_fd] if self._ready_fd >= 0 else fds

    def free_slots(self) -> int:
        """Slots less the attempts that have not ended; none while no host takes orders."""
        return max(0, self._slots - self._live) if self._current is not None else 0

    def submit(self, orders: Sequence[WorkOrder]) -> None:
        """Send the orders, or keep them until a host is there."""
        for order in orders:
            held = self._held.get(order.attempt_id)
            if held is None:
                held = self._held[order.attempt_id] = Held(order, self._current)
                self._live += 1
            if held.link is not None:
                held.link.send(order)

    def cancel(self, attempt_id: str, why: str) -> None:
        """Pass it on; an order that was never sent is simply dropped and reported."""
        held = self._held.get(attempt_id)
        if held is None or held.ended:
            return
        if held.link is not None:
            held.link.send(CancelOrder(attempt_id=attempt_id, why=why))
            return
        self._ended(held)
        del self._held[attempt_id]
        self._out.append(Lost(attempt_id=attempt_id, why=why, started=False))

    def poll(self) -> list[Up]:
        """Everything the hosts said."""
        for link in list(self._links):
            link.flush()
            self._read(link)
        if not self._stopped and (self._current is None or self._ready_fd >= 0 or self._child is not None):
            self._look(restart=True)
        heard, self._out = self._out, []
        return heard

    def _read(self, link: Link) -> None:
        while True:
            try:
                data = link.socket.recv(_CHUNK)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._died(link)
                return
            for message in link.decoder.feed(data):
                self._hear(link, message)
            if len(data) < _CHUNK:
                return

    def _hear(self, link: Link, message: HostUp) -> None:
        if isinstance(message, Hello):
            self._greeted(link, message)
            return
        if isinstance(message, Finished | Lost | Started):
            held = self._held.get(message.attempt_id)
            if held is None and isinstance(message, Started):
                # Another scheduler of this home ordered it, and is gone: the host tells us instead.
                self._held[message.attempt_id] = Held(None, link)
                self._live += 1
            if held is not None and not isinstance(message, Started):
                self._ended(held)
        self._out.append(message)

    def acknowledge(self, attempt_ids: Sequence[str]) -> None:
        """Tell each host that its reports are written."""
        by_link: dict[Link, list[str]] = {}
        for attempt_id in attempt_ids:
            held = self._held.pop(attempt_id, None)
            if held is not None:
                self._ended(held)
                if held.link is not None:
                    by_link.setdefault(held.link, []).append(attempt_id)
        for link, ids in by_link.items():
            link.send(Acknowledged(attempt_ids=ids))
        self._leave_drained()

    def _leave_drained(self) -> None:
        """A host that runs out goes when nobody is connected and nothing is held there."""
        for link in [link for link in self._links if link.draining]:
            if not any(held.link is link for held in self._held.values()):
                self._links.remove(link)
                link.socket.close()

    def reply(self, replies: Sequence[TaskReply]) -> None:
        """Pass answers on."""
        for reply in replies:
            held = self._held.get(reply.attempt_id)
            if held is not None and held.link is not None:
                held.link.send(reply)

    def known(self) -> set[str] | None:
        """What the hosts hold; None until one takes orders."""
        return set(self._held) if self._current is not None else None

    def stop(self, *, kill: bool) -> None:
        """Let go: the hosts finish what they have, keep the reports for the next scheduler, and go.

        With ``kill`` they end their tasks and go now; this waits for them, and ``poll`` then has what they said last.
        (A scheduler that dies says nothing; its hosts wait for the next one for [worker] orphan_grace_seconds.)
        """
        self._stopped = True
        if kill:
            if self._ready_fd >= 0 and self._child is not None:
                self._child.kill()  # it has nothing to do yet
            self._each(lambda link: link.send(Shutdown(kill=True)))
            self._wait_for_end(self._cleanup_seconds + 5.0)
            for link in list(self._links):
                if link.hello is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(link.hello.pid, signal.SIGKILL)
                self._died(link)
        else:
            self._each(lambda link: link.send(Shutdown(kill=False)))
        self._each(lambda link: link.socket.close())
        self._links.clear()
        self._current = None
        if self._ready_fd >= 0:
            os.close(self._ready_fd)
            self._ready_fd = -1
        if kill and self._child is not None:
            self._child.wait()

    def _each(self, action: Callable[[Link], None]) -> None:
        for link in self._links:
            action(link)

    def _wait_for_end(self, seconds: float) -> None:
        deadline = self._clock.monotonic() + seconds
        while self._links and self._clock.monotonic() < deadline:
            self._wait(deadline - self._clock.monotonic())
            for link in list(self._links):
                link.flush()
                self._read(link)
