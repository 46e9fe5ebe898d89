"""Logs: a piece from an offset, or live."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from tradewind.api.deps import ReadLogs, Visit, json_answer
from tradewind.api.routes.ui.stream import SSE_HEADERS
from tradewind.api.stream import event
from tradewind.domain.keys import TaskKey, log_path
from tradewind.store.reads import task_pages
from tradewind.store.reads.changes import attempt_has_ended

router = APIRouter(prefix="/ui/dags/{dag_id}/runs/{run_id}/tasks/{task_id}/logs", tags=["page"])
_LOOK_SECONDS = 0.15
_PING_SECONDS = 15.0


class Tail(NamedTuple):
    """Which file to read, and whether more may come."""

    path: str
    attempt_id: str | None
    ended: bool


def find_tail(visit: Visit, key: TaskKey, try_number: int) -> Tail:
    """The log of that try. Raises NotFound for a task or a try there cannot be."""
    with visit.read() as conn:
        found: dict[str, Any] | None = task_pages.attempt_of(
            conn, key.dag_id, key.run_id, key.task_id, key.map_index, try_number
        )
    if found is None:  # the try is yet to come
        return Tail(log_path(key, try_number), None, ended=False)
    return Tail(found["log_path"], found["id"], found["ended_at"] is not None)


@router.get("/{try_number}")
def piece(
    visit: ReadLogs, dag_id: str, run_id: str, task_id: str, try_number: int, map_index: int = -1, offset: int = 0
) -> Response:
    """Text from an offset in bytes; ``ended`` says that nothing more will come."""
    tail = find_tail(visit, TaskKey(dag_id, run_id, task_id, map_index), try_number)
    read = visit.door.logs.read(tail.path, offset)
    ended = tail.ended and (read.is_last or not read.text)
    return json_answer({"text": read.text, "next_offset": read.next_offset, "ended": ended})


@router.get("/{try_number}/stream")
async def live(
    visit: ReadLogs, dag_id: str, run_id: str, task_id: str, try_number: int, map_index: int = -1, offset: int = 0
) -> StreamingResponse:
    """The log as it is written, until the try has ended."""
    key = TaskKey(dag_id, run_id, task_id, map_index)
    tail = await asyncio.to_thread(find_tail, visit, key, try_number)
    return StreamingResponse(
        follow(visit, key, try_number, tail, offset), media_type="text/event-stream", headers=SSE_HEADERS
    )


def _looked_up(visit: Visit, key: TaskKey, try_number: int, tail: Tail) -> Tail:
    if tail.attempt_id is None:
        return find_tail(visit, key, try_number)
    with visit.read() as conn:
        return tail._replace(ended=attempt_has_ended(conn, tail.attempt_id))


async def follow(visit: Visit, key: TaskKey, try_number: int, tail: Tail, offset: int) -> AsyncIterator[bytes]:
    """Pieces while there are any; then looks at the file's size often, and at the store when the bell rings."""
    logs, feed = visit.door.logs, visit.door.feed
    listener = await feed.listen(takes_events=False)
    loop = asyncio.get_running_loop()
    quiet_since = loop.time()
    try:
        while not listener.closed:
            if listener.woken.is_set():  # asked before the file is read: what an ended try wrote is all there then
                listener.woken.clear()
                tail = await asyncio.to_thread(_looked_up, visit, key, try_number, tail)
            read = await asyncio.to_thread(logs.read, tail.path, offset)
            if read.text:
                offset, quiet_since = read.next_offset, loop.time()
                yield event("lines", {"text": read.text, "next_offset": offset})
                continue
            if tail.ended:
                yield event("end", {"next_offset": offset})
                return
            if loop.time() - quiet_since > _PING_SECONDS:
                quiet_since = loop.time()
                yield event("ping", {})
            while not listener.woken.is_set() and logs.size(tail.path) == offset:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(listener.woken.wait(), _LOOK_SECONDS)
    finally:
        feed.leave(listener)
