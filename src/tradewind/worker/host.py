"""The worker host: one single-threaded process that runs tasks for the schedulers of one home and outlives them.

``python -m tradewind.worker.host --home H --name local``. Tasks run on when a scheduler is killed; their reports wait
here until a scheduler acknowledges them. It leaves by itself when nobody has been connected for [worker]
orphan_grace_seconds and nothing runs. One host per home and name: a lock file says so.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import importlib
import math
import os
import resource
import selectors
import signal
import socket
import sys
import traceback
import uuid
from pathlib import Path
from typing import Any

from tradewind.clock import Clock, SystemClock
from tradewind.domain.messages import (
    Acknowledged,
    Beat,
    CancelOrder,
    Decoder,
    Hello,
    HostDown,
    HostUp,
    Shutdown,
    TaskReply,
    WorkOrder,
    encode,
)
from tradewind.loop import run_folder
from tradewind.settings import Settings, load_settings
from tradewind.worker.nursery import name_process
from tradewind.worker.process import Attempt
from tradewind.worker.supervisor import Supervisor, WorkerFacts
from tradewind.worker.timers import Timers

LOCKED = 75  #: exit code: another host of that name lives
_CHUNK = 1 << 18
FENCE_SHARE = 0.8  # of a lease, after which a host that no scheduler speaks to ends its tasks
_REPEAT_SECONDS = 30.0  # a report that nobody acknowledged for so long is sent again


class Connection:
    """One scheduler. Frames for it are gathered during a turn of the loop and sent at its end, as one."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.decoder: Decoder[HostDown] = Decoder(HostDown)
        self.unsent = bytearray()
        self.writing = False


class Host:
    """The loop."""

    def __init__(self, facts: WorkerFacts, settings: Settings, name: str, fingerprint: str, clock: Clock) -> None:
        self._clock = clock
        self._name = name
        self._facts = facts
        self._beat_seconds = settings.get_float("worker", "heartbeat_seconds")
        self._grace = settings.get_float("worker", "orphan_grace_seconds")
        # Where other schedulers may take the work over, they do when the lease ends; then it must not run here any more.
        lease = settings.get_float("scheduler", "attempt_lease_seconds")
        alone = settings.get_str("database", "sql_alchemy_conn").startswith("sqlite")
        self._fence = math.inf if alone else FENCE_SHARE * lease
        self._worker = f"{name}-{uuid.uuid4().hex[:12]}"
        self._fingerprint = fingerprint
        self._folder = run_folder(settings.home)
        self._selector = selectors.DefaultSelector()
        self._timers = Timers(clock)
        self._connections: list[Connection] = []
        self._lonely_since = clock.monotonic()
        self._draining = False
        self._stopping = False
        self._supervisor = Supervisor(
            facts,
            selector=self._selector,
            timers=self._timers,
            clock=clock,
            tell=self._tell,
            complain=lambda text: print(text, file=sys.stderr, flush=True),  # noqa: T201  its stderr is its log
        )
        self._lock_fd = -1
        self._path = self._folder / f"worker-{name}-{os.getpid()}.sock"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._wake_read, self._wake_write = os.pipe()

    def open(self) -> bool:
        """Take the lock and listen. False: another host of that name lives."""
        self._lock_fd = os.open(self._folder / f"worker-{self._name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self._path.unlink(missing_ok=True)
        self._listener.bind(str(self._path))
        self._listener.listen(16)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._on_connect)
        for fd in (self._wake_read, self._wake_write):
            os.set_blocking(fd, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, self._on_signal)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop_soon)
        self._supervisor.zygote()
        self._timers.after(self._beat_seconds, self._beat)
        return True

    def run(self) -> None:
        """Until told to go, or lonely for too long."""
        try:
            while not self._done():
                wait = self._timers.wait()
                for key, events in self._selector.select(wait):
                    try:
                        key.data(events)
                    except Exception:
                        # One bad message or descriptor must not end the tasks of everybody.
                        traceback.print_exc()
                self._timers.run_due()
                for connection in list(self._connections):
                    self._flush(connection)
        finally:
            self._supervisor.close()
            self._path.unlink(missing_ok=True)

    def _done(self) -> bool:
        if self._stopping:
            return not self._supervisor.running() and not any(c.unsent for c in self._connections)
        lonely = not self._connections and self._clock.monotonic() - self._lonely_since >= self._grace
        if self._draining and not self._connections and not self._supervisor.attempts:
            return True
        return lonely and not self._supervisor.running()

    # -- schedulers ----------------------------------------------------------------------------------------------

    def _on_connect(self, events: int) -> None:
        sock, _ = self._listener.accept()
        sock.setblocking(False)
        connection = Connection(sock)
        self._connections.append(connection)

        def on_ready(events: int) -> None:
            if events & selectors.EVENT_READ:
                self._read(connection)

        self._selector.register(sock, selectors.EVENT_READ, on_ready)
        self._send(
            connection,
            Hello(
                worker=self._worker,
                pid=os.getpid(),
                fingerprint=self._fingerprint,
                attempt_ids=list(self._supervisor.attempts),
                draining=self._draining,
            ),
        )
        self._adopt(connection)

    def _adopt(self, connection: Connection) -> None:
        """Attempts whose scheduler is gone are this one's now; it hears all that the other may not have written."""
        for attempt in list(self._supervisor.attempts.values()):
            if attempt.owner not in self._connections or attempt.owner is connection:
                attempt.owner = connection
                self._supervisor.repeat(attempt)

    def _read(self, connection: Connection) -> None:
        try:
            data = connection.socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._disconnect(connection)
            return
        for message in connection.decoder.feed(data):
            self._obey(connection, message)

    def _obey(self, connection: Connection, message: HostDown) -> None:
        match message:
            case WorkOrder():
                self._supervisor.order(message, connection)
            case TaskReply():
                self._supervisor.reply(message)
            case Acknowledged():
                self._supervisor.acknowledge(message.attempt_ids)
            case CancelOrder():
                self._supervisor.cancel(message.attempt_id, message.why)
            case Shutdown():
                if message.kill:
                    self._stop("Tradewind was stopped")
                else:
                    self._drain()

    def _disconnect(self, connection: Connection) -> None:
        self._connections.remove(connection)
        self._selector.unregister(connection.socket)
        connection.socket.close()
        self._lonely_since = self._clock.monotonic()
        self._timers.after(self._grace, lambda: None)  # so that the loop looks again then
        for attempt in self._supervisor.attempts.values():
            if attempt.owner is connection:
                attempt.owner = None
        if self._connections:
            self._adopt(self._connections[-1])

    def _tell(self, attempt: Attempt, message: HostUp) -> None:
        if isinstance(attempt.owner, Connection):
            self._send(attempt.owner, message)

    def _send(self, connection: Connection, message: HostUp) -> None:
        connection.unsent += encode(message)

    def _flush(self, connection: Connection) -> None:
        if connection.unsent:
            try:
                sent = connection.socket.send(connection.unsent)
            except BlockingIOError:
                sent = 0
            except OSError:
                self._disconnect(connection)
                return
            del connection.unsent[:sent]
        if bool(connection.unsent) != connection.writing:
            connection.writing = bool(connection.unsent)
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.writing else 0)
            key = self._selector.get_key(connection.socket)
            self._selector.modify(connection.socket, events, key.data)

    def _beat(self) -> None:
        self._timers.after(self._beat_seconds, self._beat)
        now = self._clock.monotonic()
        if not self._connections and now - self._lonely_since > self._fence and self._supervisor.running():
            self._supervisor.end_all("no scheduler was heard of for nearly a lease")
        for attempt in self._supervisor.attempts.values():
            if attempt.final is not None and now - attempt.reported_at >= _REPEAT_SECONDS:
                self._supervisor.repeat(attempt)
        for connection in self._connections:
            theirs = [key for key, attempt in self._supervisor.attempts.items() if attempt.owner is connection]
            self._send(connection, Beat(host=self._facts.host, worker=self._worker, attempt_ids=theirs))

    # -- the end -------------------------------------------------------------------------------------------------

    def _stop_soon(self, number: int, frame: object) -> None:
        """Signal handler; the loop wakes by the wake-up descriptor and calls ``_on_signal``."""

    def _on_signal(self, events: int) -> None:
        with contextlib.suppress(BlockingIOError):
            if os.read(self._wake_read, 4096):
                self._stop("its worker host was told to stop")

    def _stop(self, why: str) -> None:
        """End every task, tell the schedulers, go."""
        self._stopping = True
        self._supervisor.end_all(why)

    def _drain(self) -> None:
        """Make room for a successor: give up the lock, finish what is here, answer to those who come for it. A
        scheduler that is connected and did not ask for this may go on sending orders.
        """
        if not self._draining:
            self._draining = True
            os.close(self._lock_fd)
            self._lock_fd = -1


