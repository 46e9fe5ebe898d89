"""What people do to runs from outside, seen through the scheduler."""

from __future__ import annotations

import pytest

from tests.scheduling import House, dag
from tradewind.actions.clear_tasks import clear_tasks
from tradewind.actions.create_run import create_run
from tradewind.actions.delete_run import delete_run
from tradewind.actions.mark_run import mark_run
from tradewind.actions.mark_task import mark_task
from tradewind.actions.task_door import StoreClient
from tradewind.domain.keys import TaskKey
from tradewind.domain.messages import TaskRequest
from tradewind.domain.spec import TaskSpec
from tradewind.errors import Conflict, InvalidArgument, NotFound


def test_a_cleared_task_and_what_lies_below_run_again(store):
    house = House(store, lambda order: {"outcome": "failed"} if len(house.executor.orders) == 2 else {})
    house.publish(dag("d", "a>b>c"))
    run_id = house.trigger("d")
    house.settle()
    assert house.run_state(run_id) == "failed"
    keys = clear_tasks(house.act, "d", run_id, ["b"], downstream=True)
    assert [key.task_id for key in keys] == ["b", "c"]
    house.scheduler.wake()
    house.settle()
    assert [o.task_id for o in house.executor.orders] == ["a", "b", "b", "c"]
    assert house.run_state(run_id) == "success"


def test_clearing_a_running_task_ends_it_and_starts_a_new_attempt(store):
    house = House(store, lambda order: None)
    house.publish(dag("d", "a"))
    run_id = house.trigger("d")
    house.settle()
    first = house.executor.orders[0]
    house.executor.begin(first)
    house.settle()
    clear_tasks(house.act, "d", run_id)
    house.executor.finish(first)  # too late: the row says that another attempt is wanted
    house.scheduler.wake()
    house.settle()
    assert first.attempt_id in house.executor.cancelled
    assert len(house.executor.orders) == 2
    assert house.states(run_id) == {"a": "queued"}


def test_a_start_that_is_heard_of_after_the_clear_leaves_the_attempt_known_so_that_it_can_be_ended(store):
    house = House(store, lambda order: None)
    house.publish(dag("d", "a"))
    run_id = house.trigger("d")
    house.settle()
    first = house.executor.orders[0]
    clear_tasks(house.act, "d", run_id)
    house.executor.begin(first)
    house.scheduler.wake()
    house.settle()
    assert first.attempt_id in house.executor.cancelled
    assert first.attempt_id not in house.executor.acknowledged  # an executor forgets what is acknowledged
    house.executor.finish(first)
    house.settle()
    assert first.attempt_id in house.executor.acknowledged


def test_a_dry_run_of_clear_changes_nothing(store):
    house = House(store)
    house.publish(dag("d", "a>b"))
    run_id = house.trigger("d")
    house.settle()
    before = house.journal_size()
    assert clear_tasks(house.act, "d", run_id, dry_run=True) == [TaskKey("d", run_id, t) for t in "ab"]
    assert house.journal_size() == before


def test_an_arm_that_a_branch_skipped_is_skipped_again_when_it_is_cleared_alone(store):
    house = House(store, lambda order: {"skip_downstream": ["left"]} if order.task_id == "fork" else {})
    house.publish(dag("d", "fork>left fork>right", TaskSpec(task_id="fork", branches=True)))
    run_id = house.trigger("d")
    house.settle()
    clear_tasks(house.act, "d", run_id, ["left"])
    house.scheduler.wake()
    house.settle()
    assert house.states(run_id)["left"] == "skipped"
    assert house.run_state(run_id) == "success"


def test_marking_a_failed_task_success_lets_the_run_go_on(store):
    house = House(store, lambda order: {"outcome": "failed"} if order.task_id == "a" else {})
    house.publish(dag("d", "a b"))
    run_id = house.trigger("d")
    house.settle()
    assert house.run_state(run_id) == "failed"
    mark_task(house.act, "d", run_id, "a", "success")
    house.scheduler.wake()
    house.settle()
    assert house.run_state(run_id) == "success"


def test_marking_a_run_failed_ends_its_tasks(store):
    house = House(store, lambda order: None)
    house.publish(dag("d", "a>b"))
    run_id = house.trigger("d")
    house.settle()
    house.executor.begin(house.executor.orders[0])
    house.settle()
    assert mark_run(house.act, "d", run_id, "failed")
    house.scheduler.wake()
    house.settle()
    assert house.states(run_id) == {"a": "failed", "b": "skipped"}
    assert house.executor.orders[0].attempt_id in house.executor.cancelled
    assert not mark_run(house.act, "d", run_id, "failed")


