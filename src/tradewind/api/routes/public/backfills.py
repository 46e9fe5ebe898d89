"""Backfills, under the addresses of Airflow 3 (and under /api/v1 all the same)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from tradewind.actions.control_backfill import cancel_backfill, pause_backfill, set_pace
from tradewind.actions.foretell_backfill import foretell, runs_ahead
from tradewind.actions.start_backfill import preview_backfill, start_backfill
from tradewind.api.deps import CreateRuns, EditRuns, ReadRuns, Visit, json_answer
from tradewind.api.schemas.answers import described
from tradewind.api.schemas.backfills import (
    Backfill,
    BackfillBody,
    BackfillCollection,
    BackfillPatch,
    CancelBody,
    DryRun,
    backfill_document,
    foresight_document,
)
from tradewind.store.reads import backfills as reads

router = APIRouter(prefix="/backfills", tags=["Backfill"])


def _shown(visit: Visit, backfill_id: int) -> Response:
    with visit.read() as conn:
        row = reads.the_backfill(conn, backfill_id)
        return json_answer(backfill_document(row, reads.tally(conn, backfill_id)))


@router.get("", responses=described(BackfillCollection))
def list_backfills(
    visit: ReadRuns, dag_id: str | None = None, active: bool | None = None, limit: int = 100, offset: int = 0,
    order_by: str = "-id",
) -> Response:  # fmt: skip
    """Backfills, newest first; ``active`` for those that go on. (``order_by`` is taken for clients of Airflow 3.)"""
    limit, offset = visit.door.page(limit, offset)
    with visit.read() as conn:
        total, rows = reads.list_backfills(conn, dag_id=dag_id, active=active, limit=limit, offset=offset)
        shown = [backfill_document(row, reads.tally(conn, row.id)) for row in rows]
    return json_answer({"backfills": shown, "total_entries": total})


@router.post("", responses=described(Backfill))
def create_backfill(visit: CreateRuns, body: BackfillBody) -> Response:
    """Start a backfill; 409 when another one of the DAG is at these dates, or when there is nothing to do."""
    return _shown(visit, start_backfill(visit.act, body.wish()).id)


@router.post("/dry_run", responses=described(DryRun))
def dry_run(visit: CreateRuns, body: BackfillBody, limit: int = 0, offset: int = 0) -> Response:
    """What a backfill would run, how long that may take and which limits it meets; nothing is written."""
    limit, offset = visit.door.page(limit, offset)
    seen = preview_backfill(visit.act, body.wish())
    story = foretell(seen, visit.door.settings)
    return json_answer(foresight_document(story, runs_ahead(seen, limit, offset), len(seen.planned)))


@router.get("/{backfill_id:int}", responses=described(Backfill))
def one_backfill(visit: ReadRuns, backfill_id: int) -> Response:
    """One backfill and how far it is."""
    return _shown(visit, backfill_id)


@router.get("/{backfill_id:int}/runs")
def runs(visit: ReadRuns, backfill_id: int, limit: int = 100, offset: int = 0) -> Response:
    """Its runs in the order in which they are made: those to come, those that are, those left out and why."""
    limit, offset = visit.door.page(limit, offset)
    with visit.read() as conn:
        row = reads.the_backfill(conn, backfill_id)
        found = reads.slots(conn, backfill_id, offset, limit)
    listed = [
        {
            "logical_date": slot.logical_date,
            "data_interval_start": slot.interval_start,
            "data_interval_end": slot.interval_end,
            "intervals": slot.intervals,
            "outcome": slot.outcome,
            "reason": slot.reason,
            "dag_run_id": slot.run_id,
            "state": slot.state,
        }
        for slot in found
    ]
    return json_answer({"runs": listed, "total_entries": row.total})


@router.patch("/{backfill_id:int}", responses=described(Backfill))
def patch_backfill(visit: EditRuns, backfill_id: int, body: BackfillPatch) -> Response:
    """Hold it or let it go on, or change how many runs go at once."""
    if body.max_active_runs is not None:
        set_pace(visit.act, backfill_id, body.max_active_runs)
    if body.is_paused is not None:
        pause_backfill(visit.act, backfill_id, body.is_paused)
    return _shown(visit, backfill_id)


@router.put("/{backfill_id:int}/pause", responses=described(Backfill))
def pause(visit: EditRuns, backfill_id: int) -> Response:
    """Make and begin no more runs for now; what runs goes on."""
    pause_backfill(visit.act, backfill_id, True)
    return _shown(visit, backfill_id)


@router.put("/{backfill_id:int}/unpause", responses=described(Backfill))
def unpause(visit: EditRuns, backfill_id: int) -> Response:
    """Go on."""
    pause_backfill(visit.act, backfill_id, False)
    return _shown(visit, backfill_id)


@router.put("/{backfill_id:int}/cancel", responses=described(Backfill))
def cancel(visit: EditRuns, backfill_id: int, body: CancelBody | None = None) -> Response:
    """No more runs. What has not begun is taken back, what runs goes on (or is ended, with ``stop_running``)."""
    cancel_backfill(visit.act, backfill_id, stop_running=body.stop_running if body else False)
    return _shown(visit, backfill_id)
