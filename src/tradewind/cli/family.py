"""The children of ``standalone``: started, listened to, restarted when they die, stopped together.

Each child is a new interpreter or, where the parent is warm (``cli.warm``), a fork of it. It gets the read end of a
pipe as its stdin and is told (by the kernel, with SIGTERM) when the other end closes: so even ``kill -9`` of the
parent leaves no orphan holding the port.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import IO, Protocol

from tradewind.cli import warm
from tradewind.cli.fork import Forked, tie

#: A child that lived this long starts over with a short pause.
SETTLED_SECONDS = 60.0
LONGEST_PAUSE = 10.0
#: Deaths of one child before the first "ready" after which starting is given up.
TRIES_TO_START = 3
#: Exit code of a child that was told something wrong: trying again would not help.
MISTAKE = 2
#: A child that was told to stop gets so long before it is killed.
STOP_SECONDS = 10.0


class Process(Protocol):
    """What a child needs of the process behind it: ``subprocess.Popen``, or ``cli.fork.Forked``."""

    pid: int

    @property
    def stdout(self) -> IO[bytes] | None:
        """What it says."""
        ...

    def poll(self) -> int | None:
        """The exit code, None while it lives."""
        ...


class Door(Protocol):
    """Something else that the loop listens to once the family is ready."""

    def open(self) -> int:
        """Begin; the descriptor to listen on, negative for none."""
        ...

    def serve(self) -> None:
        """The descriptor is readable."""
        ...

    def reap(self) -> None:
        """A child has ended, perhaps one of the door's."""
        ...

    def close(self) -> None:
        """Take no more."""
        ...


