"""Making and mending the schema. ``check`` is cheap (no Alembic) so that every process may ask at its start."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from tradewind.errors import DatabaseTooNew, DatabaseTrouble
from tradewind.store.engine import Store
from tradewind.store.tables import values

#: The newest revision in ``migrations/versions``; a test compares them.
HEAD = "0006"
#: Every revision of this release, oldest first.
KNOWN = ("0001", "0002", "0003", "0004", "0005", "0006")

_FOLDER = Path(__file__).parent / "migrations"


def current(store: Store) -> str | None:
    """The revision of the database, None for an empty one."""
    with store.read() as conn:
        if not sa.inspect(conn).has_table("alembic_version"):
            return None
        row = conn.execute(sa.text("SELECT version_num FROM alembic_version")).first()
        return str(row[0]) if row else None


def check(store: Store) -> None:
    """Raise unless the schema is exactly the one this release works on."""
    found = current(store)
    if found == HEAD:
        return
    if found is not None and found not in KNOWN:
        raise DatabaseTooNew(
            f"The database is at revision {found}, which this release does not know (it knows up to {HEAD}).",
            hint="Install the newer release again, or restore a backup made before the upgrade.",
        )
    raise DatabaseTrouble(
        "The database is empty." if found is None else f"The database is at revision {found}, not {HEAD}.",
        hint="Run: tradewind db migrate",
    )


def upgrade(store: Store) -> bool:
    """Bring the schema up to date and fill in what every installation has. False: there was nothing to do."""
    found = current(store)
    if found is not None and found not in KNOWN:
        check(store)
    if found != HEAD:
        from alembic import command  # noqa: PLC0415  heavy, and needed once per release
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
        with store.write() as conn:
            if found is None and store.dialect == "mysql":
                # As packaged it takes "a" and "A" for one name; ids of DAGs and tasks are exact.
                conn.exec_driver_sql("ALTER DATABASE CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
            config.attributes["connection"] = conn
            command.upgrade(config, "head")
    with store.write() as conn:
        if conn.execute(sa.select(values.pool.c.name).where(values.pool.c.name == "default_pool")).first() is None:
            slots = store.settings.get_int("core", "default_pool_task_slot_count")
            conn.execute(
                values.pool.insert().values(
                    name="default_pool", slots=slots, description="Default pool", include_deferred=False
                )
            )
    return found != HEAD
