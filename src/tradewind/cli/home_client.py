"""Variables and connections of the home, for the author's code that runs in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tradewind.errors import DatabaseTooNew, DatabaseTrouble
from tradewind.parser.values import Values
from tradewind.sdk.memory_client import MemoryClient
from tradewind.settings import Settings
from tradewind.store.engine import Store, database_url, open_store
from tradewind.store.migrate import check


class StoredValues:
    """Answers from the database of the home; writes nothing."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._values = Values(store, settings)

    def variable_get(self, *, key: str) -> str | None:
        """The text."""
        found: str | None = self._values.answer("variable_get", {"key": key})
        return found

    def connection_get(self, *, conn_id: str) -> dict[str, Any] | None:
        """Its fields."""
        found: dict[str, Any] | None = self._values.answer("connection_get", {"conn_id": conn_id})
        return found


class HomeClient(MemoryClient):
    """A task client in memory whose variables and connections are those of the home's database."""

    def __init__(self, settings: Settings, store: Store | None) -> None:
        stored = StoredValues(store, settings) if store is not None else None
        super().__init__(behind=lambda: stored)


def store_of_home(settings: Settings) -> Store | None:
    """The database of the home; None where there is none yet: testing a DAG file needs no database."""
    url = database_url(settings.get_str("database", "sql_alchemy_conn"))
    if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).is_file()):
        return None  # a look would make an empty one
    store = open_store(settings)
    try:
        check(store)
    except DatabaseTooNew:
        raise
    except DatabaseTrouble:
        return None
    return store
