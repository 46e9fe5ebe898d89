"""Queued runs begin: live ones first, then those of backfills, as far as max_active_runs of DAG and backfill allow."""

from __future__ import annotations

from collections.abc import Mapping

from tradewind.scheduler import advance
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.book import Book
from tradewind.scheduler.custody import Custody
from tradewind.store import claims
from tradewind.store.reads import backfills
from tradewind.store.reads.backfills import BackfillRow


def start_runs(
    batch: Batch,
    custody: Custody,
    queued: list[Book],
    dags: Mapping[str, claims.DagLimits],
    open_backfills: Mapping[int, BackfillRow],
) -> None:
    """Start what may start. The rows of these DAGs are locked, so nobody else starts one of theirs meanwhile."""
    running = claims.running_runs(batch.conn, sorted({b.run.dag_id for b in queued}))
    tagged = {b.run.backfill_id for b in queued if b.run.backfill_id in open_backfills}
    of_backfill = backfills.running_runs(batch.conn, sorted(pk for pk in tagged if pk is not None))
    # Those of one backfill begin in the order in which they were made, whatever their dates.
    order = sorted(queued, key=lambda b: (b.run.backfill_id in open_backfills, b.order, b.run.id))
    for book in order:
        dag_id = book.run.dag_id
        limits = dags.get(dag_id)
        backfill = open_backfills.get(book.run.backfill_id or 0)
        if limits is None or book.run.run_after > batch.now or (limits.is_paused and backfill is None):
            continue
        if running.get(dag_id, 0) >= limits.max_active_runs > 0:
            continue
        if backfill is not None and (backfill.is_paused or of_backfill.get(backfill.id, 0) >= backfill.max_active_runs):
            continue
        if not custody.is_mine(batch, book):
            continue
        running[dag_id] = running.get(dag_id, 0) + 1
        if backfill is not None:
            of_backfill[backfill.id] = of_backfill.get(backfill.id, 0) + 1
        advance.start_run(batch, book)
        advance.settle(batch, book)
