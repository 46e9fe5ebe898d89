"""One event loop full of triggers, in a process of its own: the triggerer's child.

Every step that a trigger's code takes is noted on the ``Board``, memory shared with the triggerer, before it is taken:
so the triggerer can name the one that does not come back, even while this process holds the interpreter lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import faulthandler
import itertools
import mmap
import os
import signal
import socket
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tradewind import errors
from tradewind.clock import SystemClock
from tradewind.domain.messages import (
    CancelOrder,
    Decoder,
    FileRef,
    TaskReply,
    TaskRequest,
    TriggerDown,
    TriggerFailed,
    TriggerFired,
    TriggerOrder,
    XComValue,
)
from tradewind.sdk import current, loading, masking
from tradewind.sdk.configuration import import_path
from tradewind.sdk.triggers.base import BaseTaskEndEvent
from tradewind.sdk.values import decode
from tradewind.sdk.values import encode as encode_value
from tradewind.worker import capture
from tradewind.worker.capture import TaskLog
from tradewind.worker.client import Channel, PipeClient
from tradewind.worker.mask import Masker
from tradewind.worker.nursery import die_with_parent, name_process

_clock = SystemClock()
_HERE = "triggerer.py:1"
_CHUNK = 1 << 18
#: How often the probe comes round.
PROBE_SECONDS = 1.0
#: A step that took longer is mentioned in the task's log.
SLOW_STEP_SECONDS = 0.25
_ANSWER_SECONDS = 120.0
_ID_SIZE = 40

OWNER: contextvars.ContextVar[TriggerOrder | None] = contextvars.ContextVar("trigger", default=None)


class Board:
    """What the loop does right now: who steps since when, when the probe came round last, and how late."""

    _FORM = struct.Struct(f"<d{_ID_SIZE}s")
    _PROBE = struct.Struct("<dd")

    def __init__(self) -> None:
        self._map = mmap.mmap(-1, 128)

    def begin(self, owner: bytes) -> None:
        """A step begins."""
        self._FORM.pack_into(self._map, 0, time.monotonic(), owner)

    def end(self) -> None:
        """It came back."""
        struct.pack_into("<d", self._map, 0, 0.0)

    def stepping(self) -> tuple[str, float] | None:
        """(attempt id, since when) of the step under way."""
        since, owner = self._FORM.unpack_from(self._map, 0)
        again, _ = self._FORM.unpack_from(self._map, 0)
        return (owner.rstrip(b"\0").decode(), since) if since and since == again else None

    def probe(self, lag: float) -> None:
        """The probe came round, so much later than it should."""
        self._PROBE.pack_into(self._map, 64, time.monotonic(), lag)

    def probed(self) -> tuple[float, float]:
        """(when it came round last, how late)."""
        at, lag = self._PROBE.unpack_from(self._map, 64)
        return at, lag


class _Stepping(Coroutine[Any, Any, Any]):
    """A coroutine whose every step is on the board."""

    def __init__(self, inner: Any, order: TriggerOrder, board: Board) -> None:
        self._inner, self._order, self._board = inner, order, board
        self._owner = order.attempt_id.encode()

    def _step(self, step: Callable[..., Any], *given: Any) -> Any:
        began = time.monotonic()
        self._board.begin(self._owner)
        try:
            return step(*given)
        finally:
            self._board.end()
            seconds = time.monotonic() - began
            if seconds > SLOW_STEP_SECONDS:
                slow = f"Trigger {self._order.trigger} held up the event loop for {seconds:.2f} s."
                OwnerLog.of(self._order).line(_HERE, "WARNING", slow)

    def send(self, value: Any) -> Any:
        return self._step(self._inner.send, value)

    def throw(self, *given: Any) -> Any:
        return self._step(self._inner.throw, *given)

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._inner.__await__()  # type: ignore[no-any-return]


class OwnerLog(TaskLog):
    """Lines go to the log of the task whose trigger runs; without one to the triggerer's own output."""

    folder = ""
    limit = 0
    masker = Masker(masking.known)

    def __init__(self) -> None:
        self.trouble = None

    @property
    def is_open(self) -> bool:
        """Always: each line finds its own file."""
        return True

    @classmethod
    def of(cls, order: TriggerOrder) -> TaskLog:
        """The log file of a waiting task, opened for this moment only: thousands wait."""
        return _Brief(f"{cls.folder}/{order.log_path}", cls.masker.mask, cls.limit)

    def line(self, place: str, level: str, text: str, created: float | None = None) -> None:
        """One message."""
        order = OWNER.get()
        if order is None:
            os.write(2, f"{level} {text}\n".encode(errors="replace"))
        else:
            self.of(order).line(place, level, text, created)


