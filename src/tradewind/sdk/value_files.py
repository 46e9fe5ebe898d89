"""Connections and variables out of JSON files, for a run in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def take_files(client: Any, connections: Any, variables: Any) -> None:
    """Put what the files hold into the client."""
    if variables:
        known = json.loads(Path(variables).read_text(encoding="utf-8"))
        client.variables.update({k: v if isinstance(v, str) else json.dumps(v) for k, v in known.items()})
    if connections:
        from tradewind.sdk.connection import Connection  # noqa: PLC0415  only where a file is given

        for conn_id, value in json.loads(Path(connections).read_text(encoding="utf-8")).items():
            text = value if isinstance(value, str) else json.dumps(value)
            client.connections[conn_id] = Connection.from_text(text, conn_id).as_dict()
