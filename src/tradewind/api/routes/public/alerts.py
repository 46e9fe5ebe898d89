"""What DAGs told people, or tried to: their callbacks, with logs; missed SLAs; deadlines."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from tradewind.api.deps import ReadLogs, ReadRuns, Visit, json_answer
from tradewind.api.schemas.alerts import (
    Callback,
    CallbackCollection,
    DeadlineCollection,
    SlaMissCollection,
    callback_document,
    sla_miss_document,
)
from tradewind.api.schemas.answers import described
from tradewind.store.reads import callbacks as reads
from tradewind.store.reads import deadlines
from tradewind.store.reads.run_pages import run_row
from tradewind.store.reads.versions import the_dag

router = APIRouter(tags=["Alerts"])
States = Annotated[list[str] | None, Query()]


def _listed(
    visit: Visit, dag_id: str | None, run_id: str | None, state: list[str] | None, limit: int, offset: int
) -> Response:
    limit, offset = visit.door.page(limit, offset)
    with visit.read() as conn:
        if dag_id is not None:
            the_dag(conn, dag_id)
        total, rows = reads.listed(conn, dag_id=dag_id, run_id=run_id, states=state or [], limit=limit, offset=offset)
    return json_answer({"callbacks": [callback_document(row) for row in rows], "total_entries": total})


@router.get("/callbacks", responses=described(CallbackCollection))
def all_callbacks(visit: ReadRuns, state: States = None, limit: int = 100, offset: int = 0) -> Response:
    """Callbacks of every DAG, newest first; ``state`` is due, running, success, failed or lost."""
    return _listed(visit, None, None, state, limit, offset)


@router.get("/dags/{dag_id}/callbacks", responses=described(CallbackCollection))
def callbacks_of_dag(visit: ReadRuns, dag_id: str, state: States = None, limit: int = 100, offset: int = 0) -> Response:
    """Callbacks of one DAG, newest first."""
    return _listed(visit, dag_id, None, state, limit, offset)


@router.get("/dags/{dag_id}/dagRuns/{dag_run_id}/callbacks", responses=described(CallbackCollection))
def callbacks_of_run(
    visit: ReadRuns, dag_id: str, dag_run_id: str, state: States = None, limit: int = 100, offset: int = 0
) -> Response:
    """Callbacks of one run, newest first."""
    return _listed(visit, dag_id, dag_run_id, state, limit, offset)


@router.get("/callbacks/{callback_id:int}", responses=described(Callback))
def one_callback(visit: ReadRuns, callback_id: int) -> Response:
    """One callback."""
    with visit.read() as conn:
        return json_answer(callback_document(reads.the_callback(conn, callback_id)))


@router.get("/callbacks/{callback_id:int}/logs")
def logs(visit: ReadLogs, callback_id: int, offset: int = 0) -> Response:
    """The log of its last try, from an offset in bytes; ``ended`` says that nothing more will come."""
    with visit.read() as conn:
        row = reads.the_callback(conn, callback_id)
    if row.log_path is None:
        return json_answer({"text": "", "next_offset": 0, "ended": False})
    read = visit.door.logs.read(row.log_path, offset)
    ended = row.ended_at is not None and (read.is_last or not read.text)
    return json_answer({"text": read.text, "next_offset": read.next_offset, "ended": ended})


@router.get("/slaMisses", responses=described(SlaMissCollection))
def sla_misses(
    visit: ReadRuns, dag_id: str | None = None, dag_run_id: str | None = None, task_id: str | None = None,
    limit: int = 100, offset: int = 0,
) -> Response:  # fmt: skip
    """Tasks that missed their SLA, newest first."""
    limit, offset = visit.door.page(limit, offset)
    with visit.read() as conn:
        total, rows = deadlines.sla_misses(
            conn, dag_id=dag_id, run_id=dag_run_id, task_id=task_id, limit=limit, offset=offset
        )
    return json_answer({"sla_misses": [sla_miss_document(row) for row in rows], "total_entries": total})


@router.get("/dags/{dag_id}/dagRuns/{dag_run_id}/deadlines", responses=described(DeadlineCollection))
def deadlines_of_run(visit: ReadRuns, dag_id: str, dag_run_id: str) -> Response:
    """The deadlines of a run, the earliest first."""
    with visit.read() as conn:
        found = deadlines.of_run(conn, run_row(conn, dag_id, dag_run_id).run_pk)
    return json_answer({"deadlines": found, "total_entries": len(found)})
