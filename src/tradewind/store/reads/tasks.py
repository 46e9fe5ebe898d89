"""Questions about task instances and their attempts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from tradewind.domain.rules.views import TaskView
from tradewind.domain.states import TaskState
from tradewind.store.engine import Conn, from_json, lock, marks, query, when

_COLUMNS = (
    "id, run_pk, task_id, map_index, state, try_number, max_tries, attempt_id, scheduled_at, queued_at, started_at,"
    " ended_at, next_try_at, resume, lost_count"
)


def _view(r: Any) -> TaskView:
    return TaskView(
        r[0],
        r[1],
        r[2],
        r[3],
        TaskState(r[4]),
        r[5],
        r[6],
        r[7],
        when(r[8]),
        when(r[9]),
        when(r[10]),
        when(r[11]),
        when(r[12]),
        from_json(r[13]),
        r[14],
    )


def of_run(conn: Conn, run_pk: int, *, for_update: bool = False) -> list[TaskView]:
    """Every instance of a run, oldest row first."""
    text = f"SELECT {_COLUMNS} FROM task_instance WHERE run_pk = ? ORDER BY id{lock(conn) if for_update else ''}"
    return [_view(row) for row in query(conn, text, (run_pk,))]


def find(conn: Conn, run_pk: int, task_id: str, map_index: int = -1) -> TaskView | None:
    """One instance."""
    text = f"SELECT {_COLUMNS} FROM task_instance WHERE run_pk = ? AND task_id = ? AND map_index = ?"
    rows = query(conn, text, (run_pk, task_id, map_index))
    return _view(rows[0]) if rows else None


def of_task(conn: Conn, run_pk: int, task_id: str) -> list[TaskView]:
    """All instances of one task of a run, by map index."""
    text = f"SELECT {_COLUMNS} FROM task_instance WHERE run_pk = ? AND task_id = ? ORDER BY map_index"
    return [_view(row) for row in query(conn, text, (run_pk, task_id))]


def states_of_tasks(conn: Conn, run_pk: int, task_ids: Sequence[str]) -> list[tuple[str, int, str]]:
    """(task_id, map_index, state) of some tasks of a run."""
    if not task_ids:
        return []
    text = (
        f"SELECT task_id, map_index, state FROM task_instance WHERE run_pk = ? AND task_id IN ({marks(len(task_ids))})"
    )
    return [(r[0], r[1], r[2]) for r in query(conn, text, (run_pk, *task_ids))]


def rendered(conn: Conn, ti_id: int) -> dict[str, Any] | None:
    """The template fields of the last attempt."""
    rows = query(conn, "SELECT rendered FROM task_instance WHERE id = ?", (ti_id,))
    return from_json(rows[0][0]) if rows else None


class Holder(NamedTuple):
    """The task instance an attempt belongs to."""

    attempt_id: str
    run_pk: int
    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    ti_id: int
    live_attempt_id: str | None
    state: str


def holders(conn: Conn, attempt_ids: Sequence[str]) -> dict[str, Holder]:
    """Whose attempts these are, as the rows say; unknown ids are left out."""
    found: dict[str, Holder] = {}
    for at in range(0, len(attempt_ids), 500):
        part = tuple(attempt_ids[at : at + 500])
        text = (
            "SELECT a.id, t.run_pk, r.dag_id, r.run_id, t.task_id, t.map_index, t.id, t.attempt_id, t.state FROM attempt a"
            " JOIN task_instance t ON t.id = a.ti_id JOIN dag_run r ON r.id = t.run_pk"
            f" WHERE a.id IN ({marks(len(part))})"
        )
        found.update({row[0]: Holder(*row) for row in query(conn, text, part)})
    return found


class AttemptRow(NamedTuple):
    """One attempt."""

    id: str
    ti_id: int
    try_number: int
    state: str
    executor: str
    host: str | None
    worker: str | None  #: the realm of the scheduler that handed it over: a machine and a home there
    queued_at: datetime | None
    started_at: datetime | None
    log_path: str


def live_attempts(conn: Conn, run_pk: int) -> dict[str, AttemptRow]:
    """Attempts of a run that were handed over and have not ended."""
    text = (
        "SELECT a.id, a.ti_id, a.try_number, a.state, a.executor, a.host, a.worker, a.queued_at,"
        " a.started_at, a.log_path FROM attempt a"
        " JOIN task_instance t ON t.attempt_id = a.id WHERE t.run_pk = ? AND t.state IN ('queued', 'running')"
    )
    return {
        r[0]: AttemptRow(r[0], r[1], r[2], r[3], r[4], r[5], r[6], when(r[7]), when(r[8]), r[9])
        for r in query(conn, text, (run_pk,))
    }


def first_start(conn: Conn, ti_id: int, try_number: int) -> datetime | None:
    """When the first attempt of this try started (a rescheduled sensor has many)."""
    text = "SELECT MIN(started_at) FROM attempt WHERE ti_id = ? AND try_number = ?"
    return when(query(conn, text, (ti_id, try_number))[0][0])
