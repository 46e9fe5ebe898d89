"""Queued runs begin: live ones first, then those of backfills, as far as max_active_runs of DAG and backfill allow."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tradewind.domain.states import RunState
from tradewind.scheduler import advance
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.book import Book
from tradewind.store import claims
from tradewind.store.reads import backfills

if TYPE_CHECKING:
    from tradewind.scheduler.tick import Scheduler


def start_runs(batch: Batch, scheduler: Scheduler, dags: dict[str, claims.DagLimits]) -> None:
    """Start what may start. The rows of these DAGs are locked, so nobody else starts one of theirs meanwhile."""
    shelf = scheduler.shelf
    running = claims.running_runs(batch.conn, sorted(shelf.queued))
    for dag_id in list(shelf.queued):
        limits = dags.get(dag_id)
        if limits is None:
            continue
        room = limits.max_active_runs - running.get(dag_id, 0) if limits.max_active_runs > 0 else None
        open_now = scheduler.backfills.open
        live: list[Book] = []
        filling: list[Book] = []
        for book in shelf.queued.get(dag_id, {}).values():
            if book.run.state == RunState.QUEUED and _is_due(book, batch.now):
                (filling if book.run.backfill_id in open_now else live).append(book)
        if not limits.is_paused:
            for book in sorted(live, key=lambda b: (b.run.run_after, b.run.id)):
                if room is not None and room <= 0:
                    break
                room = _less(room, scheduler.custody.is_mine(batch, book) and start(batch, scheduler, book))
        if filling:
            _start_filling(batch, scheduler, filling, room)


def _is_due(book: Book, now: datetime) -> bool:
    """Its time has come. What was due when it was made stays due, whatever clock made it and wherever that is set since."""
    return book.run.run_after <= max(now, book.run.queued_at)


def _start_filling(batch: Batch, scheduler: Scheduler, filling: list[Book], room: int | None) -> None:
    """Runs of backfills, in the order in which they were made, whatever their dates."""
    open_now = scheduler.backfills.open
    wanted = sorted({b.run.backfill_id for b in filling if b.run.backfill_id is not None})
    running = backfills.running_runs(batch.conn, wanted)
    for book in sorted(filling, key=lambda b: b.run.id):
        backfill = open_now[book.run.backfill_id or 0]
        if room is not None and room <= 0:
            return
        if backfill.is_paused or running.get(backfill.id, 0) >= backfill.max_active_runs:
            continue
        if scheduler.custody.is_mine(batch, book):
            start(batch, scheduler, book)
            running[backfill.id] = running.get(backfill.id, 0) + 1
            room = _less(room, True)


def _less(room: int | None, taken: bool) -> int | None:
    return room - 1 if room is not None and taken else room


def start(batch: Batch, scheduler: Scheduler, book: Book) -> bool:
    """One run goes."""
    scheduler.shelf.started(book)
    advance.start_run(batch, book)
    advance.settle(batch, book)
    return True
