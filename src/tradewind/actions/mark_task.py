"""Say by hand how a task instance ended."""

from __future__ import annotations

from tradewind.actions.clear_tasks import known_tasks, the_run
from tradewind.actions.context import Act
from tradewind.domain.keys import TaskKey
from tradewind.domain.rules import outcome
from tradewind.domain.rules.clear import selected
from tradewind.domain.states import DONE, LIVE, RUN_DONE, RunState, TaskState
from tradewind.errors import InvalidArgument, not_found
from tradewind.store import transitions
from tradewind.store.engine import Conn, us
from tradewind.store.reads import tasks
from tradewind.store.reads.runs import RunRow
from tradewind.store.reads.versions import Version, versions_of
from tradewind.store.transitions import Change
from tradewind.store.writes import runs as writes

_MARKS = (TaskState.SUCCESS, TaskState.FAILED, TaskState.SKIPPED)


def mark_task(
    act: Act,
    dag_id: str,
    run_id: str,
    task_id: str,
    state: str,
    *,
    map_index: int | None = None,
    upstream: bool = False,
    downstream: bool = False,
    dry_run: bool = False,
) -> list[TaskKey]:
    """Move the instances (of all map indexes when None) to success, failed or skipped; running ones are ended.

    Returns those that did not stand so already. A run that had ended goes on, so that its state is worked out anew.
    """
    if state not in _MARKS:
        raise InvalidArgument(
            f"A task can be marked {', '.join(_MARKS)}, not {state!r}.",
            field="new_state",
            hint="Clear it to run it again.",
        )
    after = TaskState(state)

    def work(conn: Conn) -> list[TaskKey]:
        run = the_run(conn, dag_id, run_id)
        version = versions_of(act.store).get(conn, run.version_id)
        chosen = selected(
            version.plan,
            tasks.of_run(conn, run.id),
            known_tasks(version, [task_id]),
            upstream=upstream,
            downstream=downstream,
        )
        if not upstream and not downstream:
            chosen = [ti for ti in chosen if ti.task_id == task_id]
        if map_index is not None:
            chosen = [ti for ti in chosen if ti.task_id != task_id or ti.map_index == map_index]
            if not any(ti.task_id == task_id for ti in chosen):
                raise not_found("task instance", f"{task_id}[{map_index}]")
        chosen = [ti for ti in chosen if ti.state is not after]
        if dry_run or not chosen:
            return [TaskKey(dag_id, run_id, ti.task_id, ti.map_index) for ti in chosen]
        now = act.clock.now()
        changes, ended = [], []
        for ti in chosen:
            change = Change(ti)
            if ti.state in LIVE and ti.attempt_id is not None:
                ended.append((state, None, None, None, us(now), None, f"marked {state} while it ran", ti.attempt_id))
            ti.resume, ti.next_try_at = None, None
            ti.ended_at = now
            change.move(after, f"marked {state}", now, verb=True)
            changes.append(change)
        transitions.save(conn, changes, actor=act.actor)
        transitions.update_attempts(conn, ended)
        if run.state in RUN_DONE:
            _judge_again(conn, act, version, run, f"{task_id} was marked {state}")
        writes.touch(conn, run.id)
        act.audit(conn, "mark_task", dag_id=dag_id, run_id=run_id, task_id=task_id, state=state, count=len(chosen))
        return [TaskKey(dag_id, run_id, ti.task_id, ti.map_index) for ti in chosen]

    if dry_run:
        with act.store.read() as conn:
            return work(conn)
    keys = act.store.retry(work)
    act.wake("scheduler", "api")
    return keys


def _judge_again(conn: Conn, act: Act, version: Version, run: RunRow, why: str) -> None:
    """The run had ended: by what its tasks are now it ended otherwise, or goes on, for which it needs a slot again."""
    states: dict[str, list[TaskState]] = {}
    for ti in tasks.of_run(conn, run.id):
        states.setdefault(ti.task_id, []).append(ti.state)
    names = [task.task_id for task in version.plan.tasks]
    before, after = RunState(run.state), RunState.QUEUED
    if all(state in DONE for name in names for state in states.get(name, ())):
        after = outcome.of_run(version.plan, lambda index: states.get(names[index], ())).state
    if after is not before:
        transitions.move_run(conn, run.id, before, after, why=why, at=act.clock.now(), actor=act.actor, verb=True)
