"""P20: a backfill that waits for its slowest run before it begins another, or breaks the limits of the DAG."""

from __future__ import annotations

from tests.integration.test_backfill import Filled, daily
from tradewind.actions.create_run import create_run
from tradewind.actions.pause_dag import pause_dag


def running(house: Filled) -> int:
    return int(house.rows("SELECT COUNT(*) FROM dag_run WHERE state = 'running'")[0][0])


def test_the_next_run_begins_when_one_ends_and_not_when_all_of_them_have(sqlite_store) -> None:
    house = Filled(sqlite_store, lambda order: None)
    house.publish(daily("a"))
    pause_dag(house.act, "daily", True)
    house.start(1, 6, max_active_runs=2)
    house.settle()
    slow, *others = house.executor.orders
    assert len(others) == 1
    for number in range(2, 7):
        house.let_go(house.executor.orders[-1])
        assert len(house.executor.orders) == min(number + 1, 6)
        assert running(house) <= 2
    house.let_go(slow)
    assert set(house.states_of_runs().values()) == {"success"}


def test_live_runs_and_a_backfill_share_the_limit_of_the_dag(sqlite_store) -> None:
    house = Filled(sqlite_store, lambda order: None)
    house.publish(daily("a"), max_active_runs=3)
    house.settle()
    house.start(1, 9, max_active_runs=8)
    house.settle()
    for number in range(4):
        create_run(house.act, "daily", run_id=f"live{number}")
    house.scheduler.wake()
    house.settle()
    seen = 0
    while house.executor.held:
        assert running(house) <= 3
        seen += 1
        house.let_go(next(iter(house.executor.held.values())))
    assert seen == len(house.executor.orders) >= 13


def test_a_part_of_the_tasks_is_enough(sqlite_store) -> None:
    house = Filled(sqlite_store, lambda order: None)
    house.publish(daily("a>b>c"))
    pause_dag(house.act, "daily", True)
    house.start(1, 2, task_ids=("b",), upstream=False, max_active_runs=2)
    house.settle()
    assert {order.task_id for order in house.executor.orders} == {"b"}
