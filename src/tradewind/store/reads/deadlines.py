"""Questions about moments at which runs are looked at, and about SLAs that were missed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from tradewind.store.engine import Conn, lock, query, us, when


class DueRow(NamedTuple):
    """A run to be looked at."""

    run_pk: int
    kind: str
    number: int
    due_at: datetime


def next_at(conn: Conn) -> datetime | None:
    """When the next one is due."""
    return when(query(conn, "SELECT MIN(due_at) FROM run_deadline WHERE state = 'waiting'")[0][0])


def due(conn: Conn, now: datetime, limit: int) -> list[DueRow]:
    """Those that are due, locked; PostgreSQL skips what another scheduler is looking at."""
    skip = " FOR UPDATE SKIP LOCKED" if conn.dialect.name == "postgresql" else lock(conn)
    text = (
        "SELECT run_pk, kind, number, due_at FROM run_deadline WHERE state = 'waiting' AND due_at <= ?"
        f" ORDER BY due_at, run_pk LIMIT {int(limit)}{skip}"
    )
    return [DueRow(r[0], r[1], r[2], when(r[3]) or now) for r in query(conn, text, (us(now),))]


def runtimes(conn: Conn, dag_id: str, most: int) -> list[float]:
    """Seconds the last successful runs of a DAG took, newest first."""
    text = (
        "SELECT started_at, ended_at FROM dag_run WHERE dag_id = ? AND state = 'success' AND started_at IS NOT NULL"
        f" ORDER BY run_after DESC LIMIT {int(most)}"
    )
    return [(end - start) / 1_000_000 for start, end in query(conn, text, (dag_id,))]


def reported(conn: Conn, run_pk: int) -> set[str]:
    """Tasks of the run whose miss was reported already."""
    return {row[0] for row in query(conn, "SELECT task_id FROM sla_miss WHERE run_pk = ?", (run_pk,))}


def of_run(conn: Conn, run_pk: int) -> list[dict[str, Any]]:
    """The deadlines of a run: which, when, and whether it was kept."""
    text = (
        "SELECT number, due_at, state FROM run_deadline WHERE run_pk = ? AND kind = 'deadline' ORDER BY due_at, number"
    )
    return [{"number": r[0], "due_at": when(r[1]), "state": r[2]} for r in query(conn, text, (run_pk,))]


def sla_misses(
    conn: Conn, *, dag_id: str | None = None, run_id: str | None = None, task_id: str | None = None,
    limit: int = 100, offset: int = 0,
) -> tuple[int, list[dict[str, Any]]]:  # fmt: skip
    """(how many there are, a page of them), newest first."""
    where, values = ["1 = 1"], []
    for column, value in (("s.dag_id", dag_id), ("r.run_id", run_id), ("s.task_id", task_id)):
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)
    condition = f"FROM sla_miss s JOIN dag_run r ON r.id = s.run_pk WHERE {' AND '.join(where)}"
    total = int(query(conn, f"SELECT COUNT(*) {condition}", tuple(values))[0][0])
    columns = (
        "s.id, s.dag_id, s.task_id, r.run_id, r.logical_date, r.started_at, s.due_at, s.missed_at, s.email_sent,"
        " s.notification_sent, s.callback_id"
    )
    text = f"SELECT {columns} {condition} ORDER BY s.id DESC LIMIT {int(limit)} OFFSET {int(offset)}"
    return total, [
        {
            "id": r[0],
            "dag_id": r[1],
            "task_id": r[2],
            "run_id": r[3],
            "logical_date": when(r[4]),
            "run_started_at": when(r[5]),
            "due_at": when(r[6]),
            "missed_at": when(r[7]),
            "email_sent": bool(r[8]),
            "notification_sent": bool(r[9]),
            "callback_id": r[10],
        }
        for r in query(conn, text, tuple(values))
    ]
