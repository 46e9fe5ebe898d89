"""Which assets a name of an ``AssetAlias`` came to stand for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "asset_alias",
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column(
            "uri",
            sa.String(length=1500)
            .with_variant(sa.String(length=500), "mysql")
            .with_variant(sa.String(length=500), "mariadb"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("name", "uri", name=op.f("pk_asset_alias")),
    )
