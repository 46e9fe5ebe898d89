"""Rows of variables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, update

from tradewind.store.tables.values import variable


def put_variable(conn: Connection, key: str, **fields: Any) -> bool:
    """Keep it whether or not it is there already; True when it is new."""
    if change_variable(conn, key, **fields):
        return False
    conn.execute(insert(variable).values(key=key, **fields))
    return True


def change_variable(conn: Connection, key: str, **fields: Any) -> bool:
    """False when there is none."""
    return conn.execute(update(variable).where(variable.c.key == key).values(**fields)).rowcount == 1


def remove_variable(conn: Connection, key: str) -> bool:
    """False when there was none."""
    return conn.execute(delete(variable).where(variable.c.key == key)).rowcount == 1
