"""Which processes of the house live."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from tradewind.store.tables.processes import process

#: One that beats but has got nowhere for so long is ill: its work lies, or its loop fails.
STUCK_SECONDS = 20.0
#: A dead process is shown for so long.
SHOWN_SECONDS = 3600.0


def list_processes(conn: Connection, now: datetime, silent_seconds: float = 30.0) -> list[dict[str, Any]]:
    """Those heard of lately, each ``healthy`` or ``unhealthy``, by kind and newest first.

    One that was not heard of for ``silent_seconds`` ([scheduler] scheduler_health_check_threshold) is taken for dead.
    """
    shown = []
    for row in conn.execute(select(process).order_by(process.c.kind, process.c.beat_at.desc())):
        silent = (now - row.beat_at).total_seconds()
        stuck = (row.beat_at - row.progress_at).total_seconds() >= STUCK_SECONDS
        if silent < SHOWN_SECONDS:
            good = silent < silent_seconds and not stuck
            shown.append(dict(row._mapping) | {"status": "healthy" if good else "unhealthy", "stuck": stuck})
    return shown
