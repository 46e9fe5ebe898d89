"""Everything that moves, pushed to the page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import StreamingResponse

from tradewind.api.deps import ReadDags
from tradewind.api.stream import page_events

router = APIRouter(tags=["page"])
SSE_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get("/ui/stream")
async def stream(
    visit: ReadDags, since: int | None = None, last_event_id: Annotated[str | None, Header()] = None
) -> StreamingResponse:
    """Server-sent events: change, dags, ping. A browser that comes again gets what it missed."""
    last_id = int(last_event_id) if last_event_id and last_event_id.isdigit() else since
    return StreamingResponse(
        page_events(visit.door.feed, last_id), media_type="text/event-stream", headers=SSE_HEADERS
    )
