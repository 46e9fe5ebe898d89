"""The heartbeat of an API process: one line in the table of processes, renewed while the event loop turns."""

from __future__ import annotations

import asyncio
import logging

from tradewind.actions import keep_alive
from tradewind.clock import Clock
from tradewind.errors import TradewindError
from tradewind.store.engine import Store

log = logging.getLogger("tradewind.api")
BEAT_SECONDS = 10.0


class Heart:
    """``start`` and ``stop`` belong to the event loop; the database is asked in a thread."""

    def __init__(self, store: Store, clock: Clock, *, seconds: float = BEAT_SECONDS) -> None:
        self._store = store
        self._clock = clock
        self._seconds = seconds
        self._identity = keep_alive.identity_of("api", clock.now())
        self._task: asyncio.Task[None] | None = None
        self._well = True

    def start(self) -> None:
        """Begin to beat."""
        self._task = asyncio.create_task(self._run(), name="api-heart")

    async def stop(self) -> None:
        """Beat no more, and take the line away."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None
            try:
                await asyncio.to_thread(keep_alive.leave, self._store, self._identity)
            except TradewindError as trouble:
                log.warning("the last heartbeat: %s", trouble)

    async def _run(self) -> None:
        while True:
            await asyncio.to_thread(self._beat)
            await asyncio.sleep(self._seconds)

    def _beat(self) -> None:
        try:
            keep_alive.beat(self._store, self._identity, "api", self._clock.now(), {})
            self._well = True
        except TradewindError as trouble:
            if self._well:  # told once, not every ten seconds for as long as it lasts
                log.warning("heartbeat: %s", trouble)
            self._well = False