class _Brief(TaskLog):
    """Closes itself after one line."""

    def line(self, place: str, level: str, text: str, created: float | None = None) -> None:
        super().line(place, level, text, created)
        self.close()


class TriggerClient(PipeClient):
    """``TaskClient`` for whatever trigger asks: from a thread it waits there, on the loop it serves the socket itself."""

    def __init__(self, loop: TriggerLoop) -> None:
        super().__init__(loop.channel, "")
        self._loop = loop

    def _ask(self, verb: str, **args: Any) -> Any:
        order = OWNER.get()
        if order is None:
            raise errors.OutsideTrouble(f"Only a running trigger can ask for {verb}.")
        reply = self._loop.ask(order.attempt_id, verb, args)
        return self.answer(verb, reply)


class TriggerLoop:
    """The loop."""

    def __init__(self, sock: socket.socket, board: Board) -> None:
        self._socket, self._board = sock, board
        self.channel = Channel(sock.fileno())
        self._decoder: Decoder[TriggerDown] = Decoder(TriggerDown)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._asked: dict[tuple[str, int], Future[TaskReply]] = {}
        self._numbers = itertools.count(1)
        self._classes: dict[tuple[str, str, str], Any] = {}
        self._thread = threading.get_ident()
        self._stopped = asyncio.Event()

    async def main(self) -> None:
        """Until the triggerer closes the socket."""
        loop = asyncio.get_running_loop()
        loop.set_task_factory(self._make_task)
        current.set_client(TriggerClient(self))
        loop.add_reader(self._socket.fileno(), self._read)
        probe = loop.create_task(self._probe())
        await self._stopped.wait()
        probe.cancel()

    async def _probe(self) -> None:
        while True:
            due = time.monotonic() + PROBE_SECONDS
            await asyncio.sleep(PROBE_SECONDS)
            self._board.probe(max(0.0, time.monotonic() - due))

    def _make_task(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **more: Any) -> asyncio.Task[Any]:
        context = more.get("context")
        order = context.get(OWNER) if context is not None else OWNER.get()
        if order is not None:
            coroutine = _Stepping(coroutine, order, self._board)
        return asyncio.Task(coroutine, loop=loop, **more)

    # -- the socket --------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        data = self._socket.recv(_CHUNK)
        if not data:
            os._exit(0)  # the triggerer is gone, or has no use for this loop; nothing here may keep it
        for message in self._decoder.feed(data):
            if isinstance(message, TriggerOrder):
                self._begin(message)
            elif isinstance(message, CancelOrder):
                task = self._tasks.get(message.attempt_id)
                if task is not None:
                    task.cancel(message.why)
            else:
                waiting = self._asked.pop((message.attempt_id, message.number), None)
                if waiting is not None:
                    waiting.set_result(message)

    def ask(self, attempt_id: str, verb: str, args: dict[str, Any]) -> TaskReply:
        """One question to the brain, answered."""
        number = next(self._numbers)
        waiting: Future[TaskReply] = Future()
        self._asked[attempt_id, number] = waiting
        self.channel.send(TaskRequest(attempt_id=attempt_id, number=number, verb=verb, args=args))
        while threading.get_ident() == self._thread and not waiting.done():
            self._read()  # user code asks without awaiting: the loop stands still, but the answer must come in
        return waiting.result(_ANSWER_SECONDS)

    # -- triggers ----------------------------------------------------------------------------------------------------

    def _begin(self, order: TriggerOrder) -> None:
        if order.attempt_id in self._tasks:
            return
        context = contextvars.copy_context()
        context.run(OWNER.set, order)
        task = asyncio.get_running_loop().create_task(self._watch(order), context=context)
        self._tasks[order.attempt_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(order.attempt_id, None))

    async def _watch(self, order: TriggerOrder) -> None:
        trigger: Any = None
        try:
            kind = await self._class_of(order)
            trigger = kind(**decode(order.kwargs))
            trigger.task_instance = SimpleNamespace(
                dag_id=order.dag_id,
                run_id=order.run_id,
                task_id=order.task_id,
                map_index=order.map_index,
                try_number=order.try_number,
            )
            trigger.trigger_id = order.attempt_id
            async with contextlib.aclosing(trigger.run()) as events:
                async for event in events:
                    self.channel.send(_fired(order, event))
                    return
            raise errors.UserMistake("The trigger's run() ended without an event.", hint="Yield a TriggerEvent.")
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            lines = traceback.format_exception(error)
            OwnerLog.of(order).line(_HERE, "ERROR", f"Trigger {order.trigger} failed\n{''.join(lines).rstrip()}")
            said = f"{type(error).__name__}: {error}"
            self.channel.send(
                TriggerFailed(attempt_id=order.attempt_id, at=_clock.now(), error=said[:2000], traceback=lines)
            )
        finally:
            if trigger is not None:
                await trigger.cleanup()

    async def _class_of(self, order: TriggerOrder) -> Any:
        key = (order.file.root, order.trigger, order.file.hash)
        if key not in self._classes:
            # In a thread: what it imports may take its time.
            self._classes[key] = await asyncio.to_thread(trigger_class, order.trigger, order.file)
        return self._classes[key]


