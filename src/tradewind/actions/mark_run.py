"""Say by hand how a run ended, or let it go on."""

from __future__ import annotations

from tradewind.actions.clear_tasks import clear_run, the_run
from tradewind.actions.context import Act
from tradewind.domain.states import DONE, LIVE, RunState, TaskState
from tradewind.errors import InvalidArgument
from tradewind.store import transitions
from tradewind.store.engine import Conn, us
from tradewind.store.reads import tasks
from tradewind.store.reads.versions import versions_of
from tradewind.store.transitions import Change
from tradewind.store.writes import runs as writes


def mark_run(act: Act, dag_id: str, run_id: str, state: str) -> bool:
    """End a run as success or failed, or start it again with "queued". False when it stood so already.

    Marked success, its unfinished tasks become success; marked failed, running ones fail and waiting ones are skipped.
    """
    if state not in ("success", "failed", "queued"):
        raise InvalidArgument(
            f"A run can be marked success, failed or queued, not {state!r}.", field="state", hint="Choose one of them."
        )
    after = RunState(state)

    def work(conn: Conn) -> bool:
        run = the_run(conn, dag_id, run_id)
        before = RunState(run.state)
        if before is after:
            return False
        now = act.clock.now()
        if after is RunState.QUEUED:
            clear_run(conn, now, act.actor, versions_of(act.store), run)
            if before is RunState.RUNNING:
                why = "marked queued"
                transitions.move_run(conn, run.id, before, after, why=why, at=now, actor=act.actor, verb=True)
        else:
            end_tasks(conn, act, run.id, after, f"its run was marked {after}")
            transitions.move_run(conn, run.id, before, after, why=f"marked {state}", at=now, actor=act.actor, verb=True)
            writes.touch(conn, run.id)
        act.audit(conn, "mark_run", dag_id=dag_id, run_id=run_id, state=state)
        return True

    changed = act.store.retry(work)
    act.wake("scheduler", "api")
    return changed


def end_tasks(conn: Conn, act: Act, run_pk: int, after: RunState, why: str) -> None:
    """The open tasks of a run that ends now, inside a transaction."""
    now = act.clock.now()
    changes, ended = [], []
    for ti in tasks.of_run(conn, run_pk):
        good = after is RunState.SUCCESS
        if ti.state in DONE and not (good and ti.state in (TaskState.FAILED, TaskState.UPSTREAM_FAILED)):
            continue
        state = TaskState.SUCCESS if good else TaskState.FAILED if ti.state in LIVE else TaskState.SKIPPED
        change = Change(ti)
        if ti.state in LIVE and ti.attempt_id is not None:
            ended.append((str(state), None, None, None, us(now), None, why, ti.attempt_id))
        ti.resume, ti.next_try_at, ti.ended_at = None, None, now
        change.move(state, why, now, verb=True)
        changes.append(change)
    transitions.save(conn, changes, actor=act.actor)
    transitions.update_attempts(conn, ended)
