"""What people do with DAGs, runs and task instances. Each route is a thin line over a verb of ``actions``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from tradewind.actions.clear_tasks import clear_tasks
from tradewind.actions.create_run import create_run
from tradewind.actions.delete_dag import delete_dag
from tradewind.actions.delete_run import delete_run
from tradewind.actions.edit_note import set_run_note, set_task_note
from tradewind.actions.mark_run import mark_run
from tradewind.actions.mark_task import mark_task
from tradewind.actions.pause_dag import pause_dag
from tradewind.actions.run_task import run_task
from tradewind.api.deps import CreateRuns, DeleteDags, DeleteRuns, EditDags, EditRuns, EditTasks, Visit, json_answer
from tradewind.api.routes.public.dags import document_of
from tradewind.api.routes.public.runs import run_of, task_of
from tradewind.api.schemas.answers import Dag, DagRun, TouchedTasks, described
from tradewind.api.schemas.bodies import ClearRun, ClearTasks, DagPatch, NewRun, NotePatch, RunPatch, RunTask, TaskPatch
from tradewind.domain.keys import TaskKey
from tradewind.errors import InvalidArgument
from tradewind.store.reads.run_pages import RunFilter, list_runs
from tradewind.store.reads.run_pages import one_run as read_run
from tradewind.store.reads.task_pages import list_tasks

router = APIRouter()
_RUN = "/dags/{dag_id}/dagRuns/{run_id}"
_TASK = _RUN + "/taskInstances/{task_id}"
_RUNS_AT_ONCE = 1000


@router.patch("/dags/{dag_id}", tags=["DAG"], responses=described(Dag))
def patch_dag(visit: EditDags, dag_id: str, body: DagPatch, update_mask: str | None = None) -> Response:
    """Switch a DAG on or off. (``update_mask`` is taken for old clients; there is one field.)"""
    pause_dag(visit.act, dag_id, body.is_paused)
    return json_answer(document_of(visit, dag_id))


@router.delete("/dags/{dag_id}", tags=["DAG"], status_code=204)
def remove_dag(visit: DeleteDags, dag_id: str) -> Response:
    """Forget a DAG with its runs. While its file is there, it comes back with the next change of the file."""
    delete_dag(visit.act, dag_id)
    return Response(status_code=204)


@router.post("/dags/{dag_id}/dagRuns", tags=["DAG run"], responses=described(DagRun))
def trigger(visit: CreateRuns, dag_id: str, body: NewRun) -> Response:
    """Make a run now; 409 when its id or its logical date is taken."""
    start, end = body.data_interval_start, body.data_interval_end
    if (start is None) != (end is None):
        raise InvalidArgument(
            "A data interval has a start and an end.", field="data_interval_start", hint="Give both or none."
        )
    made = create_run(
        visit.act,
        dag_id,
        run_id=body.dag_run_id,
        logical_date=body.date,
        conf=body.conf,
        note=body.note,
        run_after=body.run_after,
        interval=None if start is None or end is None else (start, end),
    )
    return json_answer(run_of(visit, dag_id, made.run_id))


@router.patch(_RUN, tags=["DAG run"], responses=described(DagRun))
def patch_run(visit: EditRuns, dag_id: str, run_id: str, body: RunPatch, update_mask: str | None = None) -> Response:
    """Say how the run ended (success, failed), start it again (queued), or write a note."""
    if body.state is not None:
        mark_run(visit.act, dag_id, run_id, body.state)
    if "note" in body.model_fields_set:
        set_run_note(visit.act, dag_id, run_id, body.note)
    return json_answer(run_of(visit, dag_id, run_id))


@router.patch(_RUN + "/setNote", tags=["DAG run"])
def note_run(visit: EditRuns, dag_id: str, run_id: str, body: NotePatch) -> Response:
    """Write a note on a run."""
    set_run_note(visit.act, dag_id, run_id, body.note)
    return json_answer(run_of(visit, dag_id, run_id))


@router.delete(_RUN, tags=["DAG run"], status_code=204)
def remove_run(visit: DeleteRuns, dag_id: str, run_id: str) -> Response:
    """Remove a run with its task instances and XComs."""
    delete_run(visit.act, dag_id, run_id)
    return Response(status_code=204)


@router.post(_RUN + "/clear", tags=["DAG run"])
def clear_run(visit: EditRuns, dag_id: str, run_id: str, body: ClearRun) -> Response:
    """Run the tasks of a run again, or tell which they would be."""
    keys = clear_tasks(visit.act, dag_id, run_id, None, only_failed=body.only_failed, dry_run=body.dry_run)
    if body.dry_run:
        return json_answer(_cleared(visit, keys))
    return json_answer(run_of(visit, dag_id, run_id))


@router.post("/dags/{dag_id}/clearTaskInstances", tags=["Task instance"], responses=described(TouchedTasks))
def clear(visit: EditTasks, dag_id: str, body: ClearTasks) -> Response:
    """Run task instances again, or (the default) tell which they would be."""
    whole = [t for t in body.task_ids or () if isinstance(t, str)]
    several: dict[str, list[int]] = {}
    for one in body.task_ids or ():
        if not isinstance(one, str):
            several.setdefault(one[0], []).append(one[1])
    chosen: list[tuple[list[str] | None, list[int] | None]] = [([t], indexes) for t, indexes in several.items()]
    if whole or not chosen:
        chosen.append((whole or None, None))
    keys: dict[TaskKey, None] = {}
    for run_id in _runs_meant(visit, dag_id, body):
        for task_ids, indexes in chosen:
            found = clear_tasks(
                visit.act,
                dag_id,
                run_id,
                task_ids,
                upstream=body.include_upstream,
                downstream=body.include_downstream,
                only_failed=body.only_failed,
                only_running=body.only_running,
                recursive=body.include_recursive or body.include_subdags,
                map_indexes=indexes,
                reset_run=body.reset_dag_runs,
                dry_run=body.dry_run,
            )
            keys |= dict.fromkeys(found)
    return json_answer(_cleared(visit, keys))


@router.post(_TASK + "/run", tags=["Task instance"], responses=described(TouchedTasks))
def run_now(visit: EditTasks, dag_id: str, run_id: str, task_id: str, body: RunTask) -> Response:
    """Run one task instance now, without waiting for the tasks before it; pools and limits still hold."""
    key = run_task(
        visit.act, dag_id, run_id, task_id, map_index=body.map_index, ignore_task_state=body.ignore_task_state
    )
    return json_answer(_cleared(visit, [key]))


@router.patch(_TASK, tags=["Task instance"], responses=described(TouchedTasks))
def patch_task(
    visit: EditTasks, dag_id: str, run_id: str, task_id: str, body: TaskPatch, update_mask: str | None = None
) -> Response:
    """Say how a task instance ended (success, failed, skipped), or write a note."""
    return _patch(visit, TaskKey(dag_id, run_id, task_id, body.map_index), body)


@router.patch(_TASK + "/setNote", tags=["Task instance"])
def note_task(visit: EditTasks, dag_id: str, run_id: str, task_id: str, body: NotePatch) -> Response:
    """Write a note on a task instance."""
    set_task_note(visit.act, dag_id, run_id, task_id, -1, body.note)
    return json_answer(task_of(visit, TaskKey(dag_id, run_id, task_id)))


@router.patch(_TASK + "/{map_index:int}", tags=["Task instance"])
def patch_mapped(visit: EditTasks, dag_id: str, run_id: str, task_id: str, map_index: int, body: TaskPatch) -> Response:
    """As for a task that is not mapped, for one instance of a mapped one."""
    return _patch(visit, TaskKey(dag_id, run_id, task_id, map_index), body)


def _patch(visit: Visit, key: TaskKey, body: TaskPatch) -> Response:
    marked: list[TaskKey] = []
    if body.new_state is not None:
        marked = mark_task(
            visit.act,
            key.dag_id,
            key.run_id,
            key.task_id,
            body.new_state,
            map_index=key.map_index if key.map_index >= 0 else None,
            upstream=body.include_upstream,
            downstream=body.include_downstream,
            dry_run=body.dry_run,
        )
    if "note" in body.model_fields_set and not body.dry_run:
        set_task_note(visit.act, *key, body.note)
    answer = _cleared(visit, marked)
    if key.map_index >= 0 or not any(k.task_id == key.task_id and k.map_index >= 0 for k in marked):
        answer |= task_of(visit, key)
    return json_answer(answer)


def _runs_meant(visit: Visit, dag_id: str, body: ClearTasks) -> list[str]:
    """The run named, with those before or after it where asked; without a name, the runs of the dates given."""
    first, last = body.start_date, body.end_date
    named = body.dag_run_id
    if named is not None and not (body.include_past or body.include_future):
        return [named]
    with visit.read() as conn:
        if named is not None:
            date = read_run(conn, dag_id, named)["logical_date"]
            first, last = None if body.include_past else date, None if body.include_future else date
        wanted = RunFilter(dag_id=dag_id, logical_from=first, logical_to=last, order_by="logical_date")
        _, found = list_runs(conn, wanted, limit=_RUNS_AT_ONCE, offset=0)
    return [run["run_id"] for run in found]


def _cleared(visit: Visit, keys: Iterable[TaskKey]) -> dict[str, Any]:
    listed = list(keys)
    dates: dict[tuple[str, str], Any] = {}
    states: dict[TaskKey, str | None] = {}
    with visit.read() as conn:
        for key in listed:
            run = (key.dag_id, key.run_id)
            if run not in dates:
                dates[run] = read_run(conn, *run)["logical_date"]
                _, found = list_tasks(conn, *run)
                states |= {TaskKey(*run, task["task_id"], task["map_index"]): task["state"] for task in found}
    return {
        "task_instances": [
            {
                "dag_id": key.dag_id,
                "dag_run_id": key.run_id,
                "task_id": key.task_id,
                "map_index": key.map_index,
                "state": states.get(key),
                "execution_date": dates[(key.dag_id, key.run_id)],
                "logical_date": dates[(key.dag_id, key.run_id)],
            }
            for key in listed
        ],
        "total_entries": len(listed),
    }
