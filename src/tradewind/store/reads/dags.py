"""DAGs as the pages and the REST API show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, String, case, column, exists, func, or_, select, text
from sqlalchemy import cast as sql_cast

from tradewind.errors import InvalidArgument, not_found
from tradewind.store.reads.layouts import Layouts
from tradewind.store.tables.base import UtcTime
from tradewind.store.tables.dags import dag, dag_source, dag_version
from tradewind.store.tables.runs import dag_run

RECENT_RUNS = 14
_FIELDS = (
    dag.c.dag_id, dag.c.version_id, dag.c.description, dag.c.tags, dag.c.owners, dag.c.is_paused, dag.c.is_active,
    dag.c.has_import_errors, dag.c.timetable_summary, dag.c.timetable_description, dag.c.next_run_after,
    dag.c.next_logical_date, dag.c.next_interval_start, dag.c.next_interval_end, dag.c.fileloc, dag.c.bundle,
    dag.c.last_parsed_at, dag.c.max_active_runs, dag.c.max_active_tasks,
)  # fmt: skip
_ORDERS: dict[str, ColumnElement[Any]] = {
    "dag_id": dag.c.dag_id,
    "display_name": dag.c.dag_id,
    "dag_display_name": dag.c.dag_id,
    "next_run_after": dag.c.next_run_after,
    "next_dagrun": dag.c.next_run_after,
    "last_parsed_at": dag.c.last_parsed_at,
    "last_parsed_time": dag.c.last_parsed_at,
    "is_paused": dag.c.is_paused,
}


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """How long something took; None while it has not started or not ended."""
    return (end - start).total_seconds() if start and end else None


@dataclass(frozen=True)
class DagFilter:
    """Which DAGs a list shows, and in what order."""

    search: str | None = None
    tags: list[str] = field(default_factory=list)
    paused: bool | None = None
    state: str | None = None  # running, or the state the newest run ended in
    only_active: bool = True
    order_by: str = "dag_id"


def _newest_state() -> ColumnElement[Any]:
    newest = select(dag_run.c.state).where(dag_run.c.dag_id == dag.c.dag_id)
    return newest.order_by(dag_run.c.run_after.desc(), dag_run.c.id.desc()).limit(1).scalar_subquery()


def _has_open_run() -> ColumnElement[bool]:
    return exists().where(dag_run.c.dag_id == dag.c.dag_id, dag_run.c.state.in_(("queued", "running")))


def _conditions(wanted: DagFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.only_active:
        found.append(dag.c.is_active.is_(True))
    if wanted.search:
        pattern = "%" + wanted.search.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        found.append(
            or_(
                func.lower(dag.c.dag_id).like(pattern, escape="\\"),
                func.lower(func.coalesce(dag.c.description, "")).like(pattern, escape="\\"),
            )
        )
    if wanted.tags:
        found.append(
            or_(
                *(
                    sql_cast(dag.c.tags, String).contains(msgspec.json.encode(tag).decode(), autoescape=True)
                    for tag in wanted.tags
                )
            )
        )
    if wanted.paused is not None:
        found.append(dag.c.is_paused.is_(wanted.paused))
    if wanted.state in ("running", "queued"):
        found.append(_has_open_run())
    elif wanted.state in ("failed", "success"):
        found.append(_newest_state() == wanted.state)
    elif wanted.state:
        raise InvalidArgument(
            f"state must be running, failed or success, not {wanted.state!r}.", field="state", hint="Mend the filter."
        )
    return found


def _recent_runs(conn: Connection, dag_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The newest runs of each DAG, oldest first: one statement, each part served by the index of recent runs."""
    if not dag_ids:
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    for at in range(0, len(dag_ids), 200):  # SQLite joins at most 500 selects
        batch = dag_ids[at : at + 200]
        part = (
            "SELECT * FROM (SELECT dag_id, run_id, state, run_type, run_after, started_at, ended_at FROM dag_run "
            f"WHERE dag_id = :d{{}} ORDER BY run_after DESC, id DESC LIMIT {RECENT_RUNS}) AS r{{}}"
        )
        statement = text(" UNION ALL ".join(part.format(i, i) for i in range(len(batch)))).columns(
            column("dag_id", String), column("run_id", String), column("state", String), column("run_type", String),
            column("run_after", UtcTime), column("started_at", UtcTime), column("ended_at", UtcTime),
        )  # fmt: skip
        for row in conn.execute(statement, {f"d{i}": dag_id for i, dag_id in enumerate(batch)}):
            found.setdefault(row.dag_id, []).append(
                {
                    "run_id": row.run_id,
                    "state": row.state,
                    "run_type": row.run_type,
                    "run_after": row.run_after,
                    "started_at": row.started_at,
                    "ended_at": row.ended_at,
                    "seconds": seconds_between(row.started_at, row.ended_at),
                }
            )
    for runs in found.values():
        runs.sort(key=lambda run: run["run_after"])
    return found


def _shown(conn: Connection, rows: list[Any], layouts: Layouts, *, with_runs: bool = True) -> list[dict[str, Any]]:
    recent = _recent_runs(conn, [row.dag_id for row in rows]) if with_runs else {}
    shown = []
    for row in rows:
        one = dict(row._mapping)
        version_id = one.pop("version_id")
        name = layouts.get(conn, version_id).spec.display_name if version_id is not None else None
        one["display_name"] = name or row.dag_id
        if with_runs:
            one["recent_runs"] = recent.get(row.dag_id, [])
        shown.append(one)
    return shown


