"""Heartbeats: which processes of the house live."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.engine import Connection

from tradewind.store.tables.processes import process

#: A line that was not renewed for so long is removed by the next process of its kind.
FORGOTTEN_SECONDS = 86400.0


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
    # Those that were killed could not take their line away.
    forgotten = now - timedelta(seconds=FORGOTTEN_SECONDS)
    conn.execute(delete(process).where(process.c.kind == kind, process.c.beat_at < forgotten))
    row = {"id": identity, "kind": kind, "host": host, "pid": pid, "started_at": now, "progress_at": now, **values}
    conn.execute(insert(process).values(**row))


def leave(conn: Connection, identity: str) -> None:
    """This process ended in good order."""
    conn.execute(delete(process).where(process.c.id == identity))
