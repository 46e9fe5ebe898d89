"""The home of a plain process: found by the entry point ``tradewind.home`` when a test, a prompt or ``python my_dag.py``
asks for a variable or a connection that neither a secrets backend nor the environment knows.
"""

from __future__ import annotations

from typing import Any

from tradewind.cli.home_client import StoredValues, store_of_home
from tradewind.settings import load_settings


def open_home() -> Any:
    """What answers from the database of the home; None where there is no database. Nothing is made or written."""
    settings = load_settings()
    store = store_of_home(settings)
    return StoredValues(store, settings) if store is not None else None
