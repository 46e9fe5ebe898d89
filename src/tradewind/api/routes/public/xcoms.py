"""XComs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from tradewind.actions.delete_xcom import delete_xcom
from tradewind.api.deps import DeleteXComs, ReadXComs, json_answer
from tradewind.api.routes.values import value_of
from tradewind.errors import not_found
from tradewind.store.reads.run_pages import one_run
from tradewind.store.reads.task_pages import list_xcoms
from tradewind.store.reads.xcoms import XComFilter, search

router = APIRouter(prefix="/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries", tags=["XCom"])


def _entry(dag_id: str, run: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    return {
        "key": row["key"],
        "timestamp": row["at"],
        "dag_id": dag_id,
        "run_id": run["run_id"],
        "task_id": row["task_id"],
        "map_index": row["map_index"],
        "execution_date": run["logical_date"],
        "logical_date": run["logical_date"],
    }


@router.get("")
def entries(
    visit: ReadXComs, dag_id: str, run_id: str, task_id: str, map_index: int | None = None, xcom_key: str | None = None,
    dag_id_part: str | None = None, run_id_part: str | None = None, task_id_part: str | None = None,
    xcom_key_part: str | None = None, limit: int = 100, offset: int = 0,
) -> Response:  # fmt: skip
    """What a task pushed, without the values. ``~`` as DAG, run or task: of all; the ``_part``s then look into names."""
    limit, offset = visit.door.page(limit, offset)
    if "~" in (dag_id, run_id) or xcom_key is not None:
        of_dag, of_run, of_task = (None if name == "~" else name for name in (dag_id, run_id, task_id))
        wanted = XComFilter(
            of_dag, of_run, of_task, map_index, xcom_key, dag_id_part, run_id_part, task_id_part, xcom_key_part
        )
        with visit.read() as conn:
            total, rows = search(conn, wanted, limit=limit, offset=offset)
        shown = [_entry(row["dag_id"], row, row) for row in rows]
        return json_answer({"xcom_entries": shown, "total_entries": total})
    with visit.read() as conn:
        found = list_xcoms(conn, dag_id, run_id, task_id, map_index, with_values=False)
        run = one_run(conn, dag_id, run_id)
    page = [_entry(dag_id, run, row) for row in found[offset : offset + limit]]
    return json_answer({"xcom_entries": page, "total_entries": len(found)})


@router.get("/{key:path}")
def entry(
    visit: ReadXComs, dag_id: str, run_id: str, task_id: str, key: str, map_index: int = -1, deserialize: bool = False,
    stringify: bool = False,
) -> Response:  # fmt: skip
    """One value, as JSON."""
    with visit.read() as conn:
        found = list_xcoms(conn, dag_id, run_id, task_id, map_index)
        run = one_run(conn, dag_id, run_id)
    row = next((x for x in found if x["key"] == key), None)
    if row is None:
        raise not_found(f"XCom of task {task_id!r}", key, [x["key"] for x in found])
    value = row["value"] if stringify else value_of(row["value"], visit.door.values)
    return json_answer(_entry(dag_id, run, row) | {"value": value})


@router.delete("/{key:path}", status_code=204)
def delete_entry(visit: DeleteXComs, dag_id: str, run_id: str, task_id: str, key: str, map_index: int = -1) -> Response:
    """Forget one value."""
    delete_xcom(visit.act, dag_id, run_id, task_id, key, map_index=map_index)
    return Response(status_code=204)
