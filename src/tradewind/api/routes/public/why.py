"""Why is it not running? Of a DAG, a run, a task instance: one sentence, and every reason with its figures."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from tradewind.api.deps import ReadDags, ReadRuns, ReadTasks, Visit, json_answer
from tradewind.api.schemas.answers import Why, described
from tradewind.store.engine import Conn
from tradewind.store.reads.versions import versions_of
from tradewind.store.reads.why import Asker

router = APIRouter(tags=["Why"])


def _asker(visit: Visit, conn: Conn) -> Asker:
    door = visit.door
    return Asker(conn, door.settings, versions_of(door.store), door.clock.now())


def _shown(answer: dict[str, Any]) -> dict[str, Any]:
    # Airflow's name of the run's id in its API.
    return answer | ({"dag_run_id": answer["run_id"]} if "run_id" in answer else {})


@router.get("/dags/{dag_id}/why", responses=described(Why))
def why_dag(visit: ReadDags, dag_id: str) -> Response:
    """What keeps a DAG from running, and when it runs next."""
    with visit.read() as conn:
        return json_answer(_asker(visit, conn).dag(dag_id))


@router.get("/dags/{dag_id}/dagRuns/{run_id}/why", responses=described(Why))
def why_run(visit: ReadRuns, dag_id: str, run_id: str) -> Response:
    """What a run waits for, or how it ended."""
    with visit.read() as conn:
        return json_answer(_shown(_asker(visit, conn).run(dag_id, run_id)))


@router.get("/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/why", responses=described(Why))
def why_task(visit: ReadTasks, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Response:
    """What a task instance waits for, or how it ended. Of a mapped task without ``map_index``: the first that is open."""
    with visit.read() as conn:
        return json_answer(_shown(_asker(visit, conn).task(dag_id, run_id, task_id, map_index)))
