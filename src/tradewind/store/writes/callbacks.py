"""Callbacks to call: written down, handed out, ended, or put back when the process that called them was lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from tradewind.store.engine import Conn, as_json, query, run, us


class NewCallback(NamedTuple):
    """A function of a DAG that somebody has to call now."""

    run_pk: int
    dag_id: str
    name: str
    reason: str
    details: dict[str, Any]


_INSERT = (
    "INSERT INTO callback (run_pk, dag_id, name, reason, details, state, tries, created_at, due_at)"
    " VALUES (?, ?, ?, ?, ?, 'due', 0, ?, ?)"
)


def add(conn: Conn, rows: Sequence[NewCallback], at: datetime) -> None:
    """Write them down, in the transaction that gives the reason."""
    now = us(at)
    run(conn, _INSERT, [(r.run_pk, r.dag_id, r.name, r.reason, as_json(r.details), now, now) for r in rows])


def hand_out(conn: Conn, rows: Sequence[tuple[str, datetime, str, int]]) -> None:
    """These go to a worker: (attempt id, lease, log path, key). The caller has locked them."""
    text = (
        "UPDATE callback SET state = 'running', tries = tries + 1, attempt_id = ?, lease_until = ?, log_path = ?,"
        " started_at = NULL, ended_at = NULL, error = NULL WHERE id = ? AND state = 'due'"
    )
    run(conn, text, [(attempt, us(lease), path, pk) for attempt, lease, path, pk in rows])


def renew(conn: Conn, attempt_ids: Sequence[str], until: datetime) -> None:
    """Their workers are alive."""
    text = "UPDATE callback SET lease_until = ? WHERE state = 'running' AND attempt_id = ?"
    run(conn, text, [(us(until), attempt_id) for attempt_id in attempt_ids])


def start(conn: Conn, attempt_id: str, at: datetime, until: datetime) -> None:
    """Its process runs."""
    text = "UPDATE callback SET started_at = ?, lease_until = ? WHERE state = 'running' AND attempt_id = ?"
    run(conn, text, [(us(at), us(until), attempt_id)])


def end(
    conn: Conn, attempt_id: str, state: str, at: datetime, error: str | None = None, started_at: datetime | None = None
) -> bool:
    """It was called (success), raised (failed), or was lost too often (lost). False when that attempt is over already."""
    text = (
        "UPDATE callback SET state = ?, ended_at = ?, lease_until = NULL, error = ?,"
        " started_at = COALESCE(started_at, ?) WHERE state = 'running' AND attempt_id = ?"
    )
    return run(conn, text, [(state, us(at), error, us(started_at), attempt_id)]) == 1


def put_back(conn: Conn, attempt_id: str, due_at: datetime, why: str, *, uncount: bool) -> bool:
    """It is called again, not before ``due_at``; ``uncount``: the lost try surely never began."""
    text = (
        "UPDATE callback SET state = 'due', lease_until = NULL, due_at = ?, error = ?, tries = tries - ?"
        " WHERE state = 'running' AND attempt_id = ?"
    )
    return run(conn, text, [(us(due_at), why, 1 if uncount else 0, attempt_id)]) == 1


def newest(conn: Conn, run_pk: int, name: str) -> int | None:
    """The key of the callback of that name written last for the run."""
    rows = query(conn, "SELECT MAX(id) FROM callback WHERE run_pk = ? AND name = ?", (run_pk, name))
    return int(rows[0][0]) if rows and rows[0][0] is not None else None
