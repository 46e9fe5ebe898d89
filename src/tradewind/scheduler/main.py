"""The scheduler process: composes the real clock, store and executors, and runs the loop."""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import sys
import time
import types
import uuid
from typing import Any

import msgspec

from tradewind.clock import SystemClock
from tradewind.errors import InvalidArgument, OutsideTrouble, TradewindError
from tradewind.executor.contract import Executor
from tradewind.executor.inline import SequentialExecutor
from tradewind.executor.local import LocalExecutor
from tradewind.executor.triggers import LocalTriggers
from tradewind.loop import Bell, Ringer, process_lives
from tradewind.scheduler.alone import Alone
from tradewind.scheduler.health import HealthDoor, Progress, undone
from tradewind.scheduler.tick import Scheduler
from tradewind.settings import Settings, load_settings
from tradewind.store import claims, migrate
from tradewind.store.engine import Conn, open_store
from tradewind.store.notices import Notices, WideRinger
from tradewind.store.writes import processes
from tradewind.telemetry import LoopCrashed, ProcessStarted, emit

log = logging.getLogger("tradewind.scheduler")

_EXECUTORS = {"localexecutor": LocalExecutor, "sequentialexecutor": SequentialExecutor}
#: After a pass that failed: long enough not to spin, short enough not to be felt.
_CRASH_PAUSE_SECONDS = 0.2
_CRASH_PAUSE_MAX_SECONDS = 5.0


def build_executors(settings: Settings) -> dict[str, Executor]:
    """The executors of [core] executor by name, the default first."""
    executors: dict[str, Executor] = {}
    for given in settings.get_str("core", "executor").split(","):
        kind = _EXECUTORS.get(given.strip().rsplit(".", 1)[-1].lower())
        if kind is None:
            raise InvalidArgument(
                f"[core] executor: there is no executor {given.strip()!r}.",
                field="[core] executor",
                hint="Use LocalExecutor or SequentialExecutor.",
            )
        executor: Executor = kind(settings)
        executors[executor.name] = executor
    return executors


