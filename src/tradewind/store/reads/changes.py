"""What moved since a line of the journal: the source of every pushed update. The journal is the truth, bells are not."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, case, func, select

from tradewind.store.tables.access import audit
from tradewind.store.tables.dags import dag, import_error
from tradewind.store.tables.runs import attempt, dag_run, journal, task_instance

#: Lines read at once; more than that at one time is coalesced over several reads.
BATCH = 5000
#: On databases with many writers a lower id may appear after a higher one: so many lines are looked at again.
OVERLAP = 200


class Changes(NamedTuple):
    """Newest state of everything that moved or was made. ``last_id`` is the newest line, ``last_run`` the newest run
    seen; ``ids`` all lines read.
    """

    last_id: int
    last_run: int
    runs: list[dict[str, Any]]
    tasks: list[tuple[str, str, str, int, str | None]]
    ids: frozenset[int]


def newest_ids(conn: Connection) -> tuple[int, int]:
    """The ids of the newest line and of the newest run; 0 for none."""
    row = conn.execute(
        select(select(func.max(journal.c.id)).scalar_subquery(), select(func.max(dag_run.c.id)).scalar_subquery())
    ).one()
    return int(row[0] or 0), int(row[1] or 0)


def _as_change(row: Any) -> dict[str, Any]:
    return {
        "dag_id": row.dag_id,
        "run_id": row.run_id,
        "state": row.run_state,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
    }


def changes_since(
    conn: Connection, last_id: int, seen: frozenset[int] = frozenset(), last_run: int | None = None
) -> Changes:
    """Read lines after ``last_id`` (and, where lines may arrive out of order, late ones not in ``seen``), and the runs
    made after ``last_run`` (None: all that were made before are known).

    When the newest run is deleted, SQLite gives its numbers again: reading then goes on from what there is.
    """
    newest_line, newest_run = newest_ids(conn)
    last_id = min(last_id, newest_line)
    last_run = newest_run if last_run is None else min(last_run, newest_run)
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
            runs[row.run_pk] = _as_change(row)
        elif row.task_id is not None:
            state = None if row.task_state == "none" else row.task_state
            tasks[row.ti_id] = (row.dag_id, row.run_id, row.task_id, row.map_index, state)
    if newest_run > last_run:
        made = select(
            dag_run.c.id, dag_run.c.dag_id, dag_run.c.run_id, dag_run.c.state.label("run_state"), dag_run.c.started_at,
            dag_run.c.ended_at,
        ).where(dag_run.c.id > last_run)  # fmt: skip
        for run in conn.execute(made.order_by(dag_run.c.id).limit(BATCH)):
            runs.setdefault(run.id, _as_change(run))
    return Changes(max([last_id, *ids]), newest_run, list(runs.values()), list(tasks.values()), frozenset(ids))


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


class Deletions(NamedTuple):
    """The newest line of the audit log that was looked at, and the newest of those that tell of a deleted run."""

    looked_at: int
    newest: int


def deletions_since(conn: Connection, known: Deletions | None) -> Deletions:
    """A run that was deleted leaves no line in the journal; who deleted it stands in the audit log."""
    newest = int(conn.execute(select(func.max(audit.c.id))).scalar() or 0)
    if known is None or newest <= known.looked_at:
        return Deletions(newest, known.newest if known else 0)
    found = conn.execute(
        select(func.max(audit.c.id)).where(audit.c.id > known.looked_at, audit.c.verb == "delete_run")
    ).scalar()
    return Deletions(newest, int(found or known.newest))


def attempt_has_ended(conn: Connection, attempt_id: str) -> bool:
    """Whether a try will write nothing more; so is one that is gone."""
    row = conn.execute(select(attempt.c.ended_at).where(attempt.c.id == attempt_id)).one_or_none()
    return row is None or row.ended_at is not None
