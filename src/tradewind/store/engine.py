"""Opening the database, and the two ways to use it: ``read()`` and ``write()``.

A write is one short transaction. SQLite allows one writer, so it begins IMMEDIATE and queues up at once instead of
failing half-way; PostgreSQL and MySQL lock the rows that the writes and claims name.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from tradewind.errors import DatabaseTrouble, InvalidArgument, OutsideTrouble
from tradewind.settings import Settings
from tradewind.store.tables.base import EPOCH
from tradewind.store.trouble import told

#: What every function of the store takes first.
Conn = sa.Connection
T = TypeVar("T")

_WRITE = "tradewind_write"
LONGEST_RETRY_SECONDS = 20.0
_KNOWN = ("sqlite", "postgresql", "mysql", "mariadb")
#: MariaDB's and MySQL's numbers for a broken CHECK, which their drivers file under other trouble.
_BROKEN_CHECK = (4025, 3819)
_TRANSIENT = ("locked", "busy", "deadlock", "lock wait timeout", "serializ", "cannot be reached")


class Store:
    """One database. Cheap to hold; connections come from its pool."""

    def __init__(self, engine: sa.Engine, settings: Settings) -> None:
        self.engine = engine
        self.settings = settings
        self.dialect = "mysql" if engine.dialect.name == "mariadb" else engine.dialect.name
        #: what ``reads.versions`` keeps compiled; here because ids mean something in this database only
        self.kept: dict[str, Any] = {}
        self._writer = engine.execution_options(**{_WRITE: True})
        self._file = engine.url.database if self.dialect == "sqlite" else None
        self._inode: int | None = None

    @contextlib.contextmanager
    def read(self) -> Iterator[Conn]:
        """A connection that sees one consistent state and writes nothing."""
        with _telling_trouble(), self.engine.connect() as conn:
            yield conn

    @contextlib.contextmanager
    def write(self) -> Iterator[Conn]:
        """One short transaction: committed at the end, rolled back when the block raises."""
        with _telling_trouble(), self._writer.begin() as conn:
            yield conn

    def retry(self, work: Callable[[Conn], T], *, tries: int = 5) -> T:
        """``work(conn)`` in a write transaction, again after transient trouble (locks, lost connections).

        ``work`` may therefore run more than once; it must touch nothing but the connection.
        """
        began = time.monotonic()
        for left in range(tries - 1, -1, -1):
            try:
                with self.write() as conn:
                    return work(conn)
            except DatabaseTrouble as trouble:
                # A lock that was waited for in vain is not waited for five times over.
                if not left or not is_transient(trouble) or time.monotonic() - began > LONGEST_RETRY_SECONDS:
                    raise
                time.sleep(random.uniform(0.005, 0.05) * (tries - left))
        raise AssertionError("unreachable")

    def check_file(self) -> None:
        """See that the SQLite file is still the one that is open; long-lived processes ask now and then.

        Who removes or replaces the file leaves us with one that nobody else sees. Raises DatabaseTrouble while it is
        gone; turns to the new one when there is another.
        """
        if self._file is None or self._file == ":memory:":
            return
        try:
            inode = Path(self._file).stat().st_ino
        except FileNotFoundError:
            if self._inode is None:
                return  # not made yet
            raise DatabaseTrouble(
                f"The file of the database, {self._file}, is gone.",
                hint="Put it back (or a backup of it); or stop Tradewind and start it again with a new, empty one.",
            ) from None
        if self._inode is not None and inode != self._inode:
            self.engine.dispose()
        self._inode = inode

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def is_transient(trouble: BaseException) -> bool:
    """True when trying the same transaction again may work."""
    text = str(trouble).lower()
    return any(word in text for word in _TRANSIENT)


@contextlib.contextmanager
def _telling_trouble() -> Iterator[None]:
    try:
        yield
    except sa.exc.IntegrityError:
        raise  # the caller's business: it knows which thing exists already
    except sa.exc.DBAPIError as error:
        raise told(error.orig or error) from error


#: Raised through ``write()`` when a row exists already.
IntegrityError = sa.exc.IntegrityError


def database_url(text: str) -> URL:
    """The address with the driver we use: psycopg 3 for PostgreSQL, PyMySQL for MySQL and MariaDB."""
    try:
        url = make_url("postgresql" + text[len("postgres") :] if text.startswith("postgres:") else text)
    except sa.exc.ArgumentError:
        raise InvalidArgument(
            "[database] sql_alchemy_conn is not a database address.",
            field="[database] sql_alchemy_conn",
            hint="Write for example sqlite:////home/me/tradewind.db or postgresql://user:password@host/name.",
        ) from None
    driver = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}.get(
        url.drivername.split("+")[0]
    )
    return url.set(drivername=driver) if driver else url


def open_store(settings: Settings) -> Store:
    """The store of these settings. Makes the folder of a SQLite file; does not migrate (see ``store.migrate``)."""
    url = database_url(settings.get_str("database", "sql_alchemy_conn"))
    name = url.get_backend_name()
    if name not in _KNOWN:
        raise InvalidArgument(
            f"Tradewind cannot keep its tables in {name!r}.",
            field="[database] sql_alchemy_conn",
            hint="Use sqlite, postgresql, mysql or mariadb.",
        )
    try:
        engine = _sqlite(url, settings) if url.get_backend_name() == "sqlite" else _server(url)
    except ModuleNotFoundError as missing:
        extra = "postgres" if "psycopg" in str(missing) else "mysql"
        raise InvalidArgument(
            f"The driver for {url.get_backend_name()} is not installed ({missing.name}).",
            field="[database] sql_alchemy_conn",
            hint=f"Run: pip install 'tradewind[{extra}]'",
        ) from None
    return Store(engine, settings)


def _server(url: URL) -> sa.Engine:
    options: dict[str, Any] = {"pool_size": 10, "max_overflow": 40, "pool_pre_ping": True}
    if url.get_backend_name() != "postgresql":
        options["isolation_level"] = "READ COMMITTED"
        # Plain statements quote names in the standard way ("key", "before").
        options["connect_args"] = {"init_command": "SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')"}
    return sa.create_engine(url, **options)


def _sqlite(url: URL, settings: Settings) -> sa.Engine:
    if url.database and url.database != ":memory:":
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutsideTrouble(
                f"The folder of the database {url.database} cannot be made: {error.strerror or error}.",
                hint="Name another place in [database] sql_alchemy_conn, or mend the rights on that folder.",
            ) from None
    engine = sa.create_engine(
        url, connect_args={"check_same_thread": False, "timeout": 30}, pool_size=20, max_overflow=40
    )
    synchronous = settings.get_str("database", "sqlite_synchronous")

    @sa.event.listens_for(engine, "connect")
    def _connected(raw: Any, record: Any) -> None:
        raw.isolation_level = None  # the driver would begin by itself, and too late
        for pragma in (
            "busy_timeout = 30000",
            "journal_mode = WAL",
            f"synchronous = {synchronous}",
            "foreign_keys = ON",
            "temp_store = MEMORY",
            "cache_size = -16000",
            "mmap_size = 134217728",
            "wal_autocheckpoint = 4000",
        ):
            raw.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begun(conn: Conn) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get(_WRITE) else "BEGIN")

    return engine


# Hot statements are plain text run by the driver: SQLAlchemy's compiler and type processing cost more than SQLite does.


def sql_for(conn: Conn, text: str) -> str:
    """The statement in the driver's parameter style (written with ``?``)."""
    return text if conn.dialect.name == "sqlite" else text.replace("?", "%s")


