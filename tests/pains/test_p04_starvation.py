"""P4: "runnable work never gets a look". A full pool, key or DAG holds back its own tasks and nobody else's."""

from __future__ import annotations

from tests.scheduling import House, dag
from tradewind.actions.edit_pools import create_pool
from tradewind.domain.spec import TaskSpec


def heavy(count: int, **more: object) -> list[TaskSpec]:
    return [
        TaskSpec(task_id=f"h{number:03d}", operator="PythonOperator", priority_weight=1_000, **more)  # type: ignore[arg-type]
        for number in range(count)
    ]


def started(house: House, dag_id: str) -> list[str]:
    return sorted(order.task_id for order in house.executor.orders if order.run.dag_id == dag_id)


def test_a_full_pool_with_hundreds_of_heavier_tasks_does_not_hide_the_light_one_behind_them(store) -> None:
    house = House(store, lambda order: None)
    create_pool(house.act, "small", 1)
    house.publish(dag("hog", "", *heavy(300, pool="small")))
    house.publish(dag("light", "a"))
    house.trigger("hog")
    house.settle()
    assert len(started(house, "hog")) == 1
    house.trigger("light")
    house.scheduler.tick()
    assert started(house, "light") == ["a"]


def test_a_dag_at_its_own_limit_does_not_hide_another(store) -> None:
    house = House(store, lambda order: None)
    house.publish(dag("hog", "", *heavy(300)), max_active_tasks=2)
    house.publish(dag("light", "a"))
    house.trigger("hog")
    house.trigger("light")
    house.settle()
    assert len(started(house, "hog")) == 2
    assert started(house, "light") == ["a"]


def test_every_freed_slot_is_used_again_and_both_come_to_their_end(store) -> None:
    """One after another ends; a slot that leaked would leave the last tasks waiting for ever."""
    house = House(store, lambda order: None, slots=3)
    create_pool(house.act, "small", 2)
    house.publish(dag("hog", "", *heavy(40, pool="small")))
    house.publish(dag("light", " ".join(f"t{number}" for number in range(20))))
    runs = [house.trigger("hog")]
    house.clock.advance(1)  # run ids are made of the time
    runs.append(house.trigger("light"))
    house.settle()
    while house.executor.held:
        order = next(iter(house.executor.held.values()))
        house.executor.begin(order)
        house.executor.finish(order)
        house.settle()
    assert [house.run_state(run_id) for run_id in runs] == ["success", "success"]
