"""Pushed updates. One task per process hears the bell, reads the journal once, and tells every page that is open.

A page that is too slow to take its updates is cut off: the browser comes again by itself, and asks for what it missed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from tradewind.errors import TradewindError
from tradewind.loop import Bell
from tradewind.store.engine import Store
from tradewind.store.notices import Notices
from tradewind.store.reads import changes

log = logging.getLogger("tradewind.api")
_QUEUED = 64
_PING_SECONDS = 15.0
#: After so long a stream ends and the browser comes again: a log-in that is over ends with it.
_LONGEST_SECONDS = 900.0


def event(name: str, data: Any, number: int | None = None) -> bytes:
    """One server-sent event."""
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {name}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"


class Listener:
    """One open page (its queue), or one open log (only the wake-up)."""

    def __init__(self, *, takes_events: bool) -> None:
        self.takes_events = takes_events
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(_QUEUED)
        self.woken = asyncio.Event()
        self.closed = False

    def offer(self, item: bytes) -> None:
        """Queue an event, or cut the listener off when it does not keep up."""
        try:
            self.queue.put_nowait(item)
        except asyncio.QueueFull:
            self.close()

    def close(self) -> None:
        """End the stream after nothing more."""
        self.closed = True
        self.woken.set()
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Feed:
    """Reads what moved and fans it out. Runs only while somebody listens; lives on one event loop."""

    def __init__(self, store: Store, home: Path, *, poll_seconds: float = 2.0, gap_seconds: float = 0.1) -> None:
        self._store = store
        self._home = home
        self._poll = poll_seconds
        self._gap = gap_seconds
        self._listeners: set[Listener] = set()
        self._deletions: changes.Deletions | None = None
        self._task: asyncio.Task[None] | None = None
        self._ended: asyncio.Task[None] | None = None
        self._ready: asyncio.Event = asyncio.Event()

    async def listen(self, *, takes_events: bool = True) -> Listener:
        """Hear of everything from now on. Give the listener back with ``leave``."""
        listener = Listener(takes_events=takes_events)
        self._listeners.add(listener)
        if self._task is None or self._task.done():
            self._ready = asyncio.Event()
            self._task = asyncio.create_task(self._run(self._ended, self._ready), name="api-feed")
        await self._ready.wait()
        return listener

    def leave(self, listener: Listener) -> None:
        """Stop hearing; the last one out stops the reading."""
        self._listeners.discard(listener)
        if not self._listeners and self._task is not None:
            self._task.cancel()
            self._ended, self._task = self._task, None

    def close(self) -> None:
        """End every stream: the process stops."""
        for listener in list(self._listeners):
            listener.close()

    async def _run(self, before: asyncio.Task[None] | None, ready: asyncio.Event) -> None:
        if before is not None:  # it takes its bell down, which hangs in the same place as ours will
            await asyncio.wait({before})
        rung = asyncio.Event()
        bell = Bell(self._home, "api")
        loop = asyncio.get_running_loop()

        def heard(source: Bell | Notices) -> None:
            source.clear()
            rung.set()
            for listener in self._listeners:
                listener.woken.set()
            if far is not None and notices is not None and notices.fileno() is None:
                loop.remove_reader(far)  # the connection broke; it is made again below

        loop.add_reader(bell.fileno(), heard, bell)
        notices: Notices | None = None
        far: int | None = None
        try:
            found, mark, from_afar = await asyncio.to_thread(self._start)
            notices, far = from_afar, from_afar.fileno()
            if far is not None:
                loop.add_reader(far, heard, from_afar)
            ready.set()
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(rung.wait(), self._poll)
                rung.clear()
                for listener in self._listeners:
                    listener.woken.set()
                if notices is not None and notices.fileno() is None and await asyncio.to_thread(notices.mend):
                    far = notices.fileno()
                    assert far is not None
                    loop.add_reader(far, heard, notices)
                try:
                    found, fresh_mark = await asyncio.to_thread(self._look, found)
                except TradewindError as trouble:
                    log.warning("pushed updates: %s", trouble)
                    await asyncio.sleep(self._poll)
                    continue
                self._tell(found, dags_changed=fresh_mark != mark)
                mark = fresh_mark
                if len(found.ids) >= changes.BATCH:
                    rung.set()  # there is more
                await asyncio.sleep(self._gap)  # what moves in the meantime is told in one piece
        except Exception as trouble:
            # A page that comes again starts this afresh; one that stayed would wait for ever.
            log.warning("Pushed updates stop, and start again when the pages come back: %s", trouble)
            for listener in list(self._listeners):
                listener.close()
        finally:
            ready.set()
            loop.remove_reader(bell.fileno())
            bell.close()
            if far is not None:
                loop.remove_reader(far)
            if notices is not None:
                notices.close()

    def _start(self) -> tuple[changes.Changes, tuple[Any, ...], Notices]:
        with self._store.read() as conn:
            found = changes.changes_since(conn, changes.newest_ids(conn)[0])
            self._deletions = changes.deletions_since(conn, None)
            return found, self._mark(conn), Notices(self._store, "api")

    def _mark(self, conn: Any) -> tuple[Any, ...]:
        """Differs when pages must ask for their lists again. A deleted run leaves no line in the journal."""
        self._deletions = changes.deletions_since(conn, self._deletions)
        return (*changes.dags_fingerprint(conn), self._deletions.newest if self._deletions else 0)

    def _look(self, known: changes.Changes) -> tuple[changes.Changes, tuple[Any, ...]]:
        with self._store.read() as conn:
            found = changes.changes_since(conn, known.last_id, known.ids, known.last_run)
            return found, self._mark(conn)

    def _tell(self, found: changes.Changes, *, dags_changed: bool) -> None:
        items = []
        if found.runs or found.tasks:
            items.append(change_event(found))
        if dags_changed:
            items.append(event("dags", {}))
        for listener in list(self._listeners):
            if listener.takes_events:
                for item in items:
                    listener.offer(item)

    def missed_since(self, last_id: int) -> bytes | None:
        """What a page that comes again has missed, as one event; None for nothing. Blocks: call it in a thread."""
        with self._store.read() as conn:
            found = changes.changes_since(conn, last_id)
        return change_event(found) if found.runs or found.tasks else None


def change_event(found: changes.Changes) -> bytes:
    """The event of things that moved."""
    return event(
        "change", {"journal_id": found.last_id, "runs": found.runs, "tasks": found.tasks}, number=found.last_id
    )


async def page_events(feed: Feed, last_id: int | None) -> AsyncIterator[bytes]:
    """The stream of one open page. Begins with a ping, so that the page knows when it is live."""
    listener = await feed.listen()
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + _LONGEST_SECONDS
    try:
        yield b"retry: 1000\n" + event("ping", {})
        if last_id is not None:
            missed = await asyncio.to_thread(feed.missed_since, last_id)
            if missed:
                yield missed
        while loop.time() < ends_at:
            try:
                item = await asyncio.wait_for(listener.queue.get(), _PING_SECONDS)
            except TimeoutError:
                item = event("ping", {})
            if item is None:
                return
            yield item
    finally:
        feed.leave(listener)
