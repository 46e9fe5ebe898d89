"""Queued runs begin: live ones first, then those of backfills, as far as max_active_runs of DAG and backfill allow."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tradewind.domain.states import DONE, RunState, TaskState
from tradewind.scheduler import advance
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.book import Book
from tradewind.store import claims, transitions
from tradewind.store.reads import backfills, runs

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
                if room == 1 and _is_for_another(batch, book):
                    continue
                room = _less(room, scheduler.custody.is_mine(batch, book) and start(batch, scheduler, book))
        if filling:
            _start_filling(batch, scheduler, filling, room)


def _is_for_another(batch: Batch, book: Book) -> bool:
    """The last place is that of an earlier run, perhaps another scheduler's, which tasks of this one may have to wait for."""
    date = book.run.logical_date
    if not book.plan.has_past or date is None:
        return False
    first = runs.first_to_start(batch.conn, book.run.dag_id, batch.now)
    return first is not None and first.date < date


def waiting_for_earlier(scheduler: Scheduler) -> dict[str, Book]:
    """By DAG, the latest running run in which all that is open waits for earlier runs."""
    found: dict[str, Book] = {}
    for book in scheduler.shelf.books.values():
        date = book.run.logical_date
        if book.past and date is not None and book.run.state == RunState.RUNNING and _only_waits(book):
            other = found.get(book.run.dag_id)
            if other is None or other.run.logical_date is None or other.run.logical_date < date:
                found[book.run.dag_id] = book
    return found


def give_way(batch: Batch, scheduler: Scheduler, waiting: dict[str, Book], dags: dict[str, claims.DagLimits]) -> None:
    """A run that can only wait gives its place to the earlier run that has none. Otherwise both would wait for ever, the
    earlier one for a place and this one for its tasks: so it is after a run is cleared, with depends_on_past and
    max_active_runs. The rows of these DAGs are locked.
    """
    running = claims.running_runs(batch.conn, sorted(waiting)) if waiting else {}
    for dag_id, book in waiting.items():
        most = dags[dag_id].max_active_runs if dag_id in dags else 0
        if not 0 < most <= running.get(dag_id, 0):
            continue
        first, date = runs.first_to_start(batch.conn, dag_id, batch.now), book.run.logical_date
        if first is None or date is None or first.date >= date or not scheduler.custody.is_mine(batch, book):
            continue
        batch.flush_states()
        why = f"gives its place to {first.run_id}, which it waits for"
        transitions.move_run(batch.conn, book.run.id, RunState.RUNNING, RunState.QUEUED, why=why, at=batch.now)
        book.run.state, book.run.queued_at, book.run.started_at = str(RunState.QUEUED), batch.now, None
        book.past.clear()
        batch.books[book.run.id] = book
        batch.wrote = True
        scheduler.shelf.queued.setdefault(dag_id, {})[book.run.id] = book


def _only_waits(book: Book) -> bool:
    return all(ti.state in DONE or ti.state is TaskState.NONE for ti in book.all())


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


def wake_past(batch: Batch, scheduler: Scheduler) -> bool:
    """Runs that wait for an earlier one look again when something of their DAG has ended in this batch."""
    ended, batch.done_dags = batch.done_dags, set()
    waiting = [b for b in scheduler.shelf.books.values() if b.past and b.run.dag_id in ended] if ended else []
    if not waiting:
        return False
    batch.flush_states()
    woke = False
    for book in waiting:
        if not scheduler.custody.is_mine(batch, book):
            continue
        for ti in [ti for ti in book.all() if ti.id in book.past]:
            advance.release(batch, book, ti, "the earlier run is done")
            woke |= ti.id not in book.past
    return woke
