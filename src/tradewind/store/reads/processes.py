"""Which processes of the house live."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from tradewind.store.tables.processes import process

#: A process is taken for dead after so many seconds without a beat.
SILENT_SECONDS = 30.0
#: A dead process is shown for so long.
SHOWN_SECONDS = 3600.0


def list_processes(conn: Connection, now: datetime) -> list[dict[str, Any]]:
    """Those heard of lately, each ``healthy`` or ``unhealthy``, by kind and newest first."""
    shown = []
    for row in conn.execute(select(process).order_by(process.c.kind, process.c.beat_at.desc())):
        silent = (now - row.beat_at).total_seconds()
        if silent < SHOWN_SECONDS:
            shown.append(dict(row._mapping) | {"status": "healthy" if silent < SILENT_SECONDS else "unhealthy"})
    return shown
