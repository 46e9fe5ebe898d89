"""The grid: runs by tasks, one letter per cell. Three statements, whatever the number of runs and tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from tradewind.store.reads.dags import dag_row, seconds_between
from tradewind.store.reads.layouts import Layout, Layouts
from tradewind.store.tables.dags import dag_version
from tradewind.store.tables.runs import dag_run, task_instance

LETTERS = {
    "none": "n", "scheduled": "c", "queued": "q", "running": "r", "success": "s", "failed": "f", "skipped": "k",
    "upstream_failed": "u", "up_for_retry": "t", "up_for_reschedule": "e", "deferred": "d", "removed": "x",
}  # fmt: skip
#: A group, or a mapped task, shows the worst of its parts.
WORST_FIRST = "futrqcdenskx."
_RANK = {letter: rank for rank, letter in enumerate(WORST_FIRST)}


def worst(letters: list[str]) -> str:
    """The letter that needs most attention; "." for none."""
    return min(letters, key=_RANK.__getitem__, default=".")


def _runs(
    dag_id: str, limit: int, before: datetime | None, states: list[str], run_types: list[str]
) -> Select[tuple[Any, ...]]:
    query = (
        select(
            dag_run.c.id, dag_run.c.run_id, dag_run.c.state, dag_run.c.run_type, dag_run.c.logical_date,
            dag_run.c.run_after, dag_run.c.queued_at, dag_run.c.started_at, dag_run.c.ended_at, dag_run.c.note,
            dag_version.c.number.label("version"),
        )
        .select_from(dag_run.outerjoin(dag_version, dag_version.c.id == dag_run.c.version_id))
        .where(dag_run.c.dag_id == dag_id)
    )  # fmt: skip
    if before is not None:
        query = query.where(dag_run.c.run_after < before)
    if states:
        query = query.where(dag_run.c.state.in_(states))
    if run_types:
        query = query.where(dag_run.c.run_type.in_(run_types))
    return query.order_by(dag_run.c.run_after.desc(), dag_run.c.id.desc()).limit(limit)


def _cells(conn: Connection, layout: Layout, runs: list[Any]) -> tuple[dict[str, str], dict[str, Any]]:
    names = {row.id: row.run_id for row in runs}
    lines = {row.id: ["."] * len(layout.rows) for row in runs}
    several: dict[int, dict[str, dict[str, int]]] = {}
    states = conn.execute(
        select(
            task_instance.c.run_pk,
            task_instance.c.task_id,
            task_instance.c.state,
            func.count(),
            func.max(task_instance.c.map_index),
        )
        .where(task_instance.c.run_pk.in_(list(names)))
        .group_by(task_instance.c.run_pk, task_instance.c.task_id, task_instance.c.state)
    )
    place = layout.place
    for run_pk, task_id, state, count, map_index in states:
        at = place.get(task_id)
        if at is None:  # a task of an older version: the grid draws the newest
            continue
        line, letter = lines[run_pk], LETTERS[state]
        line[at] = letter if line[at] == "." else worst([line[at], letter])
        if map_index >= 0:
            several.setdefault(run_pk, {}).setdefault(task_id, {})[state] = count
    for at, members in layout.groups:
        for line in lines.values():
            line[at] = worst([line[m] for m in members])
    cells = {names[pk]: "".join(line) for pk, line in lines.items()}
    return cells, {names[pk]: tasks for pk, tasks in several.items()}


def grid(
    conn: Connection,
    layouts: Layouts,
    dag_id: str,
    *,
    limit: int,
    before: datetime | None = None,
    states: list[str] | None = None,
    run_types: list[str] | None = None,
) -> tuple[bytes, dict[str, Any]]:
    """The rows as JSON text (kept per version) and the rest of the grid. Runs are oldest first."""
    version_id = dag_row(conn, dag_id).version_id
    if version_id is None:
        return b"[]", {"runs": [], "cells": {}, "mapped": {}}
    layout = layouts.get(conn, version_id)
    rows = conn.execute(_runs(dag_id, limit, before, states or [], run_types or [])).all()[::-1]
    cells, mapped = _cells(conn, layout, list(rows)) if rows else ({}, {})
    runs = []
    for row in rows:
        run = dict(row._mapping)
        del run["id"]
        run["seconds"] = seconds_between(row.started_at, row.ended_at)
        runs.append(run)
    return layout.rows_json, {"runs": runs, "cells": cells, "mapped": mapped}
