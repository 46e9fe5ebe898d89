"""Limits by key, and the teams of fair share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Two columns, and the table of starts."""
    op.add_column("task_instance", sa.Column("limits", sa.Text(), nullable=True))
    op.add_column("dag", sa.Column("team", sa.String(length=250), nullable=True))
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "rate_start",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("limit_key", sa.String(length=250), nullable=False),
        sa.Column("per_us", key, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate_start")),
    )
    op.create_index("ix_rate_start", "rate_start", ["limit_key", "per_us", "at"])
