"""When each DAG runs next."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from tradewind.store.engine import Conn, query, run, us, when


class ScheduleRow(NamedTuple):
    """What is planned for one DAG."""

    dag_id: str
    version_id: int | None
    is_paused: bool
    is_active: bool
    next_run_after: datetime | None
    max_active_runs: int


def plans(conn: Conn) -> list[ScheduleRow]:
    """Every DAG's plan."""
    text = "SELECT dag_id, version_id, is_paused, is_active, next_run_after, max_active_runs FROM dag"
    return [ScheduleRow(r[0], r[1], bool(r[2]), bool(r[3]), when(r[4]), r[5]) for r in query(conn, text)]


def set_next(
    conn: Conn,
    dag_id: str,
    run_after: datetime | None,
    logical_date: datetime | None,
    interval: tuple[datetime, datetime] | None,
) -> None:
    """Write down when the DAG runs next, for people and for the next scheduler."""
    start, end = interval if interval else (None, None)
    text = (
        "UPDATE dag SET next_run_after = ?, next_logical_date = ?, next_interval_start = ?, next_interval_end = ?"
        " WHERE dag_id = ?"
    )
    run(conn, text, [(us(run_after), us(logical_date), us(start), us(end), dag_id)])


def count_failure(conn: Conn, dag_id: str, failed: bool) -> int:
    """Failed runs in a row, this one included."""
    value = "failed_runs_in_a_row + 1" if failed else "0"
    run(conn, f"UPDATE dag SET failed_runs_in_a_row = {value} WHERE dag_id = ?", [(dag_id,)])
    rows = query(conn, "SELECT failed_runs_in_a_row FROM dag WHERE dag_id = ?", (dag_id,))
    return int(rows[0][0]) if rows else 0
