"""The list of DAGs and the page of one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from tradewind.api.deps import ReadDags, json_answer
from tradewind.errors import InvalidArgument
from tradewind.store.reads import dags as reads
from tradewind.store.reads.grid import grid as read_grid

router = APIRouter(prefix="/ui/dags", tags=["page"])
GRID_RUNS_MAX = 365


@router.get("")
def list_dags(
    visit: ReadDags,
    limit: int = 50,
    offset: int = 0,
    search: str | None = None,
    tag: Annotated[list[str] | None, Query()] = None,
    paused: bool | None = None,
    state: str | None = None,
    order_by: str = "dag_id",
) -> Response:
    """A page of DAGs with their newest runs, and the figures of the filters."""
    limit, offset = visit.door.page(limit, offset)
    wanted = reads.DagFilter(search=search, tags=tag or [], paused=paused, state=state, order_by=order_by)
    with visit.read() as conn:
        total, dags = reads.list_dags(conn, visit.door.layouts, wanted, limit=limit, offset=offset)
        counts, tags = reads.counts_and_tags(conn)
    return json_answer({"total": total, "counts": counts, "tags": tags, "dags": dags})


@router.get("/{dag_id}")
def one_dag(visit: ReadDags, dag_id: str) -> Response:
    """Everything about one DAG but its runs."""
    with visit.read() as conn:
        page = reads.dag_page(conn, visit.door.layouts, dag_id)
    if page.get("catchup") is None:
        page["catchup"] = visit.door.settings.get_bool("scheduler", "catchup_by_default")
    return json_answer(page)


@router.get("/{dag_id}/source")
def source(visit: ReadDags, dag_id: str, version: int | None = None) -> Response:
    """The text of the DAG's file as it was at that version."""
    with visit.read() as conn:
        return json_answer(reads.dag_code(conn, dag_id, version))


@router.get("/{dag_id}/versions")
def versions(visit: ReadDags, dag_id: str) -> Response:
    """All versions, newest first."""
    with visit.read() as conn:
        return json_answer({"versions": reads.list_versions(conn, dag_id)})


@router.get("/{dag_id}/structure")
def structure(visit: ReadDags, dag_id: str, version: int | None = None) -> Response:
    """Nodes and edges of the graph."""
    with visit.read() as conn:
        layout = visit.door.layouts.get(conn, reads.version_id_of(conn, dag_id, version))
    return Response(layout.structure_json, media_type="application/json")


@router.get("/{dag_id}/grid")
def grid(
    visit: ReadDags,
    dag_id: str,
    limit: int = 25,
    before: datetime | None = None,
    state: Annotated[list[str] | None, Query()] = None,
    run_type: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """Runs by tasks, a letter per cell."""
    if before is not None and before.tzinfo is None:
        raise InvalidArgument("before needs a time zone.", field="before", hint="Write it as 2026-01-01T00:00:00Z.")
    limit = max(1, min(limit, GRID_RUNS_MAX))
    with visit.read() as conn:
        rows, rest = read_grid(
            conn, visit.door.layouts, dag_id, limit=limit, before=before, states=state, run_types=run_type
        )
    body = json_answer(rest).body
    return Response(b'{"rows":' + rows + b"," + bytes(body)[1:], media_type="application/json")
