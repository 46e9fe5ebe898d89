"""What becomes of a run that is due while ``max_active_runs`` others of its DAG are active: ``DAG(overlap=...)``.

queue       it waits (the default)
skip        it is never made: the schedule goes on after the active run has ended (``skips``)
cancel_old  the oldest active runs are ended to make room; of several that are due, the newest counts
cancel_new  it is made and ended at once, so that people see that it did not run

Backfills and runs that somebody cleared stay out of this. What ended so does not count as a failure of the DAG.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tradewind.domain.rules.outcome import Ended
from tradewind.domain.states import DONE, RunState, TaskState
from tradewind.scheduler import advance, stopping
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.book import Book
from tradewind.store import claims
from tradewind.store.reads import runs as run_reads
from tradewind.store.reads.runs import OpenRun

CANCELS = ("cancel_old", "cancel_new")


class Mine(Protocol):
    """Tells whether a book is valid and ours."""

    def __call__(self, batch: Batch, book: Book) -> bool:
        """True when it is."""
        ...


def make_room(batch: Batch, books: Iterable[Book], is_mine: Mine) -> None:
    """End the runs for which the policies cancel_old and cancel_new leave no room. Each scheduler ends its own."""
    by_dag: dict[str, list[Book]] = {}
    for book in books:
        if book.plan.spec.overlap in CANCELS and book.run.state in (RunState.QUEUED, RunState.RUNNING):
            by_dag.setdefault(book.run.dag_id, []).append(book)
    if not by_dag:
        return
    limits = claims.lock_dags(batch.conn, sorted(by_dag))
    for dag_id, mine in by_dag.items():
        limit = limits.get(dag_id)
        if limit is None or limit.is_paused or limit.max_active_runs <= 0:
            continue
        policy = max(mine, key=lambda book: book.run.id).plan.spec.overlap
        rows = [run for run in run_reads.active_since(batch.conn, dag_id, batch.now) if run.is_due(batch.now)]
        out = _losers(rows, limit.max_active_runs, policy)
        for book in mine:
            other = out.get(book.run.id)
            if other is not None and is_mine(batch, book):
                _cancel(batch, book, other, policy, limit.max_active_runs)


def _losers(rows: list[OpenRun], most: int, policy: str) -> dict[int, OpenRun]:
    """Runs to end, each with the run that takes the place."""
    rows = [run for run in rows if run.state == RunState.RUNNING or run.started_at is None]  # not the cleared ones
    if len(rows) <= most:
        return {}
    if policy == "cancel_old":
        ordered = sorted(rows, key=lambda run: (run.run_after, run.id))
        return {run.id: ordered[-1] for run in ordered[:-most]}
    ordered = sorted(rows, key=lambda run: (run.state != RunState.RUNNING, run.run_after, run.id))
    return {run.id: ordered[most - 1] for run in ordered[most:] if run.state == RunState.QUEUED}


def _cancel(batch: Batch, book: Book, other: OpenRun, policy: str, most: int) -> None:
    if policy == "cancel_old":
        why = f"overlap=cancel_old: made room for {other.run_id} (max_active_runs is {most})"
    else:
        why = f"overlap=cancel_new: {other.run_id} is still active (max_active_runs is {most})"
    give_up(batch, book, why, "overlap", counts=False)


def give_up(batch: Batch, book: Book, why: str, reason: str, *, counts: bool = True) -> None:
    """End a run that is not done: it has failed, what is still open of it is skipped. ``reason``: see ``Ended``."""
    stopping.stop_others(batch, book, why, running=TaskState.SKIPPED)
    for ti in book.all():
        if ti.state not in DONE:
            stopping.stop(batch, book, ti, TaskState.SKIPPED, why)
    batch.look.pop(book.run.id, None)
    advance.end_run(batch, book, Ended(RunState.FAILED, why, reason), counts=counts)
