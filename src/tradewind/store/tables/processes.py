"""Which processes of the house live, and whether they make progress."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table

from tradewind.store.tables.base import Json, UtcTime, metadata

process = Table(
    "process",
    metadata,
    Column("id", String(100), primary_key=True),  # kind@host:pid:start
    Column("kind", String(50), nullable=False),  # scheduler, parser, api, worker, triggerer
    Column("host", String(250), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("beat_at", UtcTime, nullable=False),
    Column("progress_at", UtcTime, nullable=False),  # when it last did, or rightly had nothing to do
    Column("details", Json, nullable=False),
)
