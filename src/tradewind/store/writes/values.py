"""XComs and variables, as tasks write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tradewind.store.engine import Conn, query, run, us

_XCOM = (
    'INSERT INTO xcom (run_pk, task_id, map_index, "key", value, length, attempt_id, at)'
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_ON_CONFLICT = (
    ' ON CONFLICT (run_pk, task_id, map_index, "key") DO UPDATE SET value = excluded.value,'
    " length = excluded.length, attempt_id = excluded.attempt_id, at = excluded.at"
)
_ON_DUPLICATE = (
    " ON DUPLICATE KEY UPDATE value = VALUES(value), length = VALUES(length), attempt_id = VALUES(attempt_id),"
    " at = VALUES(at)"
)


def put_xcoms(conn: Conn, rows: Sequence[tuple[Any, ...]]) -> None:
    """Keep values, newest wins: (run_pk, task_id, map_index, key, value, length, attempt_id, at in microseconds)."""
    run(conn, _XCOM + (_ON_DUPLICATE if conn.dialect.name in ("mysql", "mariadb") else _ON_CONFLICT), rows)


def delete_xcom(conn: Conn, run_pk: int, task_id: str, map_index: int, key: str) -> int:
    """Forget one value."""
    text = 'DELETE FROM xcom WHERE run_pk = ? AND task_id = ? AND map_index = ? AND "key" = ?'
    return run(conn, text, [(run_pk, task_id, map_index, key)])


def delete_xcoms_of(conn: Conn, instances: Sequence[tuple[int, str, int]]) -> int:
    """Forget all values of these (run_pk, task_id, map_index)."""
    return run(conn, "DELETE FROM xcom WHERE run_pk = ? AND task_id = ? AND map_index = ?", instances)


def get_xcom(conn: Conn, run_pk: int, task_id: str, map_index: int, key: str) -> str | None:
    """One value's text."""
    text = 'SELECT value FROM xcom WHERE run_pk = ? AND task_id = ? AND map_index = ? AND "key" = ?'
    rows = query(conn, text, (run_pk, task_id, map_index, key))
    return rows[0][0] if rows else None


def newest_xcom_key(conn: Conn, run_pk: int, task_id: str) -> str | None:
    """The key of the value a task pushed last."""
    text = 'SELECT "key" FROM xcom WHERE run_pk = ? AND task_id = ? ORDER BY at DESC, "key" LIMIT 1'
    rows = query(conn, text, (run_pk, task_id))
    return rows[0][0] if rows else None


def get_xcoms_of_task(conn: Conn, run_pk: int, task_id: str, key: str) -> list[tuple[int, str, int | None]]:
    """(map_index, value, length) of every instance of a task, in index order."""
    text = 'SELECT map_index, value, length FROM xcom WHERE run_pk = ? AND task_id = ? AND "key" = ? ORDER BY map_index'
    return [(r[0], r[1], r[2]) for r in query(conn, text, (run_pk, task_id, key))]


def get_xcoms_by_key(conn: Conn, run_pk: int, key: str) -> list[tuple[str, int, str]]:
    """(task_id, map_index, value) of everything in a run under one key."""
    text = 'SELECT task_id, map_index, value FROM xcom WHERE run_pk = ? AND "key" = ? ORDER BY task_id, map_index'
    return [(r[0], r[1], r[2]) for r in query(conn, text, (run_pk, key))]


def get_latest_xcom(conn: Conn, run_pk: int, task_id: str | None, key: str | None) -> str | None:
    """The value of a run that was written last; None for ``task_id`` or ``key``: of any."""
    text, given = "SELECT value FROM xcom WHERE run_pk = ? AND \"key\" <> 'skipmixin_key'", [run_pk]
    filters = {"task_id": task_id, '"key"': key}
    for column, wanted in filters.items():
        if wanted is not None:
            text += f" AND {column} = ?"
            given.append(wanted)  # type: ignore[arg-type]
    rows = query(conn, text + " ORDER BY at DESC, task_id, map_index LIMIT 1", tuple(given))
    return rows[0][0] if rows else None


def get_prior_xcom(conn: Conn, dag_id: str, task_id: str, key: str, until: datetime) -> str | None:
    """The newest value of any run with a logical date up to ``until``."""
    text = (
        "SELECT x.value FROM xcom x JOIN dag_run r ON r.id = x.run_pk WHERE r.dag_id = ? AND r.logical_date <= ?"
        ' AND x.task_id = ? AND x."key" = ? ORDER BY r.logical_date DESC, x.map_index LIMIT 1'
    )
    rows = query(conn, text, (dag_id, us(until), task_id, key))
    return rows[0][0] if rows else None


def get_variable(conn: Conn, key: str) -> tuple[str, bool] | None:
    """(text, is encrypted), or None."""
    rows = query(conn, 'SELECT value, is_encrypted FROM variable WHERE "key" = ?', (key,))
    return (rows[0][0], bool(rows[0][1])) if rows else None


def put_variable(conn: Conn, key: str, value: str, description: str | None, at: datetime, *, encrypted: bool) -> None:
    """Make or replace a variable."""
    text = "UPDATE variable SET value = ?, is_encrypted = ?, description = COALESCE(?, description), changed_at = ?"
    if not run(conn, text + ' WHERE "key" = ?', [(value, encrypted, description, us(at), key)]):
        text = 'INSERT INTO variable ("key", value, is_encrypted, description, changed_at) VALUES (?, ?, ?, ?, ?)'
        run(conn, text, [(key, value, encrypted, description, us(at))])


def delete_variable(conn: Conn, key: str) -> bool:
    """False when there was none."""
    return run(conn, 'DELETE FROM variable WHERE "key" = ?', [(key,)]) > 0


_CONNECTION = "conn_type, description, host, schema, login, password, port, extra, is_encrypted"


def get_connection(conn: Conn, conn_id: str) -> dict[str, Any] | None:
    """The row of one connection as stored (secrets still encrypted), or None."""
    rows = query(
        conn,
        f"SELECT {_CONNECTION.replace('schema', chr(34) + 'schema' + chr(34))} FROM connection WHERE conn_id = ?",
        (conn_id,),
    )
    return dict(zip(_CONNECTION.split(", "), rows[0], strict=True)) if rows else None
