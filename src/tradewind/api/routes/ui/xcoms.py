"""The list of all XComs."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from tradewind.api.deps import ReadXComs, json_answer
from tradewind.store.reads.xcoms import XComFilter, search

router = APIRouter(prefix="/ui/xcoms", tags=["page"])


@router.get("")
def list_xcoms(
    visit: ReadXComs, dag: str | None = None, run: str | None = None, task: str | None = None, key: str | None = None,
    limit: int = 50, offset: int = 0,
) -> Response:  # fmt: skip
    """A page of them, newest runs first, with the start of each value. The filters look into names."""
    limit, offset = visit.door.page(limit, offset)
    wanted = XComFilter(dag_part=dag, run_part=run, task_part=task, key_part=key)
    with visit.read() as conn:
        total, rows = search(conn, wanted, limit=limit, offset=offset)
    return json_answer({"total": total, "xcoms": rows})
