"""Backfills and their planned runs; what sets a run apart from its DAG."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tradewind.store.tables.base import Json, Key, LongText, UtcTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables, and the column and index of the runs."""
    op.create_table(
        "backfill",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("from_date", UtcTime, nullable=False),
        sa.Column("to_date", UtcTime, nullable=False),
        sa.Column("conf", Json, nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("reprocess", sa.String(length=20), nullable=False),
        sa.Column("backwards", sa.Boolean(), nullable=False),
        sa.Column("max_active_runs", sa.Integer(), nullable=False),
        sa.Column("options", Json, nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("triggered_by", sa.String(length=250), nullable=True),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("updated_at", UtcTime, nullable=False),
        sa.Column("completed_at", UtcTime, nullable=True),
        sa.Column("cancelled_at", UtcTime, nullable=True),
        sa.CheckConstraint("reprocess IN ('none', 'failed', 'completed')", name=op.f("ck_backfill_reprocess")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backfill")),
    )
    op.create_index("ix_backfill_dag", "backfill", ["dag_id"])
    open_only = sa.text("completed_at IS NULL")
    op.create_index(
        "ix_backfill_open", "backfill", ["completed_at"], sqlite_where=open_only, postgresql_where=open_only
    )
    op.create_table(
        "backfill_run",
        sa.Column("backfill_id", Key, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("logical_date", UtcTime, nullable=False),
        sa.Column("interval_start", UtcTime, nullable=False),
        sa.Column("interval_end", UtcTime, nullable=False),
        sa.Column("intervals", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("run_pk", Key, nullable=True),
        sa.Column("reason", LongText, nullable=True),
        sa.CheckConstraint(
            "outcome IN ('planned', 'made', 'cleared', 'skipped')", name=op.f("ck_backfill_run_outcome")
        ),
        sa.PrimaryKeyConstraint("backfill_id", "ordinal", name=op.f("pk_backfill_run")),
    )
    op.add_column("dag_run", sa.Column("options", Json, nullable=True))
    tagged = sa.text("backfill_id IS NOT NULL")
    op.create_index(
        "ix_dag_run_backfill", "dag_run", ["backfill_id", "state"], sqlite_where=tagged, postgresql_where=tagged
    )
