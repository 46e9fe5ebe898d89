"""The scheduler with a scripted executor on both databases."""

from __future__ import annotations

import pytest

from tests.scheduling import House, dag
from tradewind.domain.spec import TaskSpec


@pytest.mark.spec("1/TR-01")
def test_a_chain_runs_in_order_and_its_run_succeeds(store):
    house = House(store)
    house.publish(dag("chain", "a>b>c"))
    run_id = house.trigger("chain")
    house.settle()
    assert house.run_state(run_id) == "success"
    assert [order.task_id for order in house.executor.orders] == ["a", "b", "c"]
    assert set(house.states(run_id).values()) == {"success"}


def test_every_move_leaves_a_journal_row(store):
    house = House(store)
    house.publish(dag("one", "a"))
    house.trigger("one")
    house.settle()
    moves = house.rows('SELECT "before", "after" FROM journal WHERE ti_id IS NOT NULL ORDER BY id')
    assert [tuple(m) for m in moves] == [
        ("none", "scheduled"),
        ("scheduled", "queued"),
        ("queued", "running"),
        ("running", "success"),
    ]


def test_a_fan_out_of_a_hundred_runs_every_task_once(store):
    house = House(store)
    fan = " ".join(f"start>t{i}>end" for i in range(100))
    house.publish(dag("fan", fan))
    run_id = house.trigger("fan")
    house.settle()
    names = [order.task_id for order in house.executor.orders]
    assert len(names) == len(set(names)) == 102
    assert house.run_state(run_id) == "success"


@pytest.mark.spec("1/FH-03")
def test_a_failing_task_is_tried_again_after_its_delay(store):
    house = House(store, lambda order: {"outcome": "failed", "error": "boom"} if order.try_number < 3 else {})
    house.publish(dag("again", "a", TaskSpec(task_id="a", retries=2, retry_delay=60)))
    run_id = house.trigger("again")
    house.settle()
    assert house.states(run_id) == {"a": "up_for_retry"}
    house.clock.advance(59)
    house.settle()
    assert len(house.executor.orders) == 1
    house.clock.advance(2)
    house.settle()
    house.clock.advance(61)
    house.settle()
    assert [order.try_number for order in house.executor.orders] == [1, 2, 3]
    assert house.run_state(run_id) == "success"


@pytest.mark.spec("1/TR-10")
def test_a_failure_spreads_down_and_fails_the_run(store):
    house = House(store, lambda order: {"outcome": "failed"} if order.task_id == "b" else {})
    house.publish(dag("spread", "a>b>c>d a>e"))
    run_id = house.trigger("spread")
    house.settle()
    assert house.states(run_id) == {
        "a": "success",
        "b": "failed",
        "c": "upstream_failed",
        "d": "upstream_failed",
        "e": "success",
    }
    assert house.run_state(run_id) == "failed"


@pytest.mark.spec("1/TR-11")
def test_a_branch_skips_the_arm_it_did_not_choose_and_the_join_runs(store):
    house = House(store, lambda order: {"skip_downstream": ["left"]} if order.task_id == "fork" else {})
    join = TaskSpec(task_id="join", trigger_rule="none_failed_min_one_success")
    house.publish(dag("branch", "fork>left>join fork>right>join", TaskSpec(task_id="fork", branches=True), join))
    run_id = house.trigger("branch")
    house.settle()
    assert house.states(run_id) == {"fork": "success", "left": "skipped", "right": "success", "join": "success"}


def test_a_short_circuit_skips_everything_below_whatever_the_rules(store):
    house = House(store, lambda order: {"skip_downstream": ["*"], "skip_hard": True} if order.task_id == "a" else {})
    last = TaskSpec(task_id="c", trigger_rule="all_done")
    house.publish(dag("short", "a>b>c", last))
    run_id = house.trigger("short")
    house.settle()
    assert house.states(run_id) == {"a": "success", "b": "skipped", "c": "skipped"}
    assert house.run_state(run_id) == "success"


def test_tasks_without_work_never_meet_a_worker(store):
    house = House(store)
    house.publish(dag("empty", "a>b>c", *(TaskSpec(task_id=t, no_work=True) for t in "ac")))
    run_id = house.trigger("empty")
    house.settle()
    assert [order.task_id for order in house.executor.orders] == ["b"]
    assert house.run_state(run_id) == "success"


def test_a_pool_is_never_over_full_and_drains(store):
    house = House(store, lambda order: None)
    with store.write() as conn:
        conn.exec_driver_sql("INSERT INTO pool (name, slots, include_deferred) VALUES ('small', 2, false)")
    tasks = [TaskSpec(task_id=f"t{i}", pool="small") for i in range(5)]
    house.publish(dag("pooled", "free", *tasks))
    run_id = house.trigger("pooled")
    done = []
    for _ in range(10):
        house.settle()
        held = [o for o in house.executor.held.values() if o.pool == "small"]
        assert len(held) <= 2
        for order in list(house.executor.held.values()):
            house.executor.begin(order)
            house.executor.finish(order)
            done.append(order.task_id)
        if len(done) == 6:
            break
    house.settle()
    assert house.run_state(run_id) == "success"


