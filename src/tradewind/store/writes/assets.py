"""Asset events, as tasks report them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tradewind.store.engine import Conn, as_json, run, us


def add_events(
    conn: Conn,
    events: Sequence[dict[str, Any]],
    dag_id: str,
    run_id: str,
    task_id: str,
    map_index: int,
    at: datetime,
) -> None:
    """Append events; the row ids are the order consumers read them in."""
    text = (
        "INSERT INTO asset_event (uri, at, extra, source_dag_id, source_run_id, source_task_id, source_map_index)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)"
    )
    rows = [
        (event["uri"], us(at), as_json(event.get("extra") or {}), dag_id, run_id, task_id, map_index)
        for event in events
        if event.get("uri")
    ]
    run(conn, text, rows)
