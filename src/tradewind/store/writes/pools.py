"""Rows of pools."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, update

from tradewind.store.tables.values import pool


def put_pool(conn: Connection, name: str, **fields: Any) -> bool:
    """Keep it whether or not it is there already; True when it is new."""
    if change_pool(conn, name, **fields):
        return False
    conn.execute(insert(pool).values(name=name, **fields))
    return True


def change_pool(conn: Connection, name: str, **fields: Any) -> bool:
    """False when there is none."""
    return conn.execute(update(pool).where(pool.c.name == name).values(**fields)).rowcount == 1


def remove_pool(conn: Connection, name: str) -> bool:
    """False when there was none."""
    return conn.execute(delete(pool).where(pool.c.name == name)).rowcount == 1