class Child:
    """One process of the family, over all its lives."""

    def __init__(
        self,
        name: str,
        command: list[str],
        environ: Mapping[str, str],
        *,
        work: Callable[[], int] | None = None,
        stop_with: signal.Signals = signal.SIGTERM,
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        """``work``: what a fork of this process does instead of running ``command``, as long as its code is current."""
        self.name = name
        self.stop_with = stop_with
        self.stop_seconds = stop_seconds
        self.deaths = 0
        self.last_words = ""
        self.start_at = 0.0  # monotonic; when it may start (again)
        self._command, self._environ, self._work = command, environ, work
        self._process: Process | None = None
        self._born = 0.0
        self._keep = -1
        self._rest = b""

    @property
    def alive(self) -> bool:
        """Whether a process stands behind the name."""
        return self._process is not None

    @property
    def pid(self) -> int | None:
        """Of the present life."""
        return self._process.pid if self._process else None

    def age(self) -> float:
        """Seconds of its present life; 0 when it is dead."""
        return time.monotonic() - self._born if self._process is not None else 0.0

    def start(self, now: float) -> int:
        """Start it; the file descriptor of its output."""
        stdin, self._keep = os.pipe()  # its stdin, and the end that stays open for as long as this process lives
        try:
            self._process = self._begin(stdin)
        finally:
            os.close(stdin)
        self._born = now
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        return self._process.stdout.fileno()

    def _begin(self, stdin: int) -> Process:
        if self._work is not None and warm.is_current():
            return Forked(self._work, stdin, self._environ, f"tradewind: {self.name}")
        process = subprocess.Popen(
            self._command,
            env=self._environ,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches the parent alone, which then stops the children in order
        )
        tie(stdin, process.pid)
        return process

    def read(self, write: Callable[[str], None]) -> bool:
        """Pass on whole lines of output under the child's name. False: it closed its output."""
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            got = os.read(self._process.stdout.fileno(), 65536)
        except BlockingIOError:
            return True
        *lines, self._rest = (self._rest + got).split(b"\n")
        if not got and self._rest:
            lines, self._rest = [self._rest], b""
        for line in lines:
            text = line.decode(errors="replace")
            if text and not text.startswith("hint: "):
                self.last_words = text.removesuffix(".")
            write(f"{self.name:<9} | {text}\n")
        return bool(got)

    def is_dead(self) -> bool:
        """Whether the process has ended (it stays to be buried)."""
        return self._process is not None and self._process.poll() is not None

    def has_more(self) -> bool:
        """Whether unread output waits (grandchildren may keep the pipe open for ever)."""
        assert self._process is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)  # type: ignore[arg-type]
            return bool(selector.select(0))

    def bury(self, now: float) -> int | None:
        """If it died: the exit code, and the moment of its next life is set. None: it lives."""
        if self._process is None:
            return None
        code = self._process.poll()
        if code is None:
            return None
        assert self._process.stdout is not None
        self._process.stdout.close()
        os.close(self._keep)
        self._process = None
        self.deaths = 1 if now - self._born > SETTLED_SECONDS else self.deaths + 1
        self.start_at = now + min(LONGEST_PAUSE, 0.1 * 2 ** (self.deaths - 1))
        return code

    def signal(self, number: int) -> None:
        """Send a signal to the process if it lives."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, number)


class Family:
    """The loop that keeps the children alive until it is told to stop."""

    def __init__(
        self,
        children: list[Child],
        *,
        is_ready: Callable[[], bool],
        on_ready: Callable[[], None],
        door: Door | None = None,
    ) -> None:
        self.children = children
        self._door, self._door_fd = door, -1
        self._is_ready, self._on_ready = is_ready, on_ready
        self._ready = False
        self._stop_since: float | None = None
        self._asked = 0
        self._output_of: dict[int, Child] = {}
        self._selector = selectors.DefaultSelector()
        self.failure: str | None = None

    @property
    def hurried(self) -> bool:
        """Whether the stop was asked for twice: nobody wants to wait any more."""
        return self._asked > 1

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    def _on_signal(self, number: int, _frame: object) -> None:
        if number != signal.SIGCHLD:
            self._asked += 1

    def run(self) -> int:
        """Until stopped by a signal (0) or given up because a child cannot start (1)."""
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, self._on_signal)
        self._selector.register(reader, selectors.EVENT_READ)
        while True:
            now = time.monotonic()
            self._advance(now)
            if self._stop_since is not None and not any(child.alive for child in self.children):
                return 1 if self.failure else 0
            for key, _ in self._selector.select(self._pause(now)):
                if key.fd == reader:
                    with contextlib.suppress(BlockingIOError):
                        os.read(reader, 4096)
                elif self._door is not None and key.fd == self._door_fd:
                    self._door.serve()
                else:
                    self._hear(key.fd)

    def _pause(self, now: float) -> float | None:
        """How long nothing needs to be done: for ever, once all is quiet."""
        if self._stop_since is not None:
            return 0.2
        due = [child.start_at - now for child in self.children if not child.alive]
        waits = [*due, *([] if self._ready else [0.03])]
        return max(0.0, min(waits)) if waits else None

    def _hear(self, fd: int) -> None:
        child = self._output_of[fd]
        if not child.read(self._write):
            self._selector.unregister(fd)
            del self._output_of[fd]

    def _open_door(self) -> None:
        if self._door is not None:
            self._door_fd = self._door.open()
            if self._door_fd >= 0:
                self._selector.register(self._door_fd, selectors.EVENT_READ)

    def _close_door(self) -> None:
        if self._door is not None and self._door_fd >= 0:
            self._selector.unregister(self._door_fd)
            self._door.close()
            self._door_fd = -1

    def _advance(self, now: float) -> None:
        if self._door is not None:
            self._door.reap()
        for child in self.children:
            self._see_death(child, now)
            if not child.alive and self._stop_since is None and now >= child.start_at:
                fd = child.start(now)
                self._output_of[fd] = child
                self._selector.register(fd, selectors.EVENT_READ)
        if self._asked or self.failure:
            self._stop(now)
        elif not self._ready and all(child.alive for child in self.children) and self._is_ready():
            self._ready = True
            self._on_ready()
            self._open_door()

    def _see_death(self, child: Child, now: float) -> None:
        fds = [fd for fd, owner in self._output_of.items() if owner is child]
        pid = child.pid
        # What it said last is read before it is buried: the reason is usually there.
        code = child.bury(now) if not fds or self._drained(child, fds[0]) else None
        if code is None or self._stop_since is not None:
            return
        if not self._ready and (child.deaths >= TRIES_TO_START or code == MISTAKE):
            self.failure = f"The {child.name} process does not start (it ended with code {code}: {child.last_words})."
            return
        why = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        self._write(f"standalone | {child.name} (process {pid}) {why}; it is started again\n")

    def _drained(self, child: Child, fd: int) -> bool:
        """Whether the child is dead and its output has been read as far as it is there."""
        if not child.is_dead():
            return False
        while child.has_more() and child.read(self._write):
            continue
        self._selector.unregister(fd)
        del self._output_of[fd]
        return True

    def _stop(self, now: float) -> None:
        if self._stop_since is None:
            self._stop_since = now
            self._close_door()
            for child in self.children:
                child.signal(child.stop_with)
            return
        waited = now - self._stop_since
        for child in self.children:
            if self.hurried or waited > child.stop_seconds:
                child.signal(signal.SIGKILL)
