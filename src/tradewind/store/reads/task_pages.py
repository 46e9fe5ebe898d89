"""Task instances, their tries and their XComs as the pages and the REST API show them."""

from __future__ import annotations

import shlex
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from tradewind.errors import NotFound, did_you_mean, not_found
from tradewind.store.reads.dags import dag_row, seconds_between
from tradewind.store.reads.layouts import Layouts
from tradewind.store.reads.run_pages import run_row
from tradewind.store.tables.runs import attempt, dag_run, journal, task_instance
from tradewind.store.tables.values import xcom

_TI = task_instance.c
_COLUMNS = (
    _TI.id.label("ti_id"), _TI.run_pk, _TI.dag_id, dag_run.c.run_id, dag_run.c.logical_date, _TI.task_id,
    _TI.map_index, _TI.state, _TI.try_number, _TI.max_tries, _TI.attempt_id, _TI.operator, _TI.pool, _TI.pool_slots,
    _TI.priority, _TI.queue, _TI.scheduled_at, _TI.queued_at, _TI.started_at, _TI.ended_at, _TI.next_try_at,
    _TI.map_label, _TI.note, attempt.c.host, attempt.c.pid,
)  # fmt: skip
_FROM = task_instance.join(dag_run, dag_run.c.id == _TI.run_pk).outerjoin(attempt, attempt.c.id == _TI.attempt_id)
_JOURNAL_LINES = 200
_LINK_KEY = "_link_"  # as sdk.execution names what a task leaves for its links
MAPPED_SHOWN = 1000


def as_task(row: Any) -> dict[str, Any]:
    """The fields every door shows; the state "none" is null."""
    task = dict(row._mapping)
    task["state"] = None if row.state == "none" else row.state
    task["seconds"] = seconds_between(row.started_at, row.ended_at)
    return task


def list_tasks(
    conn: Connection,
    dag_id: str | None,
    run_id: str | None,
    *,
    limit: int | None = None,
    offset: int = 0,
    states: list[str] | None = None,
    pools: list[str] | None = None,
    queues: list[str] | None = None,
    task_id: str | None = None,
    only_mapped: bool = False,
) -> tuple[int, list[dict[str, Any]]]:
    """How many task instances match, and one page of them, in the order they were made. None or "~": any."""
    where: list[ColumnElement[bool]] = []
    if dag_id not in (None, "~") and run_id not in (None, "~"):
        where.append(_TI.run_pk == run_row(conn, str(dag_id), str(run_id)).run_pk)
    elif dag_id not in (None, "~"):
        dag_row(conn, str(dag_id))
        where.append(_TI.dag_id == dag_id)
    if states:
        where.append(_TI.state.in_(states))
    if pools:
        where.append(_TI.pool.in_(pools))
    if queues:
        where.append(_TI.queue.in_(queues))
    if task_id is not None:
        where.append(_TI.task_id == task_id)
    if only_mapped:
        where.append(_TI.map_index >= 0)
    page = select(*_COLUMNS).select_from(_FROM).where(*where).order_by(_TI.id)
    if limit is None:
        found = [as_task(row) for row in conn.execute(page)]
        return len(found), found
    total = conn.execute(select(func.count()).select_from(_FROM).where(*where)).scalar_one()
    return total, [as_task(row) for row in conn.execute(page.limit(limit).offset(offset))]


