"""What moved since a line of the journal: the source of every pushed update. The journal is the truth, bells are not."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, case, func, select

from tradewind.store.tables.dags import dag, import_error
from tradewind.store.tables.runs import attempt, dag_run, journal, task_instance

#: Lines read at once; more than that at one time is coalesced over several reads.
BATCH = 5000
#: On databases with many writers a lower id may appear after a higher one: so many lines are looked at again.
OVERLAP = 200


class Changes(NamedTuple):
    """Newest state of everything that moved. ``last_id`` is the newest line seen; ``ids`` all lines read."""

    last_id: int
    runs: list[dict[str, Any]]
    tasks: list[tuple[str, str, str, int, str | None]]
    ids: frozenset[int]


def newest_id(conn: Connection) -> int:
    """The id of the newest line; 0 for an empty journal."""
    return int(conn.execute(select(func.max(journal.c.id))).scalar() or 0)


def changes_since(conn: Connection, last_id: int, seen: frozenset[int] = frozenset()) -> Changes:
    """Read lines after ``last_id`` (and, where lines may arrive out of order, late ones not in ``seen``)."""
    start = last_id if conn.dialect.name == "sqlite" else max(0, last_id - OVERLAP)
    rows = conn.execute(
        select(
            journal.c.id, journal.c.run_pk, journal.c.ti_id, dag_run.c.dag_id, dag_run.c.run_id,
            dag_run.c.state.label("run_state"), dag_run.c.started_at, dag_run.c.ended_at,
            task_instance.c.task_id, task_instance.c.map_index, task_instance.c.state.label("task_state"),
        )
        .select_from(
            journal.join(dag_run, dag_run.c.id == journal.c.run_pk).outerjoin(
                task_instance, task_instance.c.id == journal.c.ti_id
            )
        )
        .where(journal.c.id > start)
        .order_by(journal.c.id)
        .limit(BATCH + OVERLAP)
    )  # fmt: skip
    runs: dict[int, dict[str, Any]] = {}
    tasks: dict[int, tuple[str, str, str, int, str | None]] = {}
    ids: list[int] = []
    for row in rows:
        ids.append(row.id)
        if row.id in seen:
            continue
        if row.ti_id is None:
            runs[row.run_pk] = {
                "dag_id": row.dag_id,
                "run_id": row.run_id,
                "state": row.run_state,
                "started_at": row.started_at,
                "ended_at": row.ended_at,
            }
        elif row.task_id is not None:
            state = None if row.task_state == "none" else row.task_state
            tasks[row.ti_id] = (row.dag_id, row.run_id, row.task_id, row.map_index, state)
    return Changes(max([last_id, *ids]), list(runs.values()), list(tasks.values()), frozenset(ids))


def dags_fingerprint(conn: Connection) -> tuple[Any, ...]:
    """Differs whenever a DAG appeared, went, was paused or got a version, or an import error came or went."""
    dags = conn.execute(
        select(
            func.count(),
            func.max(dag.c.version_id),
            func.sum(case((dag.c.is_paused, 1), else_=0)),
            func.sum(case((dag.c.is_active, 1), else_=0)),
            func.sum(case((dag.c.has_import_errors, 1), else_=0)),
        )
    ).one()
    errors = conn.execute(select(func.count(), func.max(import_error.c.id), func.max(import_error.c.at))).one()
    return (*dags, *errors)


def attempt_has_ended(conn: Connection, attempt_id: str) -> bool:
    """Whether a try will write nothing more; so is one that is gone."""
    row = conn.execute(select(attempt.c.ended_at).where(attempt.c.id == attempt_id)).one_or_none()
    return row is None or row.ended_at is not None