def _host_name(settings: Settings) -> str:
    """[core] hostname_callable. The default asks no name server: a slow one would hold up every start."""
    path = settings.get_str("core", "hostname_callable").replace(":", ".")
    if path == "socket.getfqdn":
        return os.uname().nodename
    module, _, name = path.rpartition(".")
    return str(getattr(importlib.import_module(module), name)())


def _take_descriptors() -> int:
    """Two descriptors a task: raise our soft limit to the hard one. What it was is what tasks get."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return soft


def facts_from(settings: Settings) -> WorkerFacts:
    """What the settings say about workers."""
    return WorkerFacts(
        host=_host_name(settings),
        log_folder=settings.log_folder,
        log_level=settings.get_str("logging", "logging_level"),
        output_limit=settings.get_int("core", "task_output_limit"),
        stop_seconds=settings.get_float("core", "killed_task_cleanup_time"),
        import_seconds=settings.get_float("core", "dagbag_import_timeout"),
        file_zygotes=settings.get_int("worker", "file_zygotes"),
        file_zygote_tasks=settings.get_int("worker", "file_zygote_tasks"),
        files=_take_descriptors(),
    )


def _parse(argv: list[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="tradewind-worker", description="Runs tasks on this machine.")
    parser.add_argument("--home", type=Path, help="Home folder; TRADEWIND_HOME when left out.")
    parser.add_argument("--name", default="local", help="Name of the executor it works for.")
    parser.add_argument("--fingerprint", default="", help="Of the code and environment of the one who started it.")
    parser.add_argument("--ready-fd", type=int, default=-1, help="Descriptor to write to once it listens.")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run a host until it is done."""
    options = _parse(argv)
    if options.home is not None:
        os.environ["TRADEWIND_HOME"] = str(options.home)
    name_process("tradewind-worke")
    settings = load_settings()
    host = Host(facts_from(settings), settings, options.name, options.fingerprint, SystemClock())
    if not host.open():
        return LOCKED
    if options.ready_fd >= 0:
        os.write(options.ready_fd, b"1")
        os.close(options.ready_fd)
    host.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
