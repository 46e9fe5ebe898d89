"""P3: "a second between two tasks". A report wakes the scheduler, and the pass that hears it starts what it freed."""

from __future__ import annotations

from tests.scheduling import House, dag


def test_a_chain_runs_to_its_end_while_no_time_passes_at_all(store) -> None:
    """Nothing sleeps, nothing is looked at by the clock: the fake clock stands still from first to last."""
    house = House(store)
    house.publish(dag("d", ">".join(f"t{number}" for number in range(10))))
    run_id = house.trigger("d")
    house.settle()
    assert house.run_state(run_id) == "success"
    assert house.rows("SELECT COUNT(*) FROM attempt WHERE queued_at <> ended_at") == [(0,)]


def test_the_pass_that_hears_an_end_hands_out_what_waited_for_it(store) -> None:
    house = House(store, lambda order: None)
    house.publish(dag("d", "a>b a>c"))
    house.trigger("d")
    house.settle()
    (first,) = house.executor.orders
    house.executor.begin(first)
    house.executor.finish(first)
    house.scheduler.tick()
    assert sorted(order.task_id for order in house.executor.orders) == ["a", "b", "c"]


def test_a_trigger_by_a_user_is_handed_out_by_the_next_pass(store) -> None:
    house = House(store, lambda order: None)
    house.publish(dag("d", "a"))
    house.settle()
    house.trigger("d")
    house.scheduler.tick()
    assert [order.task_id for order in house.executor.orders] == ["a"]
