"""P14: two tries of one task at once, two runs of one interval, a run again after its success."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.pains.several import START, Several
from tests.scheduling import House, ScriptedExecutor, dag, publish
from tradewind.actions.create_run import create_run
from tradewind.domain.spec import TaskSpec, TimetableSpec
from tradewind.domain.states import TaskState
from tradewind.store import transitions
from tradewind.store.engine import IntegrityError
from tradewind.store.reads import tasks


@pytest.mark.spec("3/HA-01", "3/HA-02")
@pytest.mark.timeout(120)
def test_three_schedulers_hand_over_each_task_once_and_make_each_run_once(shared_url: str) -> None:
    several = Several(shared_url, 3)
    cron = TimetableSpec(kind="cron", args={"expression": "0 0 * * *", "timezone": "UTC"}, summary="@daily")
    end = START + timedelta(days=5)
    spec = dag("daily", "a>b>d a>c>d", timetable=cron, start_date=START, end_date=end, catchup=True)
    publish(several.store, spec, START)
    publish(several.store, dag("manual", "a b>c"), START)
    for _ in range(40):
        create_run(several.act, "manual")
    with several.running():
        several.until("all runs are made", lambda: several.rows("SELECT COUNT(*) FROM dag_run")[0][0] == 46)
        several.until("all runs ended", lambda: several.open_runs() == 0)
        dates = several.rows("SELECT logical_date FROM dag_run WHERE run_type = 'scheduled'")
    handed = several.handed_over()
    assert len(handed) == 6 * 4 + 40 * 3
    assert set(handed.values()) == {1}
    assert len(set(dates)) == len(dates) == 6
    assert sum(bool(executor.orders) for executor in several.executors) > 1, "one of them did everything"


@pytest.mark.timeout(120)
def test_limits_are_exact_in_every_state_that_was_ever_committed(shared_url: str) -> None:
    """Nobody reports an end by itself; an onlooker counts, and the test lets one task end at a time."""
    several = Several(shared_url, 3, script=lambda order: None)
    with several.store.write() as conn:
        conn.exec_driver_sql("INSERT INTO pool (name, slots, include_deferred) VALUES ('two', 2, false)")
    tasks_ = [TaskSpec(task_id=f"t{n}", operator="PythonOperator", pool="two") for n in range(4)]
    publish(several.store, dag("d", "", *tasks_), START, max_active_runs=2, max_active_tasks=3)
    for _ in range(4):
        create_run(several.act, "d")
    worst = {"slots": 0, "runs": 0}
    seen: set[str] = set()

    def look() -> bool:
        slots = several.rows("SELECT COUNT(*) FROM task_instance WHERE state IN ('queued', 'running')")[0][0]
        runs = several.rows("SELECT COUNT(*) FROM dag_run WHERE state = 'running'")[0][0]
        worst["slots"], worst["runs"] = max(worst["slots"], slots), max(worst["runs"], runs)
        for executor in several.executors:
            for order in list(executor.orders):
                if order.attempt_id not in seen and order.attempt_id in executor.held:
                    seen.add(order.attempt_id)
                    executor.begin(order)
                    executor.finish(order)
        return several.open_runs() == 0

    with several.running():
        several.until("all runs ended", look)
    assert worst == {"slots": 2, "runs": 2}
    assert len(seen) == 16


@pytest.mark.spec("3/HA-04")
def test_the_work_of_a_dead_scheduler_is_taken_over_within_its_lease(store) -> None:
    """Its queued task is handed over again by another once its leases ended; its running one starts again."""
    house = House(store, lambda order: None)
    house.publish(dag("d", "a b"))
    run_id = house.trigger("d")
    house.settle()
    house.executor.begin(next(order for order in house.executor.orders if order.task_id == "a"))
    house.settle()
    del house.scheduler  # kill -9
    executor = ScriptedExecutor(house.clock, lambda order: {})
    other = house.new_scheduler("scheduler@other:2:b", executor)
    other.desk.realm = "other:/home"
    for _ in range(20):
        house.clock.advance(6)
        other.tick()
    assert house.states(run_id)["a"] == "success", "within a minute for its run and a minute for its worker"
    for _ in range(100):
        house.clock.advance(6)
        other.tick()
    assert house.run_state(run_id) == "success"
    assert sorted(order.task_id for order in executor.orders) == ["a", "b"]


def test_a_move_is_fenced_by_the_attempt_and_not_by_the_state_alone(store) -> None:
    """As running as before, but by another attempt: who still has the first one's view may not move it."""
    house = House(store, lambda order: None)
    house.publish(dag("d", "a"))
    house.trigger("d")
    house.settle()
    first = house.executor.orders[0]
    house.executor.begin(first)
    house.settle()
    with store.read() as conn:
        stale = tasks.find(conn, 1, "a")
    house.executor.lose(first)
    house.settle()
    house.executor.begin(house.executor.orders[1])
    house.settle()
    assert house.rows("SELECT state FROM task_instance")[0][0] == "running"
    change = transitions.Change(stale)
    change.move(TaskState.SUCCESS, "of the first attempt", house.clock.now())
    with pytest.raises(transitions.Overtaken), store.write() as conn:
        transitions.save(conn, [change])


def test_a_task_that_succeeded_is_not_run_again_by_a_scheduler_that_starts(store) -> None:
    house = House(store)
    house.publish(dag("d", "a>b"))
    run_id = house.trigger("d")
    house.settle()
    assert house.run_state(run_id) == "success"
    executor = ScriptedExecutor(house.clock, lambda order: {})
    for owner in ("scheduler@h:2:b", "scheduler@h:3:c"):
        other = house.new_scheduler(owner, executor)
        other.tick()
        house.clock.advance(100)
        other.tick()
    assert executor.orders == []


def test_one_interval_has_one_run_even_if_two_make_it(store) -> None:
    if store.dialect == "mysql":
        pytest.skip("MariaDB has no partial unique index; there the locked row of the DAG alone guards it")
    house = House(store)
    house.publish(dag("d", "a"))
    house.trigger("d")
    text = (
        "INSERT INTO dag_run (dag_id, run_id, run_type, state, logical_date, run_after, queued_at, conf, version_id, touched)"
        " VALUES ('d', '{}', 'scheduled', 'queued', 7, 0, 0, '{{}}', 1, 0)"
    )
    with store.write() as conn:
        conn.exec_driver_sql(text.format("one"))
    with pytest.raises(IntegrityError), store.write() as conn:
        conn.exec_driver_sql(text.format("two"))
