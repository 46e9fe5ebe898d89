from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.differential import answers, compare
from tests.differential.cases import plain
from tests.differential.cases import runs as cases
from tests.scheduling import House
from tradewind import compat
from tradewind.actions.task_door import StoreClient
from tradewind.domain.keys import TaskKey
from tradewind.domain.messages import Finished, WorkOrder
from tradewind.executor.inline import InlineExecutor
from tradewind.sdk.execution import execute
from tradewind.sdk.freeze import freeze
from tradewind.sdk.loading import load_file
from tradewind.sdk.values import decode
from tradewind.store.engine import Store

TOLD = answers("runs")


class Worker:
    """Runs an order of the scheduler in this process, on the store."""

    def __init__(self, house: House, dags: dict[str, Any]) -> None:
        self.house, self.dags = house, dags
        self.executor = InlineExecutor(self.run, slots=100, clock=house.clock)

    def client(self, order: WorkOrder) -> StoreClient:
        facts = order.run
        ((pk,),) = self.house.rows("SELECT id FROM dag_run WHERE run_id = ?", facts.run_id)
        key = TaskKey(facts.dag_id, facts.run_id, order.task_id, order.map_index)
        return StoreClient(self.house.act, key, pk, order.attempt_id)

    def run(self, order: WorkOrder) -> Finished:
        return execute(self.dags[order.run.dag_id].get_task(order.task_id), order, self.client(order))


@pytest.fixture(scope="module")
def dags() -> Any:
    compat.install()
    return load_file(cases.FILE, cases.FILE.parent).dags


def facts(run: Any) -> dict[str, Any]:
    """One entry per fact: run state, state of each task instance, value of each."""
    # A mapped task has its instances' states, and one for them all where there are none.
    multiplied = {name.split("[")[0] for name in run.states if "[" in name}
    told = {"run": run.state}
    told |= {f"state of {name}": state for name, state in run.states.items() if name not in multiplied}
    for name in run.states:
        if name not in multiplied:
            task_id, _, index = name.partition("[")
            value = run.xcom(task_id, map_index=int(index.rstrip("]")) if index else -1)
            if value is not None:
                told[f"value of {name}"] = plain(value)
    return told


def theirs(dag_id: str) -> dict[str, Any]:
    told = TOLD[dag_id]
    return {
        "run": told["run"],
        **{f"state of {name}": state for name, state in told["tasks"].items()},
        **{f"value of {name}": value for name, value in told["values"].items() if value is not None},
    }


@pytest.mark.parametrize("dag_id", list(TOLD))
def test_a_dag_file_runs_to_the_same_states_and_values(dag_id: str, dags: Any) -> None:
    ours = facts(dags[dag_id].test(logical_date=datetime.fromisoformat(cases.WHEN)))
    expected = theirs(dag_id)
    names = sorted({*expected, *ours})
    compare([(name, expected.get(name), ours.get(name)) for name in names], {})


@pytest.mark.parametrize("dag_id", list(TOLD))
def test_the_scheduler_brings_it_to_the_same_states_and_values(dag_id: str, dags: Any, store: Store) -> None:
    house = House(store)
    worker = Worker(house, dags)
    house.scheduler = house.new_scheduler("scheduler@h:1:b", worker.executor)
    house.publish(freeze(dags[dag_id], fileloc=cases.FILE.name, bundle="dags-folder"))
    run_id = house.trigger(dag_id, logical_date=datetime.fromisoformat(cases.WHEN))
    house.settle()

    states = house.states(run_id)
    told: dict[str, Any] = {"run": house.run_state(run_id)} | {f"state of {k}": v for k, v in states.items()}
    for task_id, index, text in house.rows(
        "SELECT task_id, map_index, value FROM xcom WHERE key = 'return_value' AND value <> 'null'"
    ):
        told[f"value of {task_id}" + (f"[{index}]" if index >= 0 else "")] = plain(decode(text))
    expected = theirs(dag_id)
    compare([(name, expected.get(name), told.get(name)) for name in sorted({*expected, *told})], {})


def test_every_dag_was_asked(dags: Any) -> None:
    assert sorted(dags) == sorted(TOLD)