def test_a_full_pool_does_not_hold_back_work_of_other_pools(store):
    house = House(store, lambda order: None)
    with store.write() as conn:
        conn.exec_driver_sql("INSERT INTO pool (name, slots, include_deferred) VALUES ('small', 1, false)")
    urgent = [TaskSpec(task_id=f"u{i}", pool="small", priority=100) for i in range(20)]
    house.publish(dag("starve", "plain", *urgent))
    house.trigger("starve")
    house.settle()
    assert "plain" in {o.task_id for o in house.executor.held.values()}


def test_max_active_tasks_counts_over_all_runs_of_the_dag(store):
    house = House(store, lambda order: None)
    house.publish(dag("wide", " ".join(f"t{i}" for i in range(6))), max_active_tasks=4)
    house.trigger("wide")
    house.clock.advance(1)
    house.trigger("wide")
    house.settle()
    assert len(house.executor.held) == 4


def test_max_active_runs_keeps_the_others_queued(store):
    house = House(store, lambda order: None)
    house.publish(dag("few", "a"), max_active_runs=1)
    first = house.trigger("few")
    house.clock.advance(1)
    second = house.trigger("few")
    house.settle()
    assert (house.run_state(first), house.run_state(second)) == ("running", "queued")
    house.executor.finish(next(iter(house.executor.held.values())))
    house.settle()
    assert (house.run_state(first), house.run_state(second)) == ("success", "running")


def test_a_lost_worker_costs_no_try_until_the_restarts_are_used_up(store):
    house = House(store, lambda order: None)
    house.publish(dag("lost", "a", TaskSpec(task_id="a", retries=0)))
    run_id = house.trigger("lost")
    for expected in range(4):
        house.settle()
        order = house.executor.orders[-1]
        assert (len(house.executor.orders), order.try_number) == (expected + 1, 1)
        house.executor.begin(order)
        house.settle()
        house.executor.lose(order)
    house.settle()
    assert house.states(run_id) == {"a": "failed"}


def test_a_lease_that_runs_out_puts_the_task_back_and_ends_the_old_process(store):
    house = House(store, lambda order: None)
    house.publish(dag("silent", "a"))
    house.trigger("silent")
    house.settle()
    first = house.executor.orders[0]
    house.executor.begin(first)
    house.settle()
    house.clock.advance(61)
    house.settle()
    assert len(house.executor.orders) == 2
    assert first.attempt_id in house.executor.cancelled


def test_a_late_report_changes_nothing(store):
    house = House(store, lambda order: None)
    house.publish(dag("late", "a"))
    run_id = house.trigger("late")
    house.settle()
    first = house.executor.orders[0]
    house.executor.begin(first)
    house.settle()
    house.clock.advance(61)
    house.settle()
    before = house.journal_size()
    house.executor.finish(first, outcome="failed")
    house.scheduler.tick()
    assert house.journal_size() == before
    assert first.attempt_id in house.executor.acknowledged
    house.executor.finish(house.executor.orders[1])
    house.settle()
    assert house.run_state(run_id) == "success"


def test_after_a_restart_orders_that_never_arrived_are_sent_again_and_others_left_alone(store):
    house = House(store, lambda order: None)
    house.publish(dag("restart", "a b"))
    run_id = house.trigger("restart")
    house.settle()
    a, b = sorted(house.executor.orders, key=lambda o: o.task_id)
    house.executor.held = {b.attempt_id: b}
    house.clock.advance(61)
    house.scheduler = house.new_scheduler("scheduler@h:2:b")
    house.settle()
    assert [o.attempt_id for o in house.executor.orders[2:]] == [a.attempt_id]
    for order in (a, b):
        house.executor.begin(order)
        house.executor.finish(order)
    house.settle()
    assert house.run_state(run_id) == "success"


def test_a_running_task_of_a_dead_worker_is_started_again_after_a_restart(store):
    house = House(store, lambda order: None)
    house.publish(dag("gone", "a"))
    house.trigger("gone")
    house.settle()
    house.executor.begin(house.executor.orders[0])
    house.settle()
    house.executor.held.clear()
    house.scheduler.stop()
    house.scheduler = house.new_scheduler("scheduler@h:2:b")
    house.settle()
    assert [o.try_number for o in house.executor.orders] == [1, 1]
    assert house.executor.orders[0].attempt_id != house.executor.orders[1].attempt_id


def test_pushed_values_travel_in_the_order_of_the_next_task(store):
    from tradewind.domain.messages import XComValue

    house = House(store, lambda order: {"xcoms": [XComValue(key="return_value", value="42")]})
    house.publish(dag("values", "a>b"))
    house.trigger("values")
    house.settle()
    assert house.executor.orders[1].inputs == {"a": {"return_value": "42"}}
    assert house.rows("SELECT task_id, value FROM xcom ORDER BY task_id") == [("a", "42"), ("b", "42")]


def test_a_paused_dag_starts_nothing_and_goes_on_when_switched_on(store):
    from tradewind.actions.pause_dag import pause_dag

    house = House(store)
    house.publish(dag("off", "a"))
    pause_dag(house.act, "off", True)
    run_id = house.trigger("off")
    house.settle()
    assert house.run_state(run_id) == "queued"
    pause_dag(house.act, "off", False)
    house.scheduler.wake()
    house.settle()
    assert house.run_state(run_id) == "success"