def test_deleting_a_run_removes_all_of_it_and_ends_its_tasks(store):
    house = House(store, lambda order: None)
    house.publish(dag("d", "a"))
    run_id = house.trigger("d")
    house.settle()
    delete_run(house.act, "d", run_id)
    house.scheduler.wake()
    house.settle()
    assert house.executor.orders[0].attempt_id in house.executor.cancelled
    for table in ("dag_run", "task_instance", "attempt", "journal"):
        assert house.rows(f"SELECT * FROM {table}") == []


def test_unknown_names_are_answered_with_a_guess(sqlite_store):
    house = House(sqlite_store)
    house.publish(dag("sales", "fetch>clean"))
    run_id = house.trigger("sales")
    house.settle()
    with pytest.raises(NotFound, match="Did you mean 'sales'"):
        create_run(house.act, "salse")
    with pytest.raises(NotFound, match="Did you mean"):
        clear_tasks(house.act, "sales", run_id + "x")
    with pytest.raises(NotFound, match="Did you mean 'fetch'"):
        clear_tasks(house.act, "sales", run_id, ["fetsch"])
    with pytest.raises(InvalidArgument, match="dreaming"):
        mark_task(house.act, "sales", run_id, "fetch", "dreaming")


def test_a_run_id_is_given_once(store):
    house = House(store)
    house.publish(dag("d", "a"))
    create_run(house.act, "d", run_id="mine")
    with pytest.raises(Conflict, match="mine"):
        create_run(house.act, "d", run_id="mine")


def test_human_verbs_stand_in_the_audit_log(sqlite_store):
    house = House(sqlite_store)
    house.publish(dag("d", "a"))
    run_id = house.trigger("d")
    house.settle()
    clear_tasks(house.act, "d", run_id)
    assert house.rows("SELECT actor, verb, dag_id FROM audit ORDER BY id") == [
        ("ann", "create_run", "d"),
        ("ann", "clear_tasks", "d"),
    ]


def ask(house, order, verb, **args):
    number = len(house.executor.replies)
    house.executor.out.append(TaskRequest(attempt_id=order.attempt_id, number=number, verb=verb, args=args))
    house.scheduler.tick()
    return house.executor.replies[-1]


def test_a_running_task_pushes_pulls_and_asks(store):
    house = House(store, lambda order: None)
    house.publish(dag("d", "a"))
    house.publish(dag("other", "x"))
    run_id = house.trigger("d")
    house.settle()
    order = house.executor.orders[0]
    house.executor.begin(order)
    assert ask(house, order, "xcom_push", key="k", value="[1]", length=1).error is None
    got = ask(house, order, "xcom_get", dag_id="d", run_id=run_id, task_id="a", key="k", map_index=None)
    assert got.value == "[1]"
    assert ask(house, order, "variable_set", key="v", value="secret", description=None).error is None
    assert ask(house, order, "variable_get", key="v").value == "secret"
    assert "secret" not in house.rows("SELECT value FROM variable")[0][0]
    assert ask(house, order, "variable_get", key="none").value is None
    assert ask(house, order, "dag_exists", dag_id="d").value["task_ids"] == ["a"]
    made = ask(house, order, "run_trigger", dag_id="other", run_id="r", logical_date=None, conf={}, reset=False)
    assert made.value["created"] is True
    house.settle()
    assert {o.run.dag_id for o in house.executor.orders} == {"d", "other"}
    again = ask(house, order, "run_trigger", dag_id="other", run_id="r", logical_date=None, conf={}, reset=False)
    assert again.error["code"] == "conflict"
    assert ask(house, order, "xcom_pussh", key="k").error["hint"] == "Did you mean 'xcom_push'?"


def test_a_task_whose_attempt_is_over_is_refused(store):
    house = House(store, lambda order: None)
    house.publish(dag("d", "a"))
    run_id = house.trigger("d")
    house.settle()
    order = house.executor.orders[0]
    clear_tasks(house.act, "d", run_id)
    house.scheduler.wake()
    assert ask(house, order, "xcom_push", key="k", value="1").error["code"] == "stale_attempt"
    assert house.rows("SELECT * FROM xcom") == []


def test_the_store_client_serves_the_same_verbs(sqlite_store):
    house = House(sqlite_store)
    house.publish(dag("d", "a"))
    run_id = house.trigger("d")
    house.settle()
    client = StoreClient(house.act, TaskKey("d", run_id, "a"), 1)
    client.xcom_push(key="k", value="1", length=None)
    assert client.xcom_get(dag_id="d", run_id=run_id, task_id="a", key="k", map_index=None) == "1"
    assert client.runs_count(dag_id="d", states=["success"], logical_dates=None, run_ids=None) == 1
    assert client.task_states(dag_id="d", task_ids=None, group_id=None, logical_dates=None, run_ids=None) == {
        run_id: {"a": "success"}
    }
