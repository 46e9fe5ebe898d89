"""The local executor: tasks on this machine, through worker hosts that outlive the scheduler.

It finds the hosts of this home by their sockets, or starts one. A host started by another release or with another
environment is let run out (it keeps its tasks) while a new one takes the new orders.
"""

from __future__ import annotations

import hashlib
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from tradewind.clock import Clock, SystemClock
from tradewind.domain.messages import (
    Acknowledged,
    CancelOrder,
    Decoder,
    Finished,
    Hello,
    HostUp,
    Lost,
    Shutdown,
    Started,
    TaskReply,
    Up,
    WorkOrder,
    encode,
)
from tradewind.errors import OutsideTrouble
from tradewind.loop import run_folder
from tradewind.settings import Settings

_CHUNK = 1 << 18
_START_SECONDS = 20.0
_CRASH_PAUSE = 1.0  # between the death of a host and the start of the next, doubled each time
_CRASH_PAUSE_MAX = 30.0
#: Names that differ from one start to the next and mean nothing to a task.
_VOLATILE = {"_", "SHLVL", "PWD", "OLDPWD", "TERM", "COLUMNS", "LINES", "PYTEST_CURRENT_TEST", "WINDOWID", "SSH_TTY"}


def fingerprint(home: Path) -> str:
    """What a task could notice: our code, the interpreter, the environment, the settings file."""
    package = Path(__file__).parents[1]
    newest = max(file.stat().st_mtime_ns for file in package.rglob("*.py"))
    parts = [str(package), str(newest), sys.executable, str(home)]
    parts += [f"{k}={v}" for k, v in sorted(os.environ.items()) if k not in _VOLATILE]
    for name in ("tradewind.cfg", "airflow.cfg"):
        file = home / name
        if file.is_file():
            parts.append(file.read_text(encoding="utf-8", errors="replace"))
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()[:16]


class _Link:
    """The connection to one host."""

    def __init__(self, path: Path, sock: socket.socket) -> None:
        self.path = path
        self.socket = sock
        self.hello: Hello | None = None
        self.draining = False
        self.decoder: Decoder[HostUp] = Decoder(HostUp)
        self._unsent = bytearray()

    def send(self, message: msgspec.Struct) -> None:
        self._unsent += encode(message)
        self.flush()

    def flush(self) -> None:
        while self._unsent:
            try:
                del self._unsent[: self.socket.send(self._unsent)]
            except BlockingIOError:
                return
            except OSError:
                self._unsent.clear()  # its end of file follows; ``poll`` reports what was there
                return


class _Held:
    """An attempt somewhere between ``submit`` and ``acknowledge``."""

    __slots__ = ("ended", "link", "order")

    def __init__(self, order: WorkOrder | None, link: _Link | None) -> None:
        self.order = order
        self.link = link
        self.ended = False


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
        self._links: list[_Link] = []
        self._current: _Link | None = None
        self._held: dict[str, _Held] = {}
        self._live = 0
        self._out: list[Up] = []
        self._child: subprocess.Popen[bytes] | None = None
        self._ready_fd = -1
        self._start_at: float | None = None
        self._pause = _CRASH_PAUSE

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
            link = _Link(path, sock)
            self._links.append(link)
            with selectors.DefaultSelector() as selector:  # a host says hello at once
                selector.register(sock, selectors.EVENT_READ)
                selector.select(_START_SECONDS)
            sock.setblocking(False)
            self._read(link)

    def _greeted(self, link: _Link, hello: Hello) -> None:
        link.hello = hello
        for attempt_id in hello.attempt_ids:
            held = self._held.setdefault(attempt_id, _Held(None, link))
            if held.link is not link:
                held.link = link
            elif held.order is None and not held.ended:
                self._live += 1
        if hello.draining or hello.fingerprint != self._fingerprint or self._current is not None:
            link.draining = True
            if not hello.draining:
                link.send(Shutdown(kill=False))
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

    def _died(self, link: _Link) -> None:
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

    def _ended(self, held: _Held) -> None:
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
                held = self._held[order.attempt_id] = _Held(order, self._current)
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
        if self._current is None or self._ready_fd >= 0 or self._child is not None:
            self._look(restart=True)
        heard, self._out = self._out, []
        return heard

    def _read(self, link: _Link) -> None:
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

    def _hear(self, link: _Link, message: HostUp) -> None:
        if isinstance(message, Hello):
            self._greeted(link, message)
            return
        if isinstance(message, Finished | Lost | Started):
            held = self._held.get(message.attempt_id)
            if held is not None and not isinstance(message, Started):
                self._ended(held)
        self._out.append(message)

    def acknowledge(self, attempt_ids: Sequence[str]) -> None:
        """Tell each host that its reports are written."""
        by_link: dict[_Link, list[str]] = {}
        for attempt_id in attempt_ids:
            held = self._held.pop(attempt_id, None)
            if held is not None:
                self._ended(held)
                if held.link is not None:
                    by_link.setdefault(held.link, []).append(attempt_id)
        for link, ids in by_link.items():
            link.send(Acknowledged(attempt_ids=ids))

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
        """Let go; with ``kill`` the hosts end their tasks and go too, and this waits for them."""
        if kill:
            pids = [link.hello.pid for link in self._links if link.hello is not None]
            self._each(lambda link: link.send(Shutdown(kill=True)))
            self._wait_for_end(self._cleanup_seconds + 5.0)
            for link, pid in zip(list(self._links), pids, strict=False):
                os.kill(pid, signal.SIGKILL)
                link.path.unlink(missing_ok=True)
        self._each(lambda link: link.socket.close())
        self._links.clear()
        self._current = None
        if self._ready_fd >= 0:
            os.close(self._ready_fd)
            self._ready_fd = -1
        if kill and self._child is not None:
            self._child.wait()

    def _each(self, action: Callable[[_Link], None]) -> None:
        for link in self._links:
            action(link)

    def _wait_for_end(self, seconds: float) -> None:
        deadline = self._clock.monotonic() + seconds
        while self._links and self._clock.monotonic() < deadline:
            self._wait(deadline - self._clock.monotonic())
            for link in list(self._links):
                link.flush()
                self._read(link)
