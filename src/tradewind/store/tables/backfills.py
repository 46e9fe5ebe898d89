"""Backfills, and the runs each is made of.

A backfill is planned whole and made bit by bit: ``backfill_run`` has a slim row for each run from the start, a
``dag_run`` row is made when there is room for it.
"""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, PrimaryKeyConstraint, String, Table, text

from tradewind.store.tables.base import Json, Key, LongText, UtcTime, metadata

backfill = Table(
    "backfill",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("dag_id", String(250), nullable=False),
    Column("from_date", UtcTime, nullable=False),
    Column("to_date", UtcTime, nullable=False),
    Column("conf", Json, nullable=False),
    Column("is_paused", Boolean, nullable=False),
    Column("reprocess", String(20), nullable=False),  # none, failed, completed
    Column("backwards", Boolean, nullable=False),  # newest first
    Column("max_active_runs", Integer, nullable=False),
    Column("options", Json),  # domain.rules.adapt.RunOptions of its runs
    Column("total", Integer, nullable=False),  # rows of backfill_run
    Column("reached", Integer, nullable=False),  # the first of them that was not dealt with yet
    Column("triggered_by", String(250)),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("completed_at", UtcTime),
    Column("cancelled_at", UtcTime),
    CheckConstraint("reprocess IN ('none', 'failed', 'completed')", name="reprocess"),
    Index("ix_backfill_dag", "dag_id"),
    Index(
        "ix_backfill_open",
        "completed_at",
        sqlite_where=text("completed_at IS NULL"),
        postgresql_where=text("completed_at IS NULL"),
    ),
)

backfill_run = Table(
    "backfill_run",
    metadata,
    Column("backfill_id", Key, nullable=False),
    Column("ordinal", Integer, nullable=False),  # the order in which they are made, from 0
    Column("logical_date", UtcTime, nullable=False),
    Column("interval_start", UtcTime, nullable=False),
    Column("interval_end", UtcTime, nullable=False),
    Column("intervals", Integer, nullable=False),  # how many intervals of the schedule it covers
    Column("outcome", String(20), nullable=False),  # planned, made, cleared, skipped
    Column("run_pk", Key),  # the run that was made or cleared, or for which this one was skipped
    Column("reason", LongText),
    PrimaryKeyConstraint("backfill_id", "ordinal"),
    CheckConstraint("outcome IN ('planned', 'made', 'cleared', 'skipped')", name="outcome"),
)
