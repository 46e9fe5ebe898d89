"""DAG runs as the pages and the REST API show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from tradewind.errors import InvalidArgument, not_found
from tradewind.store.reads.dags import dag_row, seconds_between
from tradewind.store.tables.dags import dag_version
from tradewind.store.tables.runs import dag_run, journal, task_instance

_COLUMNS = (
    dag_run.c.id.label("run_pk"), dag_run.c.dag_id, dag_run.c.run_id, dag_run.c.state, dag_run.c.run_type,
    dag_run.c.logical_date, dag_run.c.interval_start, dag_run.c.interval_end, dag_run.c.run_after,
    dag_run.c.queued_at, dag_run.c.started_at, dag_run.c.ended_at, dag_run.c.conf, dag_run.c.version_id,
    dag_run.c.triggered_by, dag_run.c.note, dag_version.c.number.label("version"),
)  # fmt: skip
_FROM = dag_run.outerjoin(dag_version, dag_version.c.id == dag_run.c.version_id)
_ORDERS: dict[str, ColumnElement[Any]] = {
    "id": dag_run.c.id,
    "dag_id": dag_run.c.dag_id,
    "dag_run_id": dag_run.c.run_id,
    "run_id": dag_run.c.run_id,
    "state": dag_run.c.state,
    "run_type": dag_run.c.run_type,
    "execution_date": dag_run.c.logical_date,
    "logical_date": dag_run.c.logical_date,
    "run_after": dag_run.c.run_after,
    "start_date": dag_run.c.started_at,
    "end_date": dag_run.c.ended_at,
}
_JOURNAL_LINES = 50


@dataclass(frozen=True)
class RunFilter:
    """Which runs a list shows. ``dag_id`` None or "~": of every DAG."""

    dag_id: str | None = None
    states: list[str] = field(default_factory=list)
    run_types: list[str] = field(default_factory=list)
    logical_from: datetime | None = None
    logical_to: datetime | None = None
    started_from: datetime | None = None
    started_to: datetime | None = None
    ended_from: datetime | None = None
    ended_to: datetime | None = None
    order_by: str = "id"


def as_run(row: Any) -> dict[str, Any]:
    """The fields every door shows."""
    run = dict(row._mapping)
    run["seconds"] = seconds_between(row.started_at, row.ended_at)
    return run


def run_row(conn: Connection, dag_id: str, run_id: str) -> Any:
    """One run. Raises NotFound, for the DAG or for the run, with a guess among its newest runs."""
    row = conn.execute(
        select(*_COLUMNS).select_from(_FROM).where(dag_run.c.dag_id == dag_id, dag_run.c.run_id == run_id)
    ).one_or_none()
    if row is None:
        dag_row(conn, dag_id)
        newest = select(dag_run.c.run_id).where(dag_run.c.dag_id == dag_id).order_by(dag_run.c.run_after.desc())
        raise not_found(f"run of DAG {dag_id!r}", run_id, conn.execute(newest.limit(200)).scalars())
    return row


def list_runs(conn: Connection, wanted: RunFilter, *, limit: int, offset: int) -> tuple[int, list[dict[str, Any]]]:
    """How many runs match, and one page of them."""
    where: list[ColumnElement[bool]] = []
    if wanted.dag_id not in (None, "~"):
        dag_row(conn, str(wanted.dag_id))
        where.append(dag_run.c.dag_id == wanted.dag_id)
    if wanted.states:
        where.append(dag_run.c.state.in_(wanted.states))
    if wanted.run_types:
        where.append(dag_run.c.run_type.in_(wanted.run_types))
    for column, first, last in (
        (dag_run.c.logical_date, wanted.logical_from, wanted.logical_to),
        (dag_run.c.started_at, wanted.started_from, wanted.started_to),
        (dag_run.c.ended_at, wanted.ended_from, wanted.ended_to),
    ):
        if first is not None:
            where.append(column >= first)
        if last is not None:
            where.append(column <= last)
    name = wanted.order_by.lstrip("-")
    if name not in _ORDERS:
        raise InvalidArgument(
            f"order_by cannot be {wanted.order_by!r}.", field="order_by", hint=f"Use one of {', '.join(_ORDERS)}."
        )
    order = _ORDERS[name].desc() if wanted.order_by.startswith("-") else _ORDERS[name].asc()
    total = conn.execute(select(func.count()).select_from(dag_run).where(*where)).scalar_one()
    page = select(*_COLUMNS).select_from(_FROM).where(*where).order_by(order, dag_run.c.id).limit(limit).offset(offset)
    return total, [as_run(row) for row in conn.execute(page)]


def one_run(conn: Connection, dag_id: str, run_id: str) -> dict[str, Any]:
    """One run with the fields of the list."""
    return as_run(run_row(conn, dag_id, run_id))


def run_page(conn: Connection, dag_id: str, run_id: str) -> dict[str, Any]:
    """Everything the page of one run shows."""
    row = run_row(conn, dag_id, run_id)
    counts = conn.execute(
        select(task_instance.c.state, func.count())
        .where(task_instance.c.run_pk == row.run_pk)
        .group_by(task_instance.c.state)
    )
    lines = conn.execute(
        select(journal.c.at, journal.c.before, journal.c.after, journal.c.why, journal.c.actor)
        .where(journal.c.run_pk == row.run_pk, journal.c.ti_id.is_(None))
        .order_by(journal.c.id.desc())
        .limit(_JOURNAL_LINES)
    ).all()
    return as_run(row) | {
        "counts": {row.state: row[1] for row in counts},
        "journal": [dict(line._mapping) for line in reversed(lines)],
    }
