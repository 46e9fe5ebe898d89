"""Run one task instance now, whatever it waits for."""

from __future__ import annotations

from tradewind.actions.clear_tasks import clear_instances, known_tasks, the_run
from tradewind.actions.context import Act
from tradewind.domain.keys import TaskKey
from tradewind.domain.states import TaskState
from tradewind.errors import Conflict, InvalidArgument, not_found
from tradewind.store import transitions
from tradewind.store.engine import Conn
from tradewind.store.reads import tasks
from tradewind.store.reads.versions import versions_of
from tradewind.store.transitions import Change

_ON_ITS_WAY = (TaskState.SCHEDULED, TaskState.QUEUED, TaskState.RUNNING, TaskState.DEFERRED)


def run_task(
    act: Act, dag_id: str, run_id: str, task_id: str, *, map_index: int = -1, ignore_task_state: bool = False
) -> TaskKey:
    """Let it start before the tasks it depends on, their trigger rule and earlier runs. Pools and limits still hold.

    Conflict when it is on its way already, or succeeded and ``ignore_task_state`` is not given. NotFound as everywhere.
    """

    def work(conn: Conn) -> TaskKey:
        run = the_run(conn, dag_id, run_id)
        version = versions_of(act.store).get(conn, run.version_id)
        known_tasks(version, [task_id])
        mine = [ti for ti in tasks.of_run(conn, run.id) if ti.task_id == task_id]
        ti = next((each for each in mine if each.map_index == map_index), None)
        if ti is None:
            raise not_found(
                "task instance", f"{task_id}[{map_index}]", [f"{task_id}[{each.map_index}]" for each in mine]
            )
        if version.plan.tasks[version.plan.index[task_id]].spec.mapped is not None and map_index < 0:
            raise InvalidArgument(
                f"{task_id} is mapped, and its instances are known only when its upstream tasks are done.",
                field="map_index",
                hint="Run one of its instances.",
            )
        if ti.state in _ON_ITS_WAY:
            raise Conflict(f"{task_id} is {ti.state} already.", hint="Clear it to start it afresh.")
        if ti.state is TaskState.SUCCESS and not ignore_task_state:
            raise Conflict(f"{task_id} has succeeded.", hint="Say that its state does not matter, or clear it.")
        now = act.clock.now()
        clear_instances(conn, now, act.actor, version, run, [ti], reset_run=True)
        change = Change(ti)
        ti.scheduled_at = now
        change.move(TaskState.SCHEDULED, f"{act.actor} said: run it now", now)
        transitions.save(conn, [change], actor=act.actor)
        act.audit(conn, "run_task", dag_id=dag_id, run_id=run_id, task_id=task_id, map_index=map_index)
        return TaskKey(dag_id, run_id, task_id, map_index)

    key = act.store.retry(work)
    act.wake("scheduler", "api")
    return key
