"""P5: "stuck in queued". The lease is the only truth: an executor that forgot, or never answers, holds nothing back."""

from __future__ import annotations

from tests.scheduling import House, ScriptedExecutor, dag


def house_with_queued(store) -> tuple[House, str]:
    house = House(store, lambda order: None)
    house.publish(dag("d", "a b c"))
    run_id = house.trigger("d")
    house.settle()
    assert set(house.states(run_id).values()) == {"queued"}
    return house, run_id


def settle_by_the_clock(house: House, run_id: str) -> None:
    for _ in range(200):
        if house.run_state(run_id) == "success":
            return
        house.clock.advance(6)
        house.scheduler.tick()
    raise AssertionError(f"still {house.states(run_id)} after 20 minutes")


def test_an_executor_that_forgot_everything_gets_its_tasks_again(store) -> None:
    """As after a restart of the process that held them: no row of the database was touched by hand."""
    house, run_id = house_with_queued(store)
    house.executor.held.clear()
    house.executor.script = lambda order: {}
    settle_by_the_clock(house, run_id)


def test_a_new_scheduler_with_a_new_executor_needs_no_memory_of_the_old(store) -> None:
    house, run_id = house_with_queued(store)
    fresh = ScriptedExecutor(house.clock, lambda order: {})
    house.executor = fresh
    house.scheduler = house.new_scheduler("scheduler@h:2:b", executor=fresh)
    settle_by_the_clock(house, run_id)


def test_the_same_task_can_be_queued_again_after_each_loss(store) -> None:
    """No key of an earlier attempt is kept anywhere that would refuse the next one."""
    house, run_id = house_with_queued(store)
    for _ in range(5):
        for order in list(house.executor.held.values()):
            house.executor.lose(order, started=False)
        house.clock.advance(60)
        house.settle()
    house.executor.script = lambda order: {}
    for order in list(house.executor.held.values()):
        house.executor.begin(order)
        house.executor.finish(order)
    settle_by_the_clock(house, run_id)
    assert house.rows("SELECT COUNT(*) FROM task_instance WHERE try_number <> 1") == [(0,)], "no try was used up"
