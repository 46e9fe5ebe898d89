"""Run by Alembic: apply revisions on the connection handed in by ``store.migrate`` (or the settings' database)."""

from __future__ import annotations

from alembic import context

from tradewind.settings import load_settings
from tradewind.store.engine import open_store
from tradewind.store.tables import metadata


def _apply() -> None:
    conn = context.config.attributes.get("connection")
    if conn is not None:
        context.configure(connection=conn, target_metadata=metadata, render_as_batch=conn.dialect.name == "sqlite")
        context.run_migrations()
        return
    with open_store(load_settings()).write() as own:
        context.configure(connection=own, target_metadata=metadata, render_as_batch=own.dialect.name == "sqlite")
        context.run_migrations()


_apply()
