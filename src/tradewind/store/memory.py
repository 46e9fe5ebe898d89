"""A database that lives and dies with this process: for rehearsals on a clock that runs ahead."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from tradewind.settings import Settings
from tradewind.store import tables  # noqa: F401  fills the metadata
from tradewind.store.engine import Conn, Store
from tradewind.store.tables.base import metadata


class MemoryStore(Store):
    """SQLite in memory, one connection, one endless transaction: nobody else looks, and nothing is kept.

    So a write that fails is not taken back: whoever plays here gives up then.
    """

    def __init__(self, settings: Settings) -> None:
        engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool, connect_args={"check_same_thread": False})

        @sa.event.listens_for(engine, "connect")
        def _connected(raw: Any, record: Any) -> None:
            raw.execute("PRAGMA journal_mode = OFF")

        super().__init__(engine, settings)
        metadata.create_all(engine)
        self._conn = engine.connect()

    @contextlib.contextmanager
    def read(self) -> Iterator[Conn]:
        """The one connection."""
        yield self._conn

    @contextlib.contextmanager
    def write(self) -> Iterator[Conn]:
        """The one connection."""
        yield self._conn

    def close(self) -> None:
        """Everything is gone."""
        self._conn.close()
        super().close()
