"""Heartbeats: which processes of the house live."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.engine import Connection

from tradewind.store.tables.processes import process


def beat(
    conn: Connection,
    identity: str,
    kind: str,
    host: str,
    pid: int,
    now: datetime,
    details: dict[str, Any],
    *,
    progress: bool = True,
) -> None:
    """This process lives; with ``progress`` it also did, or rightly had nothing to do."""
    values: dict[str, Any] = {"beat_at": now, "details": details}
    if progress:
        values["progress_at"] = now
    if conn.execute(update(process).where(process.c.id == identity).values(**values)).rowcount:
        return
    row = {"id": identity, "kind": kind, "host": host, "pid": pid, "started_at": now, "progress_at": now, **values}
    conn.execute(insert(process).values(**row))


def leave(conn: Connection, identity: str) -> None:
    """This process ended in good order."""
    conn.execute(delete(process).where(process.c.id == identity))
