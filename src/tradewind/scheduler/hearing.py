"""Sorts what was heard: reports of live attempts, requests, heartbeats, and what comes too late."""

from __future__ import annotations

from tradewind.actions import accept_reports
from tradewind.actions.task_door import WRITES, Door
from tradewind.domain.keys import TaskKey
from tradewind.domain.messages import (
    Beat,
    Finished,
    Lost,
    Started,
    TaskReply,
    TaskRequest,
    TriggerFailed,
    TriggerFired,
)
from tradewind.domain.states import LIVE, TaskState
from tradewind.scheduler import collect, dispatch, rescue, waiting
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.shelf import Shelf
from tradewind.store import claims
from tradewind.store.reads import tasks as task_reads
from tradewind.store.reads.versions import Versions
from tradewind.telemetry import StaleReportRefused

Heard = Started | Finished | Lost | Beat | TaskRequest | TriggerFired | TriggerFailed
Report = Started | Finished | Lost


def take_in(batch: Batch, shelf: Shelf, door: Door, heard: list[tuple[str, Heard]], lost_restarts: int) -> list[Report]:
    """Apply everything that belongs to our runs. Returned: reports of live attempts of runs that others drive."""
    unknown: list[Report | TaskRequest] = []
    beats: set[str] = set()
    for _name, message in heard:
        if isinstance(message, Beat):
            beats.update(message.attempt_ids)
            continue
        if isinstance(message, TriggerFired | TriggerFailed):
            waiting.apply(batch, shelf, message)
            continue
        if isinstance(message, TaskRequest) and (waiter := shelf.waiters.get(message.attempt_id)) is not None:
            book, ti = waiter
            key = TaskKey(book.run.dag_id, book.run.run_id, ti.task_id, ti.map_index)
            batch.replies.append(door.serve(batch.conn, message, key, book.run.id))
            batch.wrote |= message.verb in WRITES
            continue
        entry = shelf.live.get(message.attempt_id)
        if entry is None or entry[1].attempt_id != message.attempt_id or entry[1].state not in LIVE:
            unknown.append(message)
            continue
        book, ti = entry
        if isinstance(message, TaskRequest):
            key = TaskKey(book.run.dag_id, book.run.run_id, ti.task_id, ti.map_index)
            batch.replies.append(door.serve(batch.conn, message, key, book.run.id))
            if message.verb == "xcom_push":
                args = message.args
                book.keep_value(ti.task_id, ti.map_index, str(args.get("key")), str(args.get("value")))
            batch.wrote = True
        else:
            collect.apply(batch, book, ti, message, lost_restarts)
    if beats:
        _beat(batch, shelf, beats)
    return _sort_unknown(batch, unknown) if unknown else []


def _beat(batch: Batch, shelf: Shelf, ids: set[str]) -> None:
    claims.renew_leases(batch.conn, sorted(ids), batch.lease_until)
    strangers = [a for a in ids if a not in shelf.live]
    if not strangers:
        return
    holders = task_reads.holders(batch.conn, strangers)
    for attempt_id in strangers:
        holder = holders.get(attempt_id)
        if holder is None or not _is_live(holder):
            batch.cancels.append((attempt_id, "another attempt took its place, or it was ended"))


def _is_live(holder: task_reads.Holder) -> bool:
    return holder.live_attempt_id == holder.attempt_id and TaskState(holder.state) in LIVE


def _sort_unknown(batch: Batch, unknown: list[Report | TaskRequest]) -> list[Report]:
    holders = task_reads.holders(batch.conn, sorted({m.attempt_id for m in unknown}))
    foreign: list[Report] = []
    for message in unknown:
        holder = holders.get(message.attempt_id)
        # What ended in this very batch is not in the rows yet, but it is over.
        if holder is not None and _is_live(holder) and message.attempt_id not in batch.ended:
            if not isinstance(message, TaskRequest):
                foreign.append(message)
                continue
            why = "The run of this task is driven by another scheduler."
        else:
            why = "This attempt is over: the task was cleared, marked, or started again."
            batch.events.append(StaleReportRefused(message.attempt_id, type(message).__name__))
            batch.cancels.append((message.attempt_id, why))
            if isinstance(message, Finished | Lost):  # one that still runs must stay known, or it could not be ended
                batch.acknowledge.append(message.attempt_id)
        if isinstance(message, TaskRequest):
            error = {"code": "stale_attempt", "message": why, "hint": None}
            batch.replies.append(TaskReply(attempt_id=message.attempt_id, number=message.number, error=error))
    return foreign


def for_others(batch: Batch, versions: Versions, reports: list[Report], lost_restarts: int) -> None:
    """Write what our workers say of runs that another scheduler took over; it then reads those runs afresh."""
    accept_reports.apply(batch.conn, versions, reports, batch.now, batch.lease_until, lost_restarts)
    batch.acknowledge.extend(r.attempt_id for r in reports if not isinstance(r, Started))
    batch.wrote = True


def expire(batch: Batch, shelf: Shelf, attempt_ids: list[str], lost_restarts: int) -> None:
    """Leases that ran out: a normal event."""
    for attempt_id in attempt_ids:
        entry = shelf.live.get(attempt_id)
        if entry is None or entry[1].attempt_id != attempt_id or attempt_id in batch.ended:
            continue
        book, ti = entry
        running = ti.state is TaskState.RUNNING
        why = "its worker was not heard of in time" if running else "handed over, but never started in time"
        rescue.lost(batch, book, ti, why, started=running, restarts=lost_restarts)


def confirm(
    batch: Batch,
    shelf: Shelf,
    attempt_ids: set[str],
    known: dict[str, set[str] | None],
    realm: str,
    isolation: str,
    lost_restarts: int,
) -> set[str]:
    """After a restart: attempts found in the rows that no worker of ours holds. The ids that are settled now.

    A hand-over that never arrived is sent again, the same order under the same attempt id. A running one is lost.
    Attempts of another machine or home are left to their leases: our executors cannot know of them.
    """
    settled: set[str] = set()
    by_run = {shelf.live[a][0].run.id for a in attempt_ids}
    rows = {k: v for pk in by_run for k, v in task_reads.live_attempts(batch.conn, pk).items()}
    for attempt_id in attempt_ids:
        book, ti = shelf.live[attempt_id]
        row = rows.get(attempt_id)
        if row is None or row.worker != realm:
            settled.add(attempt_id)
            continue
        held = known.get(row.executor, set())
        if held is None:
            continue  # the executor cannot tell yet
        settled.add(attempt_id)
        if attempt_id in held or attempt_id in batch.ended or row.executor not in known:
            continue
        if ti.state is TaskState.QUEUED:
            order = dispatch.build_order(book, ti, row.executor, isolation)
            batch.orders.setdefault(row.executor, []).append(order)
        elif ti.state is TaskState.RUNNING:
            rescue.lost(batch, book, ti, "its worker is gone", started=True, restarts=lost_restarts)
    return settled
