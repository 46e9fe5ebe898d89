"""Reports about runs that this process does not drive: straight into the rows, fenced by the attempt id.

The scheduler that drives the run notices by ``dag_run.touched`` and reads it afresh; what follows (downstream tasks,
skips, the end of the run) is its business.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tradewind.actions.context import Act
from tradewind.domain.messages import Finished, Lost, Started
from tradewind.domain.rules import branch, retry
from tradewind.domain.rules.views import TaskView
from tradewind.domain.spec import TaskSpec
from tradewind.domain.states import LIVE, TaskState
from tradewind.store import transitions
from tradewind.store.engine import Conn, us
from tradewind.store.reads import runs, tasks
from tradewind.store.reads.versions import Versions
from tradewind.store.transitions import Change
from tradewind.store.writes import assets, values
from tradewind.store.writes import runs as run_writes
from tradewind.store.writes.assets import Said, Source

S = TaskState
Report = Started | Finished | Lost


def accept_reports(act: Act, versions: Versions, reports: Sequence[Report]) -> list[str]:
    """Apply reports of live attempts; the ids of those refused as stale."""
    from_now = act.clock.now()
    lease = act.settings.get_float("scheduler", "attempt_lease_seconds")
    until = datetime.fromtimestamp(from_now.timestamp() + lease, from_now.tzinfo)
    restarts = act.settings.get_int("scheduler", "lost_task_restarts")
    refused = act.store.retry(lambda conn: apply(conn, versions, reports, from_now, until, restarts))
    act.wake("scheduler", "api")
    return refused


def apply(
    conn: Conn, versions: Versions, reports: Sequence[Report], now: datetime, lease_until: datetime, restarts: int
) -> list[str]:
    """As ``accept_reports``, inside a transaction."""
    refused = []
    said: list[Said] = []
    for report in reports:
        holder = tasks.holders(conn, [report.attempt_id]).get(report.attempt_id)
        run = runs.find(conn, holder.dag_id, holder.run_id, for_update=True) if holder else None
        ti = tasks.find(conn, holder.run_pk, holder.task_id, holder.map_index) if holder else None
        if run is None or ti is None or ti.attempt_id != report.attempt_id or ti.state not in LIVE:
            refused.append(report.attempt_id)
            continue
        plan = versions.of_run(conn, run.version_id, run.options).plan
        at = plan.index.get(ti.task_id)
        spec = plan.tasks[at].spec if at is not None else TaskSpec(task_id=ti.task_id)
        if isinstance(report, Finished) and report.outcome == "success" and report.asset_events:
            source = Source(run.dag_id, run.run_id, ti.task_id, ti.map_index)
            said.extend((event, source, report.at) for event in report.asset_events)
        skipped: list[str] = []
        if isinstance(report, Finished) and at is not None and (report.skip_downstream is not None or report.skip_hard):
            skipped = branch.skipped(plan, at, report.skip_downstream, hard=report.skip_hard)
        salt = f"{run.dag_id}#{ti.task_id}#{ti.map_index}#{run.run_id}"
        _apply_one(conn, ti, spec, report, now, lease_until, salt, restarts, skipped)
        run_writes.touch(conn, run.id)
    assets.add_events(conn, said)
    return refused


def _apply_one(
    conn: Conn,
    ti: TaskView,
    spec: TaskSpec,
    report: Report,
    now: datetime,
    lease_until: datetime,
    salt: str,
    restarts: int,
    skipped: list[str],
) -> None:
    change = Change(ti)
    row = ["running", None, None, None, None, us(lease_until), None]
    if not isinstance(report, Lost) and ti.state is S.QUEUED:
        ti.started_at = report.at if isinstance(report, Started) else report.started_at or report.at
        change.move(S.RUNNING, "started", ti.started_at)
        row[1:4] = [report.host or None, report.pid or None, us(ti.started_at)]
    if isinstance(report, Lost):
        never_ran = ti.state is S.QUEUED and not report.started
        if never_ran or not report.counts or ti.lost_count < restarts:
            ti.lost_count += 1 if report.counts and not never_ran else 0
            ti.scheduled_at = now
            ti.resume = {**(ti.resume or {}), "same_try": True}
            change.move(S.SCHEDULED, f"{report.why}; put back", now)
        else:
            after = retry.after_failure(ti, spec, now, report.why, salt)
            ti.next_try_at, ti.resume, ti.ended_at = after.next_try_at, None, now
            change.move(after.state, after.why, now)
        row[0], row[4], row[5], row[6] = "failed", us(now), None, report.why
    elif isinstance(report, Finished):
        after = retry.after_finished(ti, spec, report, salt)
        ti.next_try_at, ti.resume = after.next_try_at, after.resume
        ti.ended_at = report.at if after.state is S.UP_FOR_RETRY else ti.ended_at
        change.rendered, change.map_label = report.rendered, report.map_label
        change.move(after.state, after.why, report.at)
        row[0], row[4], row[5], row[6] = str(after.state), us(report.at), None, report.error
        pushed = [(x.key, x.value, x.length) for x in report.xcoms]
        if skipped:  # the arms themselves are skipped by the scheduler that drives the run, when it reads this note
            pushed.append((branch.SKIP_KEY, msgspec.json.encode({"skipped": skipped}).decode(), 1))
        values.put_xcoms(
            conn,
            [(ti.run_pk, ti.task_id, ti.map_index, k, v, n, report.attempt_id, us(report.at)) for k, v, n in pushed],
        )
    transitions.save(conn, [change], actor="worker")
    transitions.update_attempts(conn, [(*row, report.attempt_id)])