def list_dags(
    conn: Connection, layouts: Layouts, wanted: DagFilter, *, limit: int, offset: int, with_runs: bool = True
) -> tuple[int, list[dict[str, Any]]]:
    """How many DAGs match, and one page of them."""
    name = wanted.order_by.lstrip("-")
    if name not in _ORDERS:
        raise InvalidArgument(
            f"order_by cannot be {wanted.order_by!r}.", field="order_by", hint=f"Use one of {', '.join(_ORDERS)}."
        )
    order = _ORDERS[name].desc() if wanted.order_by.startswith("-") else _ORDERS[name].asc()
    conditions = _conditions(wanted)
    total = conn.execute(select(func.count()).select_from(dag).where(*conditions)).scalar_one()
    # Databases disagree about where NULL sorts: what is not known comes last.
    unknown = _ORDERS[name].is_(None)
    page = select(*_FIELDS).where(*conditions).order_by(unknown, order, dag.c.dag_id).limit(limit).offset(offset)
    return total, _shown(conn, list(conn.execute(page)), layouts, with_runs=with_runs)


def counts_and_tags(conn: Connection) -> tuple[dict[str, int], list[str]]:
    """Figures for the filters above the list: of all DAGs that a file declares."""
    row = conn.execute(
        select(
            func.count().label("all"),
            func.coalesce(func.sum(case((dag.c.is_paused, 1), else_=0)), 0).label("paused"),
            func.coalesce(func.sum(case((_has_open_run(), 1), else_=0)), 0).label("running"),
            func.coalesce(func.sum(case((_newest_state() == "failed", 1), else_=0)), 0).label("failed"),
        ).where(dag.c.is_active.is_(True))
    ).one()
    counts = {
        "all": int(row[0]),
        "active": int(row[0]) - int(row.paused),
        "paused": int(row.paused),
        "running": int(row.running),
        "failed": int(row.failed),
    }
    tags = {tag for (found,) in conn.execute(select(dag.c.tags).distinct()) for tag in found or []}
    return counts, sorted(tags)


def dag_row(conn: Connection, dag_id: str) -> Any:
    """The row of a DAG. Raises NotFound with a guess."""
    row = conn.execute(select(*_FIELDS).where(dag.c.dag_id == dag_id)).one_or_none()
    if row is None:
        raise not_found("DAG", dag_id, conn.execute(select(dag.c.dag_id)).scalars())
    return row


def dag_summary(conn: Connection, layouts: Layouts, dag_id: str) -> dict[str, Any]:
    """One DAG with the fields of the list, without its runs."""
    return _shown(conn, [dag_row(conn, dag_id)], layouts, with_runs=False)[0]


def dag_page(conn: Connection, layouts: Layouts, dag_id: str) -> dict[str, Any]:
    """Everything the page of one DAG shows."""
    row = dag_row(conn, dag_id)
    page = _shown(conn, [row], layouts)[0]
    if row.version_id is None:
        return page | {"doc_md": None, "params": {}, "version": None, "timezone": "UTC", "catchup": None}
    spec = layouts.get(conn, row.version_id).spec
    version = conn.execute(
        select(dag_version.c.number, dag_version.c.hash, dag_version.c.created_at).where(
            dag_version.c.id == row.version_id
        )
    ).one()
    return page | {
        "doc_md": spec.doc_md,
        "params": spec.params,
        "version": dict(version._mapping),
        "start_date": spec.start_date,
        "end_date": spec.end_date,
        "catchup": spec.catchup,
        "timezone": spec.timezone,
        "default_args_owner": spec.tasks[0].owner if spec.tasks else None,
        "owner_links": spec.owner_links,
        "dagrun_timeout": spec.dagrun_timeout,
        "default_view": spec.default_view,
        "orientation": spec.orientation,
        "tasks": [{"task_id": t.task_id, "operator": t.operator} for t in spec.tasks],
    }


def version_id_of(conn: Connection, dag_id: str, number: int | None) -> int:
    """The id of a DAG's version, the newest for None. Raises NotFound."""
    row = dag_row(conn, dag_id)
    if number is None:
        if row.version_id is None:
            raise not_found(f"version of DAG {dag_id!r}", "newest")
        return int(row.version_id)
    found = conn.execute(
        select(dag_version.c.id).where(dag_version.c.dag_id == dag_id, dag_version.c.number == number)
    ).scalar_one_or_none()
    if found is None:
        raise not_found(f"version of DAG {dag_id!r}", str(number))
    return int(found)


def dag_code(conn: Connection, dag_id: str, number: int | None) -> dict[str, Any]:
    """The source of a DAG's file as it was when the version was made; from the store, never from disk."""
    version_id = version_id_of(conn, dag_id, number)
    row = conn.execute(
        select(dag_version.c.number, dag_source.c.source, dag_source.c.fileloc)
        .select_from(dag_version.outerjoin(dag_source, dag_source.c.hash == dag_version.c.source_hash))
        .where(dag_version.c.id == version_id)
    ).one()
    return {"source": row.source or "", "fileloc": row.fileloc, "version": row.number}


def list_versions(conn: Connection, dag_id: str) -> list[dict[str, Any]]:
    """All versions of a DAG, newest first."""
    dag_row(conn, dag_id)
    rows = conn.execute(
        select(dag_version.c.number, dag_version.c.hash, dag_version.c.created_at)
        .where(dag_version.c.dag_id == dag_id)
        .order_by(dag_version.c.number.desc())
    )
    return [dict(row._mapping) for row in rows]
