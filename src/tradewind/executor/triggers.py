"""The triggerer of this machine: a child process of the scheduler, there only while something waits.

It holds no truth and need not outlive the scheduler: when it dies it is started again with the same orders, and the
next scheduler gives its own.
"""

from __future__ import annotations

import os
import selectors
import socket
import subprocess
import sys
from collections.abc import Sequence

from tradewind.clock import Clock, SystemClock
from tradewind.domain.messages import (
    CancelOrder,
    Decoder,
    TaskReply,
    TaskRequest,
    TriggerFailed,
    TriggerFired,
    TriggerHealth,
    TriggerOrder,
    TriggerUp,
    encode,
)
from tradewind.settings import Settings

_CHUNK = 1 << 18
#: With nothing to wait for it is let go after so long.
_IDLE_SECONDS = 60.0
#: It speaks at least every few seconds; silent for so long it hangs, and is replaced.
_SILENT_SECONDS = 20.0
_PAUSE_SECONDS, _PAUSE_MAX_SECONDS = 0.2, 10.0
#: It reads all the time, so a full socket means that it is stopped or hangs.
_SEND_SECONDS = 5.0


class LocalTriggers:
    """``Triggers`` as a child process."""

    def __init__(self, settings: Settings, clock: Clock | None = None, *, options: Sequence[str] = ()) -> None:
        self._home = settings.home
        self._log_folder = settings.log_folder
        self._clock = clock or SystemClock()
        self._options = list(options)
        self._orders: dict[str, TriggerOrder] = {}
        self._child: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._decoder: Decoder[TriggerUp] = Decoder(TriggerUp)
        self._greeted = False
        self._health: TriggerHealth | None = None
        self._heard_at = 0.0
        self._started_at = 0.0
        self._start_after = 0.0
        self._pause = _PAUSE_SECONDS
        self._idle_since = 0.0

    # -- the process -------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "tradewind.worker.triggerer", "--home", str(self._home)]
        command += ["--fd", str(theirs.fileno()), *self._options]
        try:
            path = self._log_folder / "processes" / "triggerer.log"
            path.parent.mkdir(parents=True, exist_ok=True)
            log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError:
            log = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)  # a full disk must not keep tasks from waiting
        try:
            self._child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(theirs.fileno(),)
            )
        finally:
            theirs.close()
            os.close(log)
        ours.setblocking(False)
        self._socket, self._decoder, self._greeted, self._health = ours, Decoder(TriggerUp), False, None
        self._started_at = self._heard_at = self._clock.monotonic()

    def _gone(self) -> None:
        """It died, or must: the next one gets all orders again."""
        now = self._clock.monotonic()
        self._pause = _PAUSE_SECONDS if now - self._started_at > _PAUSE_MAX_SECONDS else self._pause * 2
        self._start_after = now + min(self._pause, _PAUSE_MAX_SECONDS)
        self._let_go(kill=True)

    def _let_go(self, *, kill: bool) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._greeted, self._health = False, None
        if self._child is not None:
            if kill:
                self._child.kill()
            try:
                self._child.wait(_SEND_SECONDS)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
            self._child = None

    def _send(self, data: bytes) -> None:
        if self._socket is None or not self._greeted:
            return  # all orders go when it says that it is there
        try:
            self._socket.settimeout(_SEND_SECONDS)
            self._socket.sendall(data)
            self._socket.setblocking(False)
        except OSError:
            self._gone()

    # -- the contract ------------------------------------------------------------------------------------------------

    def watch(self, orders: Sequence[TriggerOrder]) -> None:
        """See ``Triggers``."""
        new = [order for order in orders if order.attempt_id not in self._orders]
        self._orders.update((order.attempt_id, order) for order in new)
        if self._socket is None:
            self._look()
        else:
            self._send(b"".join(map(encode, new)))

    def unwatch(self, attempt_ids: Sequence[str]) -> None:
        """See ``Triggers``."""
        known = [a for a in attempt_ids if self._orders.pop(a, None) is not None]
        self._idle_since = self._clock.monotonic()
        self._send(b"".join(encode(CancelOrder(attempt_id=a, why="nobody waits any more")) for a in known))

    def _look(self) -> None:
        now = self._clock.monotonic()
        if self._socket is None:
            if self._orders and now >= self._start_after:
                self._start()
        elif not self._orders and now - self._idle_since > _IDLE_SECONDS:
            self._let_go(kill=False)
        elif now - self._heard_at > _SILENT_SECONDS:
            self._gone()

    def poll(self) -> list[TriggerFired | TriggerFailed | TaskRequest]:
        """See ``Triggers``."""
        heard: list[TriggerFired | TriggerFailed | TaskRequest] = []
        while self._socket is not None:
            try:
                data = self._socket.recv(_CHUNK)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                self._gone()
                break
            self._heard_at = self._clock.monotonic()
            for message in self._decoder.feed(data):
                if isinstance(message, TriggerHealth):
                    self._greet(message)
                elif message.attempt_id in self._orders:
                    heard.append(message)
        self._look()
        return heard

    def _greet(self, health: TriggerHealth) -> None:
        self._health = health
        if not self._greeted:
            self._greeted = True
            self._send(b"".join(map(encode, self._orders.values())))

    def fileno(self) -> list[int]:
        """See ``Triggers``."""
        return [self._socket.fileno()] if self._socket is not None else []

    def reply(self, replies: Sequence[TaskReply]) -> None:
        """See ``Triggers``."""
        ours = [reply for reply in replies if reply.attempt_id in self._orders]
        if ours:
            self._send(b"".join(map(encode, ours)))

    def health(self) -> TriggerHealth | None:
        """See ``Triggers``."""
        return self._health if self._clock.monotonic() - self._heard_at < _SILENT_SECONDS else None

    def stop(self) -> None:
        """See ``Triggers``."""
        self._orders.clear()
        self._let_go(kill=False)

    def wait(self, seconds: float) -> None:
        """Sleep until it says something, or so long. For tests."""
        with selectors.DefaultSelector() as selector:
            for fd in self.fileno():
                selector.register(fd, selectors.EVENT_READ)
            selector.select(seconds)
