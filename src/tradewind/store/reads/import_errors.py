"""What is wrong with DAG files, as the page shows it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from tradewind.errors import not_found
from tradewind.store.tables.dags import dag_file, import_error

_COLUMNS = (
    import_error.c.id, import_error.c.bundle, import_error.c.fileloc, import_error.c.code, import_error.c.message,
    import_error.c.line, import_error.c.hint, import_error.c.stacktrace, import_error.c.at,
)  # fmt: skip


def list_import_errors(conn: Connection) -> list[dict[str, Any]]:
    """All of them, by file."""
    rows = conn.execute(select(*_COLUMNS).order_by(import_error.c.bundle, import_error.c.fileloc))
    return [dict(row._mapping) for row in rows]


def one_import_error(conn: Connection, error_id: int) -> dict[str, Any]:
    """One by its id. Raises NotFound."""
    row = conn.execute(select(*_COLUMNS).where(import_error.c.id == error_id)).one_or_none()
    if row is None:
        raise not_found("import error", str(error_id))
    return dict(row._mapping)


def list_warnings(conn: Connection) -> list[dict[str, Any]]:
    """What the parser found odd in files that load."""
    rows = conn.execute(
        select(dag_file.c.bundle, dag_file.c.fileloc, dag_file.c.warnings).order_by(
            dag_file.c.bundle, dag_file.c.fileloc
        )
    )
    return [{"bundle": row.bundle, "fileloc": row.fileloc, **warning} for row in rows for warning in row.warnings or []]