def run(conn: Conn, text: str, rows: Sequence[tuple[Any, ...]]) -> int:
    """Run one statement for many rows of parameters; how many table rows it touched in all."""
    if not rows:
        return 0
    cursor = _cursor(conn)
    try:
        if len(rows) == 1:
            cursor.execute(sql_for(conn, text), rows[0])
        else:
            cursor.executemany(sql_for(conn, text), rows)
        return int(cursor.rowcount)
    except Exception as error:
        raise _translated(conn, text, error) from error
    finally:
        cursor.close()


def query(conn: Conn, text: str, values: tuple[Any, ...] = ()) -> Sequence[Any]:
    """All rows of one plain statement."""
    cursor = _cursor(conn)
    try:
        if values:
            cursor.execute(sql_for(conn, text), values)
        else:
            cursor.execute(text)
        rows = cursor.fetchall()
        return rows if isinstance(rows, list) else list(rows)
    except Exception as error:
        raise _translated(conn, text, error) from error
    finally:
        cursor.close()


def _cursor(conn: Conn) -> Any:
    # The driver's own cursor inside SQLAlchemy's transaction: five times cheaper per statement.
    return conn.connection.cursor()


def _translated(conn: Conn, text: str, error: Exception) -> Exception:
    dbapi: Any = conn.dialect.dbapi
    if isinstance(error, dbapi.IntegrityError) or error.args[:1] in [(number,) for number in _BROKEN_CHECK]:
        return sa.exc.IntegrityError(text, None, error)
    return sa.exc.OperationalError(text, None, error) if isinstance(error, dbapi.Error) else error


def us(at: datetime | None) -> int | None:
    """A time as the tables keep it (see ``tables.base.UtcTime``), for plain statements."""
    if at is None:
        return None
    delta = at - EPOCH
    return (delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds


def when(value: int | None) -> datetime | None:
    """The other way."""
    return None if value is None else EPOCH + timedelta(microseconds=value)


def as_json(value: Any) -> str | None:
    """A JSON column's text."""
    return None if value is None else msgspec.json.encode(value).decode()


def from_json(text: str | None) -> Any:
    """The other way."""
    return None if text is None else msgspec.json.decode(text)


def marks(count: int) -> str:
    """``?, ?, ?`` for IN lists."""
    return ", ".join("?" * count)


def lock(conn: Conn) -> str:
    """`` FOR UPDATE`` where rows can be locked; on SQLite the transaction holds the only write lock already."""
    return "" if conn.dialect.name == "sqlite" else " FOR UPDATE"
