"""Questions about callbacks: which are due, which run, how those of a run ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tradewind.errors import NotFound
from tradewind.store.engine import Conn, from_json, lock, marks, query, us, when


class CallbackRow(NamedTuple):
    """One callback row."""

    id: int
    run_pk: int
    dag_id: str
    name: str
    reason: str
    details: dict[str, Any]
    state: str
    tries: int
    attempt_id: str | None
    created_at: datetime | None
    due_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    error: str | None
    log_path: str | None
    run_id: str


_COLUMNS = (
    "c.id, c.run_pk, c.dag_id, c.name, c.reason, c.details, c.state, c.tries, c.attempt_id, c.created_at, c.due_at,"
    " c.started_at, c.ended_at, c.error, c.log_path, r.run_id"
)
_FROM = "FROM callback c JOIN dag_run r ON r.id = c.run_pk"


def _row(r: Any) -> CallbackRow:
    times = [when(value) for value in r[9:13]]
    return CallbackRow._make([*r[:5], from_json(r[5]) or {}, *r[6:9], *times, *r[13:16]])


def due(conn: Conn, now: datetime, limit: int) -> list[CallbackRow]:
    """Those to hand out now, oldest first, locked; PostgreSQL skips what another scheduler is handing out. One due in an
    hour was put back before a clock was set back.
    """
    skip = " FOR UPDATE SKIP LOCKED" if conn.dialect.name == "postgresql" else lock(conn)
    text = f"SELECT id FROM callback WHERE state = 'due' AND (due_at <= ? OR due_at > ?) ORDER BY id LIMIT {int(limit)}{skip}"
    pks = tuple(row[0] for row in query(conn, text, (us(now), us(now + timedelta(hours=1)))))
    if not pks:
        return []
    found = query(conn, f"SELECT {_COLUMNS} {_FROM} WHERE c.id IN ({marks(len(pks))}) ORDER BY c.id", pks)
    return [_row(row) for row in found]


def count_running(conn: Conn) -> int:
    """How many are with workers now."""
    return int(query(conn, "SELECT COUNT(*) FROM callback WHERE state = 'running'")[0][0])


def running(conn: Conn, attempt_ids: Sequence[str]) -> dict[str, CallbackRow]:
    """Those of these attempts that have not ended."""
    if not attempt_ids:
        return {}
    text = f"SELECT {_COLUMNS} {_FROM} WHERE c.state = 'running' AND c.attempt_id IN ({marks(len(attempt_ids))})"
    rows = [_row(row) for row in query(conn, text, tuple(attempt_ids))]
    return {row.attempt_id: row for row in rows if row.attempt_id is not None}


def expired(conn: Conn, now: datetime, far: datetime) -> list[CallbackRow]:
    """Those whose worker was not heard of in time, and those whose lease ends after ``far``."""
    text = f"SELECT {_COLUMNS} {_FROM} WHERE c.state = 'running' AND (c.lease_until < ? OR c.lease_until > ?) ORDER BY c.id"
    return [_row(row) for row in query(conn, text, (us(now), us(far)))]


def listed(
    conn: Conn, *, dag_id: str | None = None, run_id: str | None = None, states: Sequence[str] = (),
    limit: int = 100, offset: int = 0,
) -> tuple[int, list[CallbackRow]]:  # fmt: skip
    """(how many there are, a page of them), newest first."""
    where, values = ["1 = 1"], []
    for column, value in (("c.dag_id", dag_id), ("r.run_id", run_id)):
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)
    if states:
        where.append(f"c.state IN ({marks(len(states))})")
        values.extend(states)
    condition = f"{_FROM} WHERE {' AND '.join(where)}"
    total = int(query(conn, f"SELECT COUNT(*) {condition}", tuple(values))[0][0])
    text = f"SELECT {_COLUMNS} {condition} ORDER BY c.id DESC LIMIT {int(limit)} OFFSET {int(offset)}"
    return total, [_row(row) for row in query(conn, text, tuple(values))]


def the_callback(conn: Conn, pk: int) -> CallbackRow:
    """One by its number. Raises NotFound."""
    rows = query(conn, f"SELECT {_COLUMNS} {_FROM} WHERE c.id = ?", (pk,))
    if not rows:
        raise NotFound(
            f"There is no callback {pk}.",
            kind="callback",
            name=str(pk),
            hint="`tradewind dags callbacks` lists them; those of a deleted run are gone with it.",
        )
    return _row(rows[0])
