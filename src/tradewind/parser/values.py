"""Variables and connections for DAG files that read them at the top level: their values, and their fingerprints."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from typing import Any

from tradewind.backends.secrets.contract import Vault
from tradewind.backends.secrets.fernet import open_vault
from tradewind.parser.schedule import Digests
from tradewind.settings import Settings
from tradewind.store.engine import Store
from tradewind.store.reads.files import connection_digests, connection_row, variable_digests, variable_row


class Values:
    """Answers what a DAG file asks. Opens secrets; nothing of them is kept or logged."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._vault: Vault | None = None

    def answer(self, verb: str, args: dict[str, Any]) -> Any:
        """The value as the client's verb would return it."""
        if verb == "variable_get":
            with self._store.read() as conn:
                row = variable_row(conn, str(args["key"]))
            return row and self._open(row["value"], row["is_encrypted"])
        with self._store.read() as conn:
            row = connection_row(conn, str(args["conn_id"]))
        if row is None:
            return None
        fields = ("conn_type", "host", "schema", "login", "port", "description")
        sealed = {name: self._open(row[name], row["is_encrypted"]) for name in ("password", "extra")}
        return {name: row[name] for name in fields} | sealed

    def _open(self, text: str | None, is_encrypted: bool) -> str | None:
        if text is None or not is_encrypted:
            return text
        if self._vault is None:
            self._vault = open_vault(self._settings)
        return self._vault.decrypt(text)

    def digests(self, variables: Iterable[str], connections: Iterable[str]) -> Digests:
        """The fingerprint of each value as it is now: of its row, and of the environment that may hide the row."""
        variables, connections = set(variables), set(connections)
        if not variables and not connections:
            return {}
        with self._store.read() as conn:
            found = {f"variable:{key}": mark for key, mark in variable_digests(conn, variables).items()}
            found |= {f"connection:{key}": mark for key, mark in connection_digests(conn, connections).items()}
        for kind, short, names in (("variable", "VAR", variables), ("connection", "CONN", connections)):
            for name in names:
                for prefix in ("AIRFLOW", "TRADEWIND"):  # our own prefix wins
                    text = os.environ.get(f"{prefix}_{short}_{name.upper()}")
                    if text is not None:
                        found[f"{kind}:{name}"] = hashlib.sha256(text.encode()).hexdigest()
        return found
