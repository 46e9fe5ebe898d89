"""Hold a backfill, let it go on, end it."""

from __future__ import annotations

from collections.abc import Callable

from tradewind.actions.context import Act
from tradewind.actions.mark_run import end_tasks
from tradewind.domain.states import RUN_DONE, RunState
from tradewind.errors import Conflict, InvalidArgument
from tradewind.store import transitions
from tradewind.store.engine import Conn
from tradewind.store.reads import backfills as reads
from tradewind.store.reads import runs as run_reads
from tradewind.store.reads import tasks
from tradewind.store.reads.backfills import BackfillRow
from tradewind.store.writes import backfills as writes
from tradewind.store.writes import runs as run_writes


def pause_backfill(act: Act, backfill_id: int, paused: bool) -> BackfillRow:
    """No new run is made or begun while it is paused; what runs goes on. Conflict when the backfill is over."""

    def work(conn: Conn) -> BackfillRow:
        _open(conn, backfill_id)
        writes.set_paused(conn, backfill_id, paused, act.clock.now())
        found = reads.the_backfill(conn, backfill_id)
        act.audit(conn, "pause_backfill" if paused else "resume_backfill", dag_id=found.dag_id, backfill=backfill_id)
        return found

    return _done(act, work)


def set_pace(act: Act, backfill_id: int, max_active_runs: int) -> BackfillRow:
    """More or fewer runs at once from now on."""
    if max_active_runs < 1:
        raise InvalidArgument("max_active_runs must be 1 or more.", field="max_active_runs")

    def work(conn: Conn) -> BackfillRow:
        _open(conn, backfill_id)
        writes.set_max_active_runs(conn, backfill_id, max_active_runs, act.clock.now())
        return reads.the_backfill(conn, backfill_id)

    return _done(act, work)


def cancel_backfill(act: Act, backfill_id: int, *, stop_running: bool = False) -> BackfillRow:
    """No more runs. Those it made and that have not begun are taken back; one that was cleared for it is failed.

    What runs goes on to its end, unless ``stop_running``: then it fails. Conflict when the backfill is over.
    """

    def work(conn: Conn) -> BackfillRow:
        backfill = _open(conn, backfill_id)
        now = act.clock.now()
        writes.complete(conn, backfill_id, now, cancelled=True)
        gone = []
        why = f"backfill {backfill_id} was cancelled"
        for pk, run_id in reads.open_run_ids(conn, backfill_id, "queued"):
            run = run_reads.find(conn, backfill.dag_id, run_id, for_update=True)
            if run is None or run.state != RunState.QUEUED:
                continue
            if run.run_type == "backfill" and not tasks.of_run(conn, pk):
                run_writes.delete(conn, pk)
                gone.append(pk)
            else:
                _fail(conn, act, pk, RunState.QUEUED, why)
        writes.take_back(conn, gone)
        if stop_running:
            for pk, run_id in reads.open_run_ids(conn, backfill_id, "running"):
                run = run_reads.find(conn, backfill.dag_id, run_id, for_update=True)
                if run is not None and RunState(run.state) not in RUN_DONE:
                    _fail(conn, act, pk, RunState(run.state), why)
        act.audit(conn, "cancel_backfill", dag_id=backfill.dag_id, backfill=backfill_id, stop_running=stop_running)
        return reads.the_backfill(conn, backfill_id)

    return _done(act, work)


def _open(conn: Conn, backfill_id: int) -> BackfillRow:
    found = reads.the_backfill(conn, backfill_id, for_update=True)
    if not found.is_open:
        how = "cancelled" if found.cancelled_at else "completed"
        raise Conflict(f"Backfill {backfill_id} is {how} already.", hint="Start another one.")
    return found


def _done(act: Act, work: Callable[[Conn], BackfillRow]) -> BackfillRow:
    found = act.store.retry(work)
    act.wake("scheduler", "api")
    return found


def _fail(conn: Conn, act: Act, run_pk: int, before: RunState, why: str) -> None:
    now = act.clock.now()
    end_tasks(conn, act, run_pk, RunState.FAILED, why)
    transitions.move_run(conn, run_pk, before, RunState.FAILED, why=why, at=now, actor=act.actor, verb=True)
    run_writes.touch(conn, run_pk)
