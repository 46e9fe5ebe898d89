"""The world's database: SQLite in memory on one connection, whose next write may fail before or after its commit."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from tradewind.errors import DatabaseTrouble
from tradewind.settings import Settings, load_settings
from tradewind.store import migrate
from tradewind.store.engine import Conn, Store, open_store
from tradewind.store.trouble import told

T = TypeVar("T")


@cache
def home() -> Path:
    """A home that every world of this process shares; nothing is written there but the empty database."""
    return Path(tempfile.mkdtemp(prefix="tradewind-sim-"))


@cache
def settings() -> Settings:
    """Few slots and few restarts, so that limits are met often."""
    return load_settings(
        {
            "TRADEWIND_HOME": str(home()),
            "TRADEWIND__SCHEDULER__LOST_TASK_RESTARTS": "3",
            "TRADEWIND__CORE__PARALLELISM": "8",
            # Twice the default: half the looking round, so more seeds.
            "TRADEWIND__SCHEDULER__RUN_LEASE_SECONDS": "60",
        }
    )


@cache
def image() -> bytes:
    """A migrated, empty database; made once per process and copied for each seed."""
    store = open_store(settings())
    migrate.upgrade(store)
    with store.engine.connect() as conn:
        raw: Any = conn.connection.driver_connection
        raw.execute("PRAGMA journal_mode = DELETE")
        found: bytes = raw.serialize()
    store.close()
    return found


@cache
def engine() -> sa.Engine:
    """One for all worlds of a process, so that a statement is compiled once; each world begins with a fresh image."""
    return sa.create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False, "isolation_level": None}
    )


class SimStore(Store):
    """Everybody's store. A write is atomic: one thread plays the world, so no other can come between."""

    def __init__(self) -> None:
        super().__init__(engine(), settings())
        self._conn = self.engine.connect()
        self.raw: Any = self._conn.connection.driver_connection
        self.raw.deserialize(image())
        self.raw.execute("PRAGMA foreign_keys = ON")
        self.raw.execute("PRAGMA temp_store = MEMORY")
        self._writing = False
        self.next_fault: str | None = None
        self.down = False  #: nobody reaches it
        self.failed = 0  #: writes that failed on purpose

    @property
    def changes(self) -> int:
        """Grows with every row that is written."""
        return int(self.raw.total_changes)

    @contextmanager
    def read(self) -> Iterator[Conn]:
        """See ``Store.read``."""
        self._reach()
        with _telling():
            yield self._conn
        if not self._writing:
            self._end()

    @contextmanager
    def write(self) -> Iterator[Conn]:
        """See ``Store.write``."""
        self._reach()
        fault, self.next_fault = self.next_fault, None
        self.raw.execute("BEGIN IMMEDIATE")
        self._writing = True
        try:
            with _telling():
                yield self._conn
            if fault == "before":
                raise DatabaseTrouble("the statement timed out (simulated, before the commit)")
        except BaseException:
            self.failed += fault is not None
            self.raw.rollback()
            self._end()
            raise
        finally:
            self._writing = False
        self.raw.commit()
        self._end()
        if fault == "after":
            self.failed += 1
            raise DatabaseTrouble("server closed the connection (simulated, after the commit)")

    def retry(self, work: Callable[[Conn], T], *, tries: int = 5) -> T:
        """As ``Store.retry``, without waiting: nobody else runs meanwhile."""
        with self.write() as conn:
            return work(conn)

    def _reach(self) -> None:
        if self.down:
            self.failed += 1
            raise DatabaseTrouble("the database cannot be reached (simulated)")

    def _end(self) -> None:
        if self._conn.in_transaction():
            self._conn.rollback()  # of SQLAlchemy's own book-keeping; the raw transaction is over

    def close(self) -> None:
        """The world is over; the connection is for the next one."""
        self._conn.close()


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except sa.exc.IntegrityError:
        raise
    except sa.exc.DBAPIError as error:
        raise told(error.orig or error) from error
