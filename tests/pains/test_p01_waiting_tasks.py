"""P1: "slow with many waiting tasks". A finished task costs its own downstream edges, whatever else is waiting."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import make_store
from tests.pains.effort import effort_of
from tests.scheduling import House, dag
from tradewind.actions.edit_pools import change_pool

CHAIN = [f"x{number}" for number in range(12)]


def steps_of_a_chain(request: pytest.FixtureRequest, home: Path, waiting: int) -> int:
    """What the database computes for a chain of twelve, while others wait for a task that does not end."""
    store = make_store(request, home, "sqlite")
    house = House(store, lambda order: {} if order.task_id in CHAIN else None)
    house.scheduler.parallelism = 0  # none of the limits of a whole installation is what this is about
    change_pool(house.act, "default_pool", slots=5_000)
    edges = [f"gate>w{number}" for number in range(waiting)]
    house.publish(dag("many", " ".join(["gate", *edges])))
    house.publish(dag("chain", ">".join(CHAIN)))
    many = house.trigger("many")
    house.settle()
    house.clock.advance(1)  # run ids are made of the time
    chain = house.trigger("chain")
    with effort_of(store) as effort:
        house.settle()
    assert set(house.states(chain).values()) == {"success"}
    assert house.states(many)["gate"] == "queued"
    store.close()
    return effort.steps


def test_tasks_that_wait_cost_nothing_while_others_run(request, tmp_path) -> None:
    few = steps_of_a_chain(request, tmp_path / "few", waiting=10)
    many = steps_of_a_chain(request, tmp_path / "many", waiting=2_000)
    assert many < few * 1.3, f"{few} steps with 10 waiting tasks, {many} with 2,000"


def test_a_pass_in_which_nothing_happened_does_not_look_at_tasks(request, tmp_path) -> None:
    seen = []
    for waiting in (10, 2_000):
        store = make_store(request, tmp_path / str(waiting), "sqlite")
        house = House(store, lambda order: None)
        house.publish(dag("many", " ".join(["gate", *(f"gate>w{number}" for number in range(waiting))])))
        house.trigger("many")
        house.settle()
        with effort_of(store) as effort:
            for _ in range(20):
                house.scheduler.tick()
        seen.append(effort.steps)
        store.close()
    assert seen[1] <= seen[0] * 1.3 + 100, f"steps of 20 idle passes with 10 and with 2,000 waiting tasks: {seen}"
