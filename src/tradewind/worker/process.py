"""The host's hold on one task process: its socket, its output pipe, and the attempt it runs (a spare has none)."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.messages import Decoder, Finished, Lost, TaskRequest, WorkOrder, encode
from tradewind.worker.capture import RawOutput
from tradewind.worker.nursery import descendants, end_group
from tradewind.worker.wire import TaskUp

if TYPE_CHECKING:
    from tradewind.worker.nest import Nest

_CHUNK = 262144


class Attempt:
    """What the host knows of one order, from its arrival until its last report is acknowledged."""

    __slots__ = (
        "final",
        "note",
        "order",
        "owner",
        "process",
        "reported_at",
        "requests",
        "secrets",
        "started_at",
        "started_told",
        "told_to_stop",
    )

    def __init__(self, order: WorkOrder, owner: object) -> None:
        self.order = order
        self.owner = owner  #: the scheduler's connection that hears of it; None: it is gone
        self.process: Process | None = None
        self.started_at: datetime | None = None
        self.started_told = False
        self.final: Finished | Lost | None = None
        self.reported_at = 0.0  #: monotonic time of the last report of ``final``
        self.requests: dict[int, TaskRequest] = {}  #: asked, not answered
        self.secrets: set[str] = set()
        self.told_to_stop: str | None = None
        self.note: str | None = None


class Process:
    """One task process. Callbacks get whole messages; bytes to it are buffered, never blocking the host."""

    def __init__(
        self,
        number: int,
        nest: Nest,
        selector: selectors.BaseSelector,
        on_message: Callable[[Process, TaskUp], None],
    ) -> None:
        self.number = number
        self.nest = nest
        self.pid = 0
        self.attempt: Attempt | None = None
        self.raw: RawOutput | None = None
        self._on_message = on_message
        self._selector = selector
        self._decoder: Decoder[TaskUp] = Decoder(TaskUp)
        self._unsent = b""
        self._writing = False
        self._socket, self.far_socket = socket.socketpair()
        self._socket.setblocking(False)
        self._pipe, self.far_pipe = os.pipe()
        os.set_blocking(self._pipe, False)
        self._socket_open = self._pipe_open = True
        selector.register(self._socket, selectors.EVENT_READ, self._on_socket)
        selector.register(self._pipe, selectors.EVENT_READ, self._on_pipe)

    def handed_over(self) -> None:
        """The far ends are with the process now."""
        self.far_socket.close()
        os.close(self.far_pipe)

    def send(self, message: msgspec.Struct) -> bool:
        """Queue a frame. False when the process is already gone."""
        if not self._socket_open:
            return False
        waiting = bool(self._unsent)
        self._unsent += encode(message)
        return waiting or self._flush()

    def _flush(self) -> bool:
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._unsent = b""
            return False  # its Exited follows
        self._unsent = self._unsent[sent:]
        if bool(self._unsent) != self._writing:
            self._writing = bool(self._unsent)
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._writing else 0)
            self._selector.modify(self._socket, events, self._on_socket)
        return True

    def _on_socket(self, events: int) -> None:
        if events & selectors.EVENT_WRITE and self._unsent:
            self._flush()
        if events & selectors.EVENT_READ:
            self.read_once()

    def read_once(self) -> bool:
        """Take what is there; False when there is nothing (more)."""
        if not self._socket_open:
            return False
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._close_socket()
            return False
        for message in self._decoder.feed(data):
            self._on_message(self, message)
        return True

    def _on_pipe(self, events: int) -> None:
        self.read_output(once=True)

    def read_output(self, *, once: bool = False) -> None:
        """Log what came through descriptors 1 and 2 so far."""
        while self._pipe_open:
            try:
                data = os.read(self._pipe, _CHUNK)
            except BlockingIOError:
                return
            if not data:
                self._close_pipe()
                return
            if self.raw is not None:
                self.raw.feed(data)
            if once:
                return

    def signal(self, number: signal.Signals) -> None:
        """Signal the whole group; the process alone when it has not made its group yet.

        SIGKILL leaves the task no chance to end what it started in groups of their own (as BashOperator does): those
        are killed with it.
        """
        if not self.pid:
            return
        below = descendants(self.pid) if number == signal.SIGKILL else []
        end_group(self.pid, number)
        for pid in below:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(self.pid) != self.pid:
                os.kill(self.pid, number)

    def let_go(self) -> None:
        """Close our ends: a spare then leaves by itself."""
        self._close_socket()
        self._close_pipe()

    def _close_socket(self) -> None:
        if self._socket_open:
            self._socket_open = False
            self._selector.unregister(self._socket)
            self._socket.close()

    def _close_pipe(self) -> None:
        if self._pipe_open:
            self._pipe_open = False
            self._selector.unregister(self._pipe)
            os.close(self._pipe)
