"""DAG runs and task instances, to look at."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from tradewind.api.deps import ReadLogs, ReadRuns, ReadTasks, Visit, json_answer
from tradewind.api.routes.ui.logs import find_tail
from tradewind.api.schemas.answers import (
    DagRun,
    DagRunCollection,
    TaskInstance,
    TaskInstanceCollection,
    described,
)
from tradewind.api.schemas.documents import run_document, task_document
from tradewind.domain.keys import TaskKey
from tradewind.store.reads import run_pages, task_pages

router = APIRouter(tags=["DAG run"])
Texts = Annotated[list[str] | None, Query()]
Moment = AwareDatetime | None
_TASKS = "/dags/{dag_id}/dagRuns/{run_id}/taskInstances"


@router.get("/dags/{dag_id}/dagRuns", responses=described(DagRunCollection))
def list_runs(
    visit: ReadRuns, dag_id: str, limit: int = 100, offset: int = 0, state: Texts = None, run_type: Texts = None,
    execution_date_gte: Moment = None, execution_date_lte: Moment = None, logical_date_gte: Moment = None,
    logical_date_lte: Moment = None, start_date_gte: Moment = None, start_date_lte: Moment = None,
    end_date_gte: Moment = None, end_date_lte: Moment = None, order_by: str = "id",
) -> Response:  # fmt: skip
    """Runs of a DAG; of all DAGs for ``~``."""
    limit, offset = visit.door.page(limit, offset)
    wanted = run_pages.RunFilter(
        dag_id=dag_id, states=state or [], run_types=run_type or [],
        logical_from=_first(execution_date_gte, logical_date_gte),
        logical_to=_first(execution_date_lte, logical_date_lte),
        started_from=start_date_gte, started_to=start_date_lte, ended_from=end_date_gte, ended_to=end_date_lte,
        order_by=order_by,
    )  # fmt: skip
    with visit.read() as conn:
        total, found = run_pages.list_runs(conn, wanted, limit=limit, offset=offset)
    return json_answer({"dag_runs": [run_document(run) for run in found], "total_entries": total})


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    return one if one is not None else other


def run_of(visit: Visit, dag_id: str, run_id: str) -> dict[str, Any]:
    """One run as the API shows it."""
    with visit.read() as conn:
        return run_document(run_pages.one_run(conn, dag_id, run_id))


def task_of(visit: Visit, key: TaskKey) -> dict[str, Any]:
    """One task instance as the API shows it."""
    with visit.read() as conn:
        return task_document(task_pages.one_task(conn, *key))


@router.get("/dags/{dag_id}/dagRuns/{run_id}", responses=described(DagRun))
def one_run(visit: ReadRuns, dag_id: str, run_id: str) -> Response:
    """One run."""
    return json_answer(run_of(visit, dag_id, run_id))


@router.get(_TASKS, responses=described(TaskInstanceCollection))
def list_tasks(
    visit: ReadTasks, dag_id: str, run_id: str, limit: int = 100, offset: int = 0, state: Texts = None,
    pool: Texts = None, queue: Texts = None, task_id: str | None = None,
) -> Response:  # fmt: skip
    """Task instances of a run; ``~`` for any DAG or run."""
    limit, offset = visit.door.page(limit, offset)
    with visit.read() as conn:
        total, found = task_pages.list_tasks(
            conn, dag_id, run_id, limit=limit, offset=offset, states=_states(state), pools=pool, queues=queue,
            task_id=task_id,
        )  # fmt: skip
    return json_answer({"task_instances": [task_document(task) for task in found], "total_entries": total})


def _states(given: list[str] | None) -> list[str] | None:
    return [("none" if state in ("null", "no_status") else state) for state in given] if given else None


@router.get(_TASKS + "/{task_id}", responses=described(TaskInstance))
def one_task(visit: ReadTasks, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Response:
    """One task instance that is not mapped (or the one of ``map_index``)."""
    return json_answer(task_of(visit, TaskKey(dag_id, run_id, task_id, map_index)))


@router.get(_TASKS + "/{task_id}/listMapped", responses=described(TaskInstanceCollection))
def mapped(visit: ReadTasks, dag_id: str, run_id: str, task_id: str, limit: int = 100, offset: int = 0) -> Response:
    """All instances of a mapped task."""
    limit, offset = visit.door.page(limit, offset)
    with visit.read() as conn:
        total, found = task_pages.list_tasks(
            conn, dag_id, run_id, limit=limit, offset=offset, task_id=task_id, only_mapped=True
        )
    return json_answer({"task_instances": [task_document(task) for task in found], "total_entries": total})


@router.get(_TASKS + "/{task_id}/{map_index:int}", responses=described(TaskInstance))
def one_mapped(visit: ReadTasks, dag_id: str, run_id: str, task_id: str, map_index: int) -> Response:
    """One instance of a mapped task."""
    return json_answer(task_of(visit, TaskKey(dag_id, run_id, task_id, map_index)))


@router.get(_TASKS + "/{task_id}/tries", responses=described(TaskInstanceCollection))
def tries(visit: ReadTasks, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Response:
    """Every try of a task instance, the newest included."""
    key = TaskKey(dag_id, run_id, task_id, map_index)
    task = task_of(visit, key)
    with visit.read() as conn:
        page = task_pages.task_page(conn, visit.door.layouts, *key)
    found = [
        task
        | {
            "try_number": a["try_number"],
            "state": a["state"],
            "start_date": a["started_at"],
            "end_date": a["ended_at"],
            "duration": a["seconds"],
            "hostname": a["host"] or "",
            "pid": a["pid"],
        }
        for a in page["attempts"]
    ]
    return json_answer({"task_instances": found, "total_entries": len(found)})


@router.get(_TASKS + "/{task_id}/logs/{try_number}")
def logs(
    visit: ReadLogs, request: Request, dag_id: str, run_id: str, task_id: str, try_number: int, map_index: int = -1,
    token: str | None = None, full_content: bool = False,
) -> Response:  # fmt: skip
    """The log of a try: text, or JSON with a token to go on with. ``full_content`` gives all there is at once."""
    tail = find_tail(visit, TaskKey(dag_id, run_id, task_id, map_index), try_number)
    reader = visit.door.logs
    offset = int(token) if token and token.isdigit() else 0
    read = reader.read(tail.path, offset)
    parts = [read.text]
    while full_content and not read.is_last and read.text:
        read = reader.read(tail.path, read.next_offset)
        parts.append(read.text)
    text = "".join(parts)
    if "application/json" not in request.headers.get("accept", ""):
        return PlainTextResponse(text)
    ended = tail.ended and (read.is_last or not read.text)
    return json_answer({"content": text, "continuation_token": None if ended else str(read.next_offset)})
