"""DAGs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from tradewind.api.deps import ReadDags, Visit, json_answer
from tradewind.api.schemas.answers import Dag, DagCollection, described
from tradewind.api.schemas.documents import dag_details_document, dag_document
from tradewind.errors import not_found
from tradewind.store.reads import dags as reads

router = APIRouter(tags=["DAG"])


@router.get("/dags", responses=described(DagCollection))
def list_dags(
    visit: ReadDags,
    limit: int = 100,
    offset: int = 0,
    tags: Annotated[list[str] | None, Query()] = None,
    only_active: bool = True,
    paused: bool | None = None,
    dag_id_pattern: str | None = None,
    order_by: str = "dag_id",
) -> Response:
    """All DAGs that match."""
    limit, offset = visit.door.page(limit, offset)
    search = dag_id_pattern.strip("%") if dag_id_pattern else None
    wanted = reads.DagFilter(search=search, tags=tags or [], paused=paused, only_active=only_active, order_by=order_by)
    with visit.read() as conn:
        total, found = reads.list_dags(conn, visit.door.layouts, wanted, limit=limit, offset=offset, with_runs=False)
    return json_answer({"dags": [dag_document(dag) for dag in found], "total_entries": total})


@router.get("/dags/{dag_id}", responses=described(Dag))
def one_dag(visit: ReadDags, dag_id: str) -> Response:
    """One DAG."""
    return json_answer(document_of(visit, dag_id))


@router.get("/dags/{dag_id}/details", responses=described(Dag))
def details(visit: ReadDags, dag_id: str) -> Response:
    """One DAG with what its file says."""
    with visit.read() as conn:
        return json_answer(dag_details_document(reads.dag_page(conn, visit.door.layouts, dag_id)))


@router.get("/dags/{dag_id}/tasks")
def tasks(visit: ReadDags, dag_id: str) -> Response:
    """The tasks of the newest version."""
    with visit.read() as conn:
        layout = visit.door.layouts.get(conn, reads.version_id_of(conn, dag_id, None))
    found = [_task(spec) for spec in layout.spec.tasks]
    return json_answer({"tasks": found, "total_entries": len(found)})


@router.get("/dags/{dag_id}/tasks/{task_id}")
def one_task(visit: ReadDags, dag_id: str, task_id: str) -> Response:
    """One task of the newest version."""
    with visit.read() as conn:
        layout = visit.door.layouts.get(conn, reads.version_id_of(conn, dag_id, None))
    if task_id not in layout.tasks:
        raise not_found(f"task of DAG {dag_id!r}", task_id, layout.tasks)
    return json_answer(_task(layout.tasks[task_id]))


@router.get("/dagSources/{dag_id}")
def source(visit: ReadDags, request: Request, dag_id: str, version_number: int | None = None) -> Response:
    """The text of the DAG's file, as JSON or as plain text."""
    with visit.read() as conn:
        found = reads.dag_code(conn, dag_id, version_number)
    if "text/plain" in request.headers.get("accept", ""):
        return PlainTextResponse(found["source"])
    return json_answer({"content": found["source"], "dag_id": dag_id, "version_number": found["version"]})


@router.get("/dagTags")
def tags(visit: ReadDags) -> Response:
    """All tags in use."""
    with visit.read() as conn:
        _, found = reads.counts_and_tags(conn)
    return json_answer({"tags": found, "total_entries": len(found)})


def document_of(visit: Visit, dag_id: str) -> dict[str, Any]:
    """One DAG as the API shows it."""
    with visit.read() as conn:
        return dag_document(reads.dag_summary(conn, visit.door.layouts, dag_id))


def _task(spec: Any) -> dict[str, Any]:
    return {
        "task_id": spec.task_id,
        "task_display_name": spec.label or spec.task_id,
        "class_ref": {"class_name": spec.operator, "module_path": spec.module},
        "operator_name": spec.operator,
        "owner": spec.owner,
        "trigger_rule": spec.trigger_rule,
        "depends_on_past": spec.depends_on_past,
        "wait_for_downstream": spec.wait_for_downstream,
        "retries": spec.retries,
        "retry_delay": {"__type": "TimeDelta", "days": 0, "seconds": int(spec.retry_delay), "microseconds": 0},
        "pool": spec.pool,
        "pool_slots": spec.pool_slots,
        "queue": spec.queue,
        "priority_weight": spec.priority_weight,
        "weight_rule": spec.weight_rule,
        "execution_timeout": spec.execution_timeout,
        "start_date": spec.start_date,
        "end_date": spec.end_date,
        "ui_color": spec.ui_color,
        "ui_fgcolor": spec.ui_fgcolor,
        "template_fields": spec.template_fields,
        "downstream_task_ids": spec.downstream,
        "params": spec.params,
        "is_mapped": spec.mapped is not None,
        "doc_md": spec.doc_md,
    }
