"""The triggerer: waits for deferred tasks, thousands in one event loop, and keeps those that misbehave from the others.

``python -m tradewind.worker.triggerer --fd N``: a child of its scheduler. It runs no user code itself; it passes orders
to loops (``watching``, forked from this process) and events back. It looks at the board of each loop: a trigger whose
step does not come back is named with file and line, its loop is left to its kind alone, and all others are started again
in a fresh one. A loop that died is replaced; what was under way there when it died is suspected the same way.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import selectors
import signal
import socket
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tradewind import compat
from tradewind.clock import Clock, SystemClock
from tradewind.domain.messages import (
    CancelOrder,
    Decoder,
    TaskReply,
    TaskRequest,
    TriggerDown,
    TriggerFailed,
    TriggerFired,
    TriggerHealth,
    TriggerOrder,
    encode,
)
from tradewind.sdk import current
from tradewind.settings import load_settings
from tradewind.worker import watching
from tradewind.worker.nursery import die_with_parent, name_process

_CHUNK = 1 << 18
_LOOK_SECONDS = 0.25
_HEALTH_SECONDS = 5.0
#: A step that takes longer than this holds up all other triggers of its loop.
BLOCK_SECONDS = 1.0
#: A loop whose probe does not come round for so long, with no step to blame, is replaced.
_HANG_SECONDS = 15.0
#: A loop that is told to go and does not.
_GRACE_SECONDS = 5.0
#: Another loop is opened when the ones there are this late or this full.
_LATE_SECONDS, _FULL = 0.3, 5000

LaneUp = TriggerFired | TriggerFailed | TaskRequest


class Lane:
    """One loop as the triggerer sees it. ``kind``: the only class it runs, or None when it is shared."""

    def __init__(self, pid: int, sock: socket.socket, board: watching.Board, stacks: int, now: float) -> None:
        self.pid, self.socket, self.board, self.stacks, self.started_at = pid, sock, board, stacks, now
        self.kind: str | None = None
        self.orders: dict[str, TriggerOrder] = {}
        self.decoder: Decoder[LaneUp] = Decoder(LaneUp)
        self.unsent = bytearray()
        self.blamed: str | None = None  #: the attempt whose step was reported already
        self.kill_at: float | None = None


class Triggerer:
    """The loops and the scheduler between them."""

    def __init__(
        self, sock: socket.socket, log_folder: Path, log_level: str, block_seconds: float, clock: Clock
    ) -> None:
        self._socket, self._clock = sock, clock
        self._log_folder, self._log_level, self._block = str(log_folder), log_level, block_seconds
        self._selector = selectors.DefaultSelector()
        self._decoder: Decoder[TriggerDown] = Decoder(TriggerDown)
        self._unsent = bytearray()
        self._lanes: list[Lane] = []
        self._lane_of: dict[str, Lane] = {}
        self._suspects: dict[str, None] = {}
        self._health_at = 0.0
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ, None)

    def run(self) -> None:
        """Until the scheduler closes the socket."""
        try:
            while self._turn():
                pass
        finally:
            for lane in self._lanes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(lane.pid, signal.SIGKILL)

    def _turn(self) -> bool:
        now = self._clock.monotonic()
        if now >= self._health_at:
            self._health_at = now + _HEALTH_SECONDS
            self._tell_health(now)
        self._flush_all()
        wait = _LOOK_SECONDS if self._lanes else max(0.0, self._health_at - now)
        for key, events in self._selector.select(wait):
            lane: Lane | None = key.data
            if events & selectors.EVENT_READ and not (self._hear(lane) if lane else self._obey()):
                return False
        now = self._clock.monotonic()
        for lane in list(self._lanes):
            self._look_at(lane, now)
        return True

    # -- the scheduler -----------------------------------------------------------------------------------------------

    def _obey(self) -> bool:
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            data = b""
        if not data:
            return False
        for message in self._decoder.feed(data):
            if isinstance(message, TriggerOrder):
                if message.attempt_id not in self._lane_of:
                    self._place(message)
            elif isinstance(message, CancelOrder):
                lane = self._lane_of.pop(message.attempt_id, None)
                if lane is not None:
                    lane.orders.pop(message.attempt_id, None)
                    self._tell(lane, message)
            else:
                self._answer(message)
        return True

    def _answer(self, reply: TaskReply) -> None:
        lane = self._lane_of.get(reply.attempt_id)
        if lane is not None:
            self._tell(lane, reply)

    def _up(self, message: msgspec.Struct) -> None:
        self._unsent += encode(message)

    def _tell_health(self, now: float) -> None:
        """Only while all shared loops come round: the scheduler takes silence for what it is."""
        shared = [lane for lane in self._lanes if lane.kind is None]
        if any(now - lane.board.probed()[0] > _HANG_SECONDS for lane in shared):
            return
        lag = max((lane.board.probed()[1] for lane in shared), default=0.0)
        self._up(
            TriggerHealth(
                pid=os.getpid(),
                triggers=len(self._lane_of),
                loops=len(self._lanes),
                lag_seconds=round(lag, 3),
                blocked=list(self._suspects),
            )
        )

    # -- the loops ---------------------------------------------------------------------------------------------------

    def _place(self, order: TriggerOrder) -> None:
        kind = order.trigger if order.trigger in self._suspects else None
        able = [lane for lane in self._lanes if lane.kind == kind and lane.kill_at is None]
        lane = min(able, key=lambda one: len(one.orders), default=None)
        late = lane is not None and (lane.board.probed()[1] > _LATE_SECONDS or len(lane.orders) >= _FULL)
        if lane is None or (late and len(able) < (os.cpu_count() or 1)):
            lane = self._new_lane()
            lane.kind = kind
        lane.orders[order.attempt_id] = order
        self._lane_of[order.attempt_id] = lane
        self._tell(lane, order)

    def _new_lane(self) -> Lane:
        ours, theirs = socket.socketpair()
        board = watching.Board()
        stacks = os.memfd_create("stacks") if hasattr(os, "memfd_create") else os.dup(2)
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._selector.close()
            self._socket.close()
            ours.close()
            for other in self._lanes:
                other.socket.close()
            watching.serve(theirs, board, stacks, parent, self._log_folder, self._log_level)
        theirs.close()
        ours.setblocking(False)
        lane = Lane(pid, ours, board, stacks, self._clock.monotonic())
        self._lanes.append(lane)
        self._selector.register(ours, selectors.EVENT_READ, lane)
        return lane

    def _tell(self, lane: Lane, message: msgspec.Struct) -> None:
        lane.unsent += encode(message)

    def _hear(self, lane: Lane) -> bool:
        try:
            data = lane.socket.recv(_CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            data = b""
        if not data:
            self._lost(lane)
            return True
        for message in lane.decoder.feed(data):
            # What a loop says of a trigger that was moved away from it does not count.
            if self._lane_of.get(message.attempt_id) is lane:
                self._up(message)
        return True

    def _look_at(self, lane: Lane, now: float) -> None:
        if lane.kill_at is not None:
            if now >= lane.kill_at:
                self._kill(lane)
            return
        if not lane.orders and (lane.kind is not None or len(self._lanes) > 1):
            self._dismiss(lane, now)
            return
        step = lane.board.stepping()
        if step is None:
            probed = max(lane.board.probed()[0], lane.started_at)
            if now - probed > _HANG_SECONDS:
                self._kill(lane)  # stands still outside of any trigger's code; its end of file moves the others
            return
        attempt_id, since = step
        if now - since < self._block or lane.blamed == attempt_id:
            return
        order = lane.orders.get(attempt_id)
        if order is None:
            # It was cancelled, but does not come back; the others need not wait for it.
            self._move(lane.orders.values(), lane)
            self._dismiss(lane, now)
            return
        lane.blamed = attempt_id
        os.kill(lane.pid, signal.SIGUSR1)  # it writes where it stands
        self._accuse(order, now - since, self._stack(lane))
        self._isolate(lane, order.trigger)

    def _stack(self, lane: Lane) -> str:
        """The innermost lines of the loop's thread, as ``faulthandler`` wrote them."""
        deadline = self._clock.monotonic() + 0.2
        text = ""
        while not text.count("\n") >= 2 and self._clock.monotonic() < deadline:
            with contextlib.suppress(OSError):
                text = os.pread(lane.stacks, 4096, 0).decode(errors="replace")
        with contextlib.suppress(OSError):
            os.ftruncate(lane.stacks, 0)
        return "\n".join(text.splitlines()[1:4])

    def _accuse(self, order: TriggerOrder, seconds: float, stack: str) -> None:
        text = (
            f"Trigger {order.trigger} of task {order.dag_id}.{order.task_id} blocks the event loop for {seconds:.1f} s."
            " It goes on in a process of its own; the others were moved away from it.\n"
            f"{stack or '  (no stack could be had)'}\n"
            "hint: wait with await (asyncio.sleep, an async client), or run what blocks in asyncio.to_thread(...)."
        )
        print(text, file=sys.stderr, flush=True)  # noqa: T201  its stderr is its log
        watching.OwnerLog.folder = self._log_folder
        watching.OwnerLog.of(order).line("triggerer.py:1", "WARNING", text)

    def _isolate(self, lane: Lane, kind: str) -> None:
        """Leave the loop to this class; all others start again elsewhere."""
        self._suspects[kind] = None
        if lane.kind is None:
            lane.kind = kind
            self._move([order for order in lane.orders.values() if order.trigger != kind], lane)

    def _move(self, orders: Iterable[TriggerOrder], lane: Lane) -> None:
        for order in list(orders):
            del lane.orders[order.attempt_id]
            del self._lane_of[order.attempt_id]
            self._tell(lane, CancelOrder(attempt_id=order.attempt_id, why="moved to another loop"))
            self._place(order)

    def _dismiss(self, lane: Lane, now: float) -> None:
        """It has nothing left to do: let it go in peace, or else."""
        lane.kill_at = now + _GRACE_SECONDS
        with contextlib.suppress(OSError):
            lane.socket.shutdown(socket.SHUT_WR)

    def _kill(self, lane: Lane) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(lane.pid, signal.SIGKILL)
        lane.kill_at = float("inf")  # the end of file follows

    def _lost(self, lane: Lane) -> None:
        """The loop's process ended; what waited there is started again."""
        self._selector.unregister(lane.socket)
        lane.socket.close()
        os.close(lane.stacks)
        self._lanes.remove(lane)
        with contextlib.suppress(ProcessLookupError):
            os.kill(lane.pid, signal.SIGKILL)  # one that only closed its socket must not be waited for
        _, status = os.waitpid(lane.pid, 0)
        step = lane.board.stepping()
        culprit = lane.orders.get(step[0]) if step is not None else None
        if culprit is not None:
            told = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit code {status >> 8}"
            if culprit.trigger in self._suspects and lane.blamed != culprit.attempt_id:
                error = f"The trigger ended its process ({told})."
                self._up(TriggerFailed(attempt_id=culprit.attempt_id, at=self._clock.now(), error=error))
                del lane.orders[culprit.attempt_id]
                del self._lane_of[culprit.attempt_id]
            self._suspects[culprit.trigger] = None
        for order in list(lane.orders.values()):
            del self._lane_of[order.attempt_id]
            self._place(order)

    # -- sending -----------------------------------------------------------------------------------------------------

    def _flush_all(self) -> None:
        self._flush(self._socket, self._unsent, None)
        for lane in self._lanes:
            if lane.kill_at is None:
                self._flush(lane.socket, lane.unsent, lane)

    def _flush(self, sock: socket.socket, unsent: bytearray, data: Lane | None) -> None:
        if unsent:
            try:
                del unsent[: sock.send(unsent)]
            except BlockingIOError:
                pass
            except OSError:
                unsent.clear()  # its end of file follows
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if unsent else 0)
        if self._selector.get_key(sock).events != events:
            self._selector.modify(sock, events, data)


def main(argv: list[str] | None = None) -> int:
    """``python -m tradewind.worker.triggerer --home H --fd N``: until the scheduler lets go."""
    parser = argparse.ArgumentParser(prog="tradewind-triggerer", description="Waits in place of deferred tasks.")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--block-seconds", type=float, default=BLOCK_SECONDS)
    given = parser.parse_args(argv)
    die_with_parent(os.getppid())
    name_process("tradewind-trigg")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the scheduler's socket says when it is over
    settings = load_settings({**os.environ, "TRADEWIND_HOME": str(given.home)})
    compat.install()
    current.no_home()
    sock = socket.socket(fileno=given.fd)
    sock.set_inheritable(False)
    gc.collect()
    gc.freeze()
    level = settings.get_str("logging", "logging_level")
    Triggerer(sock, settings.log_folder, level, given.block_seconds, SystemClock()).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
