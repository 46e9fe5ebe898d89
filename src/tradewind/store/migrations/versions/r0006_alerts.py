"""Callbacks of DAGs, deadlines of runs, SLAs that were missed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tradewind.store.tables.base import Json, Key, LongText, UtcTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Three tables."""
    op.create_table(
        "callback",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("run_pk", Key, nullable=False),
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("reason", sa.String(length=50), nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("due_at", UtcTime, nullable=False),
        sa.Column("started_at", UtcTime, nullable=True),
        sa.Column("ended_at", UtcTime, nullable=True),
        sa.Column("lease_until", UtcTime, nullable=True),
        sa.Column("error", LongText, nullable=True),
        sa.Column("log_path", sa.String(length=1500), nullable=True),
        sa.CheckConstraint("state IN ('due', 'running', 'success', 'failed', 'lost')", name=op.f("ck_callback_state")),
        sa.ForeignKeyConstraint(
            ["run_pk"], ["dag_run.id"], name=op.f("fk_callback_run_pk_dag_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback")),
    )
    open_only = sa.text("state IN ('due', 'running')")
    op.create_index(
        "ix_callback_open", "callback", ["state", "due_at"], sqlite_where=open_only, postgresql_where=open_only
    )
    op.create_index("ix_callback_run", "callback", ["run_pk"])
    op.create_index("ix_callback_dag", "callback", ["dag_id", "id"])
    op.create_table(
        "run_deadline",
        sa.Column("run_pk", Key, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("due_at", UtcTime, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.CheckConstraint("kind IN ('sla', 'deadline')", name=op.f("ck_run_deadline_kind")),
        sa.CheckConstraint("state IN ('waiting', 'met', 'missed')", name=op.f("ck_run_deadline_state")),
        sa.ForeignKeyConstraint(
            ["run_pk"], ["dag_run.id"], name=op.f("fk_run_deadline_run_pk_dag_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_pk", "kind", "number", name=op.f("pk_run_deadline")),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_run_deadline_due", "run_deadline", ["state", "due_at"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_table(
        "sla_miss",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("run_pk", Key, nullable=False),
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("task_id", sa.String(length=250), nullable=False),
        sa.Column("due_at", UtcTime, nullable=False),
        sa.Column("missed_at", UtcTime, nullable=False),
        sa.Column("callback_id", Key, nullable=True),
        sa.Column("email_sent", sa.Boolean(), nullable=False),
        sa.Column("notification_sent", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_pk"], ["dag_run.id"], name=op.f("fk_sla_miss_run_pk_dag_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_miss")),
        sa.UniqueConstraint("run_pk", "task_id", name=op.f("uq_sla_miss_run_pk_task_id")),
    )
    op.create_index("ix_sla_miss_dag", "sla_miss", ["dag_id", "id"])