def task_row(conn: Connection, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Any:
    """One task instance. Raises NotFound for the DAG, the run or the task, with a guess."""
    row = conn.execute(
        select(*_COLUMNS)
        .select_from(_FROM)
        .where(
            dag_run.c.dag_id == dag_id,
            dag_run.c.run_id == run_id,
            _TI.task_id == task_id,
            _TI.map_index == map_index,
        )
    ).one_or_none()
    if row is not None:
        return row
    run_pk = run_row(conn, dag_id, run_id).run_pk
    indexes = conn.execute(
        select(_TI.map_index).where(_TI.run_pk == run_pk, _TI.task_id == task_id).order_by(_TI.map_index)
    ).scalars()
    known = list(indexes)
    if known:
        raise NotFound(
            f"Task {task_id!r} has no instance with map index {map_index} in run {run_id!r}.",
            kind="task instance",
            name=f"{task_id}[{map_index}]",
            hint=f"It has {known[0]} to {known[-1]}." if len(known) > 1 else f"It has {known[0]}.",
        )
    names = conn.execute(select(_TI.task_id).where(_TI.run_pk == run_pk).distinct()).scalars()
    raise NotFound(
        f"There is no task {task_id!r} in run {run_id!r} of DAG {dag_id!r}.",
        kind="task",
        name=task_id,
        hint=did_you_mean(task_id, names),
    )


def one_task(conn: Connection, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> dict[str, Any]:
    """One task instance with the fields of the list, and what its templates became."""
    row = task_row(conn, dag_id, run_id, task_id, map_index)
    rendered = conn.execute(select(_TI.rendered).where(_TI.id == row.ti_id)).scalar_one()
    return as_task(row) | {"rendered": rendered}


def _attempts(conn: Connection, ti_id: int) -> list[dict[str, Any]]:
    rows = conn.execute(
        select(
            attempt.c.id, attempt.c.try_number, attempt.c.state, attempt.c.executor, attempt.c.host, attempt.c.pid,
            attempt.c.queued_at, attempt.c.started_at, attempt.c.ended_at, attempt.c.error, attempt.c.log_path,
        )
        .where(attempt.c.ti_id == ti_id)
        .order_by(attempt.c.try_number, attempt.c.queued_at)
    )  # fmt: skip
    return [dict(row._mapping) | {"seconds": seconds_between(row.started_at, row.ended_at)} for row in rows]


def task_page(
    conn: Connection, layouts: Layouts, dag_id: str, run_id: str, task_id: str, map_index: int = -1
) -> dict[str, Any]:
    """Everything the page of one task instance shows."""
    run = run_row(conn, dag_id, run_id)
    spec = layouts.get(conn, run.version_id).tasks.get(task_id)
    several = conn.execute(
        select(_TI.map_index, _TI.state, _TI.map_label)
        .where(_TI.run_pk == run.run_pk, _TI.task_id == task_id, _TI.map_index >= 0)
        .order_by(_TI.map_index)
        .limit(MAPPED_SHOWN)
    ).all()
    if map_index < 0 and several:  # an expanded task: the page of all its instances
        page: dict[str, Any] = {
            "dag_id": dag_id, "run_id": run_id, "task_id": task_id, "map_index": -1, "state": None,
            "operator": spec.operator if spec else "", "attempts": [], "rendered": None, "journal": [],
        }  # fmt: skip
    else:
        page = one_task(conn, dag_id, run_id, task_id, map_index)
        page["attempts"] = _attempts(conn, page["ti_id"])
        lines = conn.execute(
            select(journal.c.at, journal.c.before, journal.c.after, journal.c.why, journal.c.actor)
            .where(journal.c.run_pk == run.run_pk, journal.c.ti_id == page["ti_id"])
            .order_by(journal.c.id.desc())
            .limit(_JOURNAL_LINES)
        ).all()
        page["journal"] = [dict(line._mapping) for line in reversed(lines)]
        page["command"] = _command(page, run)
    if several:
        page["mapped"] = [
            {"map_index": m.map_index, "state": None if m.state == "none" else m.state, "map_label": m.map_label}
            for m in several
        ]
    page["spec"] = msgspec.to_builtins(spec) if spec else None
    page["links"] = links_of(conn, run.run_pk, task_id, map_index)
    return page


def _command(page: dict[str, Any], run: Any) -> str:
    """The command that runs exactly this task instance in a terminal, as Airflow's log has it (3/PO-08)."""
    words = ["tradewind", "tasks", "run", page["dag_id"], page["task_id"], page["run_id"], "--local"]
    words += ["--pool", page["pool"]]
    if page["map_index"] >= 0:
        words += ["--map-index", str(page["map_index"])]
    return shlex.join(words)


def links_of(conn: Connection, run_pk: int, task_id: str, map_index: int = -1) -> list[dict[str, str]]:
    """``{name, url}`` of the links a task instance left at its end, by name. Only addresses of pages: a link may not run
    code in the browser.
    """
    rows = conn.execute(
        select(xcom.c.key, xcom.c.value)
        .where(xcom.c.run_pk == run_pk, xcom.c.task_id == task_id, xcom.c.map_index == map_index)
        .where(xcom.c.key.startswith(_LINK_KEY, autoescape=True))
        .order_by(xcom.c.key)
    )
    found = [(row.key[len(_LINK_KEY) :], str(msgspec.json.decode(row.value))) for row in rows]
    return [{"name": name, "url": url} for name, url in found if url.startswith(("https://", "http://", "/"))]


def attempt_of(
    conn: Connection, dag_id: str, run_id: str, task_id: str, map_index: int, try_number: int
) -> dict[str, Any] | None:
    """The newest attempt with that try number, or None where the task has not come so far.

    Raises NotFound for a try beyond the tries the task may have.
    """
    row = task_row(conn, dag_id, run_id, task_id, map_index)
    found = [a for a in _attempts(conn, row.ti_id) if a["try_number"] == try_number]
    if found:
        return found[-1]
    if try_number < 0 or try_number > max(row.max_tries, row.try_number):
        raise not_found(f"try of task {task_id!r}", str(try_number))
    return None


def list_xcoms(
    conn: Connection, dag_id: str, run_id: str, task_id: str, map_index: int | None, *, with_values: bool = True
) -> list[dict[str, Any]]:
    """The XComs a task pushed in a run, by key; ``value`` is JSON text. ``map_index`` None: of all instances."""
    run_pk = run_row(conn, dag_id, run_id).run_pk
    columns = [xcom.c.key, xcom.c.at, xcom.c.map_index, xcom.c.task_id, *([xcom.c.value] if with_values else [])]
    query = select(*columns).where(xcom.c.run_pk == run_pk)
    if task_id != "~":
        query = query.where(xcom.c.task_id == task_id)
    if map_index is not None:
        query = query.where(xcom.c.map_index == map_index)
    query = query.where(~xcom.c.key.startswith(_LINK_KEY, autoescape=True))
    found = [dict(row._mapping) for row in conn.execute(query.order_by(xcom.c.key, xcom.c.map_index))]
    if not found and task_id != "~":
        spec_known = conn.execute(
            select(_TI.task_id).where(_TI.run_pk == run_pk, _TI.task_id == task_id).limit(1)
        ).scalar()
        if spec_known is None:
            task_row(conn, dag_id, run_id, task_id)  # raises with a guess
    return found
