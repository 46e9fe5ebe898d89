"""The host's hold on a zygote: processes made there, spares ready there, attempts that wait for its import.

A spare is a task process without an order. Handing an order to one costs two context switches instead of a fork; the
fork that replaces it happens while something else is waited for.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
from collections import deque
from collections.abc import Callable

import msgspec

from tradewind.worker.process import Attempt, Process
from tradewind.worker.timers import Timers
from tradewind.worker.wire import ControlUp, Exited, Forked, Launch, Ready, Spawn, TaskUp, receive_up, send_control

_SPARES = 2
_FEW = 3
_SPARE_AFTER = 0.002  # let the report that a task ended, and what follows from it, go first
_RETRY_SEND = 0.001
_CONTROL_BUFFER = 1 << 20


def control_pair() -> tuple[socket.socket, socket.socket]:
    """(host's end, zygote's end) of a control socket. Ours never blocks."""
    kind = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_DGRAM
    ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _CONTROL_BUFFER)
    ours.setblocking(False)
    return ours, theirs


class Events:
    """What a nest tells the supervisor. Handed in once, shared by all nests."""

    def __init__(
        self,
        *,
        on_message: Callable[[Process, TaskUp], None],
        on_running: Callable[[Process], None],
        on_exit: Callable[[Process, int | None, str | None], None],
        on_unsafe: Callable[[Nest, list[Attempt]], None],
        next_number: Callable[[], int],
        make_launch: Callable[[Attempt], Launch],
        may_start: Callable[[Attempt], bool],
        in_line: Callable[[Nest], None],
        on_trouble: Callable[[Attempt, OSError], None],
    ) -> None:
        self.on_message = on_message
        self.on_running = on_running
        self.on_exit = on_exit
        self.on_unsafe = on_unsafe
        self.next_number = next_number
        self.make_launch = make_launch
        self.may_start = may_start
        self.in_line = in_line
        self.on_trouble = on_trouble


class Nest:
    """One zygote as the host sees it."""

    def __init__(
        self,
        name: str,
        control: socket.socket,
        selector: selectors.BaseSelector,
        timers: Timers,
        events: Events,
        *,
        ready: bool,
    ) -> None:
        self.name = name
        self.ready = ready
        self.unsafe: str | None = None  #: why its tasks must not be forked
        self.engine = False  #: its file has templates
        self.retired = False  #: gets no new attempts
        self.gone = False
        self.launched = 0
        self.waiting: deque[Attempt] = deque()  # for the import to end, or for their turn
        self.processes: dict[int, Process] = {}
        self._spares: deque[Process] = deque()
        self._unsent: deque[tuple[msgspec.Struct, tuple[int, ...], Callable[[], None]]] = deque()
        self._control = control
        self._pid = 0  #: of the zygote, once it said so
        self._selector = selector
        self._timers = timers
        self._events = events
        self._spare_wanted = False
        selector.register(control, selectors.EVENT_READ, self._on_control)

    def take(self, attempt: Attempt) -> None:
        """Run the attempt here, as soon as the import is done and the machine has time for it."""
        self.launched += 1
        self.waiting.append(attempt)
        if self.ready:
            self._events.in_line(self)

    def start_next(self) -> None:
        """Start the first of those that wait, if it may."""
        while self.waiting and self.waiting[0].final is not None:  # stopped while it waited
            self.waiting.popleft()
        if self.waiting and self._events.may_start(self.waiting[0]):
            attempt = self.waiting.popleft()
            try:
                self._start(attempt)
            except OSError as trouble:  # out of descriptors or memory
                self._events.on_trouble(attempt, trouble)
        self._close_if_done()

    def _start(self, attempt: Attempt) -> None:
        process = self._spares.popleft() if self._spares else self._new_process()
        attempt.process, process.attempt = process, attempt
        if not process.send(self._events.make_launch(attempt)):  # a spare that was killed meanwhile
            process.attempt = None
            process = attempt.process = self._new_process()
            process.attempt = attempt
            process.send(self._events.make_launch(attempt))
        if process.pid:
            self._events.on_running(process)

    def want_spare(self) -> None:
        """Have a process ready for the next order, soon."""
        if not self._spare_wanted and len(self._spares) < _SPARES:
            self._spare_wanted = True
            self._timers.after(_SPARE_AFTER, self._make_spare)

    def _make_spare(self) -> None:
        self._spare_wanted = False
        if self.waiting:
            return  # what ends makes room for one of those, not for a spare
        if self.ready and len(self._spares) < _SPARES and not (self.retired or self.gone or self.unsafe):
            # Getting ready costs the machine a little more in all: not when it has no time to spare.
            self._spares.append(self._new_process(idle=len(self.processes) - len(self._spares) < _FEW))
            self.want_spare()

    def _new_process(self, *, idle: bool = False) -> Process:
        process = Process(self._events.next_number(), self, self._selector, self._events.on_message)
        self.processes[process.number] = process
        fds = (process.far_socket.fileno(), process.far_pipe)
        self.send(Spawn(number=process.number, idle=idle), fds, process.handed_over)
        return process

    def send(self, message: msgspec.Struct, fds: tuple[int, ...] = (), sent: Callable[[], None] = lambda: None) -> None:
        """Tell the zygote; when its socket is full, a little later. ``sent`` closes our copies of the descriptors."""
        self._unsent.append((message, fds, sent))
        if len(self._unsent) == 1:
            self._send_all()

    def _send_all(self) -> None:
        while self._unsent:
            message, fds, sent = self._unsent[0]
            try:
                if not self.gone:
                    send_control(self._control, message, fds)
            except BlockingIOError:
                self._timers.after(_RETRY_SEND, self._send_all)
                return
            except OSError:
                pass  # it is gone: its end of file comes next and ends everything that was here
            self._unsent.popleft()
            sent()

    def _on_control(self, events: int) -> None:
        while not self.gone:
            try:
                message = receive_up(self._control)
            except BlockingIOError:
                return
            except OSError:
                message = None
            if message is None:
                self._lost()
                return
            self._heard(message)

    def _heard(self, message: ControlUp) -> None:
        if isinstance(message, Forked):
            if message.number == 0:
                self._pid = message.pid
                return
            process = self.processes.get(message.number)
            if process is not None:
                process.pid = message.pid
                if process.attempt is not None:
                    self._events.on_running(process)
        elif isinstance(message, Exited):
            process = self.processes.pop(message.number, None)
            if process is not None:
                if process in self._spares:
                    self._spares.remove(process)
                self._events.on_exit(process, message.status, message.never_was)
                self._close_if_done()
        elif isinstance(message, Ready):
            self._imported(message)

    def _imported(self, message: Ready) -> None:
        self.ready = True
        self.unsafe = message.unsafe
        self.engine = message.engine
        if self.unsafe is not None:
            waiting, self.waiting = list(self.waiting), deque()
            self._events.on_unsafe(self, waiting)
            self.close()
            return
        if self.waiting:
            self._events.in_line(self)
        if message.broken:
            self.retire()  # the next try imports again: the file may be mended

    def give_up_import(self) -> None:
        """Kill a zygote that hangs in its import where no signal reaches Python code."""
        if not self.ready and not self.gone and self._pid:
            os.kill(self._pid, signal.SIGKILL)

    def retire(self) -> None:
        """Take no more attempts; go when the last one here has ended."""
        self.retired = True
        while self._spares:
            process = self._spares.popleft()
            process.let_go()
        self._close_if_done()

    def _close_if_done(self) -> None:
        if self.retired and not self.processes and not self.waiting:
            self.close()

    def close(self) -> None:
        """Let the zygote go now: it ends what it still has."""
        if not self.gone:
            self.gone = True
            self._selector.unregister(self._control)
            self._control.close()

    def _lost(self) -> None:
        """The zygote died; so did, by the kernel's hand, every process it made."""
        self.close()
        self.retired = True
        waiting, self.waiting = list(self.waiting), deque()
        processes, self.processes = list(self.processes.values()), {}
        self._spares.clear()
        for process in processes:
            if process.pid:
                process.signal(signal.SIGKILL)
            self._events.on_exit(process, None, None)
        if waiting:
            self._events.on_unsafe(self, waiting)
