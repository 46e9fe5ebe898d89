"""Rows of connections."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, update

from tradewind.store.tables.values import connection


def put_connection(conn: Connection, conn_id: str, **fields: Any) -> bool:
    """Keep it whether or not it is there already; True when it is new."""
    if change_connection(conn, conn_id, **fields):
        return False
    conn.execute(insert(connection).values(conn_id=conn_id, **fields))
    return True


def change_connection(conn: Connection, conn_id: str, **fields: Any) -> bool:
    """False when there is none."""
    return conn.execute(update(connection).where(connection.c.conn_id == conn_id).values(**fields)).rowcount == 1


def remove_connection(conn: Connection, conn_id: str) -> bool:
    """False when there was none."""
    return conn.execute(delete(connection).where(connection.c.conn_id == conn_id)).rowcount == 1