class SchedulerProcess:
    """The loop around ``Scheduler.tick``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = open_store(settings)
        migrate.check(self._store)
        self._alone = Alone(self._store)
        self._clock = SystemClock()
        self._host = socket.gethostname()
        self._identity = f"scheduler@{self._host}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._executors = build_executors(settings)
        self._triggers = LocalTriggers(settings)
        self._ringer = WideRinger(Ringer(settings.home), self._store)
        self._bell = Bell(settings.home, "scheduler")
        self._notices = Notices(self._store, "scheduler")
        self._stopping = False
        self._end_tasks = False
        self._wake_read, self._wake_write = os.pipe()
        self._scheduler = Scheduler(
            store=self._store,
            clock=self._clock,
            new_id=lambda: uuid.uuid4().hex,
            executors=self._executors,
            settings=settings,
            ringer=self._ringer,
            owner=self._identity,
            host=self._host,
            triggers=self._triggers,
        )
        self._progress = Progress(self._clock)
        self._door = HealthDoor(settings, self._progress)
        self._beat_seconds = settings.get_float("scheduler", "scheduler_heartbeat_sec")
        self._beat_at = 0.0
        self._triggerer_shown = False

    def run(self) -> None:
        """Until SIGTERM or SIGINT (tasks run on), or SIGQUIT (tasks are ended and put back)."""
        for fd in (self._wake_read, self._wake_write):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, self._on_signal)
        for executor in self._executors.values():
            executor.start()
        self._store.retry(lambda conn: _free_runs_of_the_dead(conn, self._host))
        emit(ProcessStarted("scheduler", os.getpid()))
        log.info("The scheduler runs (pid %s, executors: %s).", os.getpid(), ", ".join(self._executors))
        pause = _CRASH_PAUSE_SECONDS
        try:
            while not self._stopping:
                try:
                    self._beat()
                    sleep = self._scheduler.tick()
                    self._progress.passed(undone(self._scheduler))
                    pause = _CRASH_PAUSE_SECONDS
                except Exception as error:
                    self._progress.crashed(error)
                    emit(LoopCrashed("scheduler", repr(error)))
                    # Where trouble from outside surfaced is nobody's business; where a bug of ours did is ours.
                    inside = not isinstance(error, OutsideTrouble)
                    log.error("A pass failed, and is tried again in %.1f s: %s", pause, error, exc_info=inside)
                    sleep = 0.0
                    time.sleep(pause)
                    pause = min(pause * 2, _CRASH_PAUSE_MAX_SECONDS)
                if sleep > 0:
                    self._wait(sleep)
        finally:
            self._close()

    def _on_signal(self, number: int, frame: types.FrameType | None) -> None:
        self._stopping = True
        self._end_tasks = self._end_tasks or number == signal.SIGQUIT

    def _wait(self, seconds: float) -> None:
        wanted = {self._bell.fileno(): "bell", self._wake_read: "signal"}
        notices = self._notices.fileno()
        if notices is not None:
            wanted[notices] = "notices"
        for executor in self._executors.values():
            wanted.update(dict.fromkeys(executor.fileno(), "executor"))
        wanted.update(dict.fromkeys(self._triggers.fileno(), "triggers"))
        # poll() holds no descriptor of its own, so a fresh one costs nothing, and a number used again is no trap.
        with selectors.PollSelector() as selector:
            for fd, name in wanted.items():
                selector.register(fd, selectors.EVENT_READ, name)
            heard = {key.data for key, _ in selector.select(min(seconds, self._beat_seconds))}
        if "bell" in heard:
            self._bell.clear()
            self._scheduler.wake()
        if "notices" in heard and self._notices.clear():
            self._scheduler.wake()

    def _beat(self) -> None:
        now = self._clock.monotonic()
        if now < self._beat_at:
            return
        self._beat_at = now + self._beat_seconds
        self._notices.mend()
        self._store.check_file()
        details: dict[str, Any] = {
            "runs": len(self._scheduler.shelf.books),
            "attempts": len(self._scheduler.shelf.live),
            "free_slots": {name: executor.free_slots() for name, executor in self._executors.items()},
        }
        details |= self._progress.facts()
        progress = self._progress.since_a_beat(self._beat_seconds)
        waiting = self._triggers.health()
        name = self._identity.replace("scheduler@", "triggerer@", 1)

        def work(conn: Conn) -> None:
            at = self._clock.now()
            processes.beat(conn, self._identity, "scheduler", self._host, os.getpid(), at, details, progress=progress)
            if waiting is not None:
                facts = msgspec.to_builtins(waiting)
                processes.beat(conn, name, "triggerer", self._host, waiting.pid, at, facts)
            elif self._triggerer_shown and not self._triggers.fileno():
                processes.leave(conn, name)  # nothing waits any more, so it was let go

        self._store.retry(work)
        self._triggerer_shown = waiting is not None

    def _close(self) -> None:
        for executor in self._executors.values():
            executor.stop(kill=self._end_tasks)
        try:
            if self._end_tasks:
                self._scheduler.wake()
                self._scheduler.tick()  # what the workers said last: their tasks are put back
            self._scheduler.stop()
            for name in (self._identity, self._identity.replace("scheduler@", "triggerer@", 1)):
                self._store.retry(lambda conn, name=name: processes.leave(conn, name))  # type: ignore[misc]
        except TradewindError as error:
            log.warning("The scheduler could not write its last words; the next one finds out by itself: %s", error)
        self._triggers.stop()
        self._door.close()
        self._bell.close()
        self._notices.close()
        self._ringer.close()
        self._store.close()
        self._alone.close()


def _free_runs_of_the_dead(conn: Conn, host: str) -> None:
    """Runs of schedulers of this machine that were killed need not wait for their leases."""
    for owner in claims.owners(conn):
        name, _, rest = owner.partition("@")
        at, _, tail = rest.partition(":")
        pid = tail.split(":")[0]
        if name == "scheduler" and at == host and pid.isdigit() and not process_lives(int(pid)):
            claims.release_runs(conn, owner)


def main(argv: list[str] | None = None) -> int:
    """Run a scheduler until told to stop. Exit code 1 with a sentence when it cannot start, 2 when what it was told is wrong."""
    try:
        settings = load_settings()
        logging.basicConfig(
            level=settings.get_str("logging", "logging_level").upper(),
            format="%(asctime)s %(levelname)s %(name)s - %(message)s",
        )
        SchedulerProcess(settings).run()
    except TradewindError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201  before any log is open
        return 2 if isinstance(error, InvalidArgument) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
