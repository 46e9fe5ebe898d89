"""Connections. Password and extra come as they rest: sealed when ``is_encrypted``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from tradewind.errors import not_found
from tradewind.store.tables.values import connection


def list_connections(conn: Connection, *, limit: int, offset: int) -> tuple[int, list[dict[str, Any]]]:
    """How many there are, and one page by id."""
    total = int(conn.execute(select(func.count()).select_from(connection)).scalar_one())
    rows = conn.execute(select(connection).order_by(connection.c.conn_id).limit(limit).offset(offset))
    return total, [dict(row._mapping) for row in rows]


def find_connection(conn: Connection, conn_id: str) -> dict[str, Any] | None:
    """One, or None."""
    row = conn.execute(select(connection).where(connection.c.conn_id == conn_id)).one_or_none()
    return dict(row._mapping) if row else None


def one_connection(conn: Connection, conn_id: str) -> dict[str, Any]:
    """One. Raises NotFound with a guess."""
    found = find_connection(conn, conn_id)
    if found is None:
        raise not_found("connection", conn_id, conn.execute(select(connection.c.conn_id)).scalars())
    return found
