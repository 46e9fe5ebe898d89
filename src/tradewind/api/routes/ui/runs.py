"""The pages of one run and of one task instance."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from tradewind.api.deps import ReadRuns, ReadTasks, ReadXComs, json_answer
from tradewind.api.routes.values import value_of
from tradewind.store.reads import run_pages, task_pages

router = APIRouter(prefix="/ui/dags/{dag_id}/runs/{run_id}", tags=["page"])


@router.get("")
def one_run(visit: ReadRuns, dag_id: str, run_id: str) -> Response:
    """The run, how many tasks stand where, and how it got here."""
    with visit.read() as conn:
        return json_answer(run_pages.run_page(conn, dag_id, run_id))


@router.get("/tasks")
def tasks(visit: ReadTasks, dag_id: str, run_id: str) -> Response:
    """All task instances of the run."""
    with visit.read() as conn:
        _, found = task_pages.list_tasks(conn, dag_id, run_id)
    return json_answer({"tasks": found})


@router.get("/tasks/{task_id}")
def one_task(visit: ReadTasks, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Response:
    """One task instance with its tries, its templates and its journal."""
    with visit.read() as conn:
        return json_answer(task_pages.task_page(conn, visit.door.layouts, dag_id, run_id, task_id, map_index))


@router.get("/tasks/{task_id}/xcoms")
def xcoms(visit: ReadXComs, dag_id: str, run_id: str, task_id: str, map_index: int | None = None) -> Response:
    """What the task pushed."""
    with visit.read() as conn:
        found = task_pages.list_xcoms(conn, dag_id, run_id, task_id, map_index)
    return json_answer({"xcoms": [x | {"value": value_of(x["value"], visit.door.values)} for x in found]})
