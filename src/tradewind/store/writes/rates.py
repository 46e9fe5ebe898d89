"""Starts that rate limits count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tradewind.domain.rules.limits import Window
from tradewind.store.engine import Conn, run, us


def add_starts(conn: Conn, windows: Sequence[Window], at: datetime) -> None:
    """One start in each of these windows (named once for each start); what they no longer look back to is removed."""
    now = us(at) or 0
    rows = [(key, round(per * 1_000_000), now) for key, per in windows]
    old = sorted({(key, per, at - per) for key, per, at in rows})
    run(conn, "DELETE FROM rate_start WHERE limit_key = ? AND per_us = ? AND at <= ?", old)
    run(conn, "INSERT INTO rate_start (limit_key, per_us, at) VALUES (?, ?, ?)", rows)
