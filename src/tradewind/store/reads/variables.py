"""Variables. Values come as they rest: sealed when ``is_encrypted``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from tradewind.errors import not_found
from tradewind.store.tables.values import variable


def list_variables(conn: Connection, *, limit: int, offset: int) -> tuple[int, list[dict[str, Any]]]:
    """How many there are, and one page by key."""
    total = int(conn.execute(select(func.count()).select_from(variable)).scalar_one())
    rows = conn.execute(select(variable).order_by(variable.c.key).limit(limit).offset(offset))
    return total, [dict(row._mapping) for row in rows]


def find_variable(conn: Connection, key: str) -> dict[str, Any] | None:
    """One, or None."""
    row = conn.execute(select(variable).where(variable.c.key == key)).one_or_none()
    return dict(row._mapping) if row else None


def one_variable(conn: Connection, key: str) -> dict[str, Any]:
    """One. Raises NotFound with a guess."""
    found = find_variable(conn, key)
    if found is None:
        raise not_found("variable", key, conn.execute(select(variable.c.key)).scalars())
    return found
