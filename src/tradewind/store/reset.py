"""Emptying a database: every table of ours is dropped. Whoever calls this has asked the person first."""

from __future__ import annotations

import sqlalchemy as sa

from tradewind.store.engine import Store
from tradewind.store.tables.base import metadata


def drop_everything(store: Store) -> None:
    """Drop our tables and Alembic's note of the revision; tables of others stay."""
    with store.write() as conn:
        metadata.drop_all(conn)
        conn.execute(sa.text("DROP TABLE IF EXISTS alembic_version"))
