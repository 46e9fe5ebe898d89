"""An index of the runs that a schedule or a backfill made, so that triggered ones need not be read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the index."""
    planned = sa.text("run_type IN ('scheduled', 'backfill')")
    op.create_index(
        "ix_dag_run_planned", "dag_run", ["dag_id", "logical_date"], sqlite_where=planned, postgresql_where=planned
    )