#: One import at a time: a module half made by one thread must not be seen by another.
_importing = threading.Lock()
_loaded: dict[str, str] = {}  #: module of a DAG file -> hash of the version that was imported


def trigger_class(path: str, file: FileRef) -> Any:
    """The class, imported as a DAG file of its bundle would; from the DAG file itself when it is defined there."""
    root = Path(file.root)
    module, _, name = path.replace(":", ".").rpartition(".")
    with _importing:
        for place in (root, root / "plugins"):
            if str(place) not in sys.path and place.is_dir():
                sys.path.insert(0, str(place))
        if module == loading.module_name(root / file.path) and _loaded.get(module) != file.hash:
            loading.load_file(root / file.path, root, file.bundle)
            _loaded[module] = file.hash
        return import_path(f"{module}.{name}")


def _fired(order: TriggerOrder, event: Any) -> TriggerFired:
    text, _ = encode_value(getattr(event, "payload", event))
    xcoms: list[XComValue] = []
    state = None
    if isinstance(event, BaseTaskEndEvent):
        state = event.task_instance_state
        for key, value in (event.xcoms or {}).items():
            given, length = encode_value(value)
            xcoms.append(XComValue(key=key, value=given, length=length))
    OwnerLog.of(order).line(_HERE, "INFO", f"Trigger fired event {event!r}")
    return TriggerFired(attempt_id=order.attempt_id, at=_clock.now(), event=text, end_state=state, xcoms=xcoms)


def serve(sock: socket.socket, board: Board, stacks: int, parent: int, log_folder: str, log_level: str) -> None:
    """Be a loop until the socket closes. Never returns."""
    die_with_parent(parent)
    name_process("tradewind-loop")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    faulthandler.register(signal.SIGUSR1, file=stacks, all_threads=False)
    OwnerLog.folder = log_folder
    capture.install(OwnerLog(), log_level)
    status = 1
    try:
        asyncio.run(_run(sock, board))
        status = 0
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(status)


async def _run(sock: socket.socket, board: Board) -> None:
    board.probe(0.0)
    await TriggerLoop(sock, board).main()
