"""Callbacks of DAGs on every database: none is lost, whatever fails; a lost one is called again, so many times."""

from __future__ import annotations

import contextlib

import pytest

from tests.scheduling import House, dag
from tradewind.actions.mark_run import mark_run
from tradewind.actions.pause_dag import pause_dag
from tradewind.domain.messages import Beat, TaskRequest
from tradewind.errors import DatabaseTrouble
from tradewind.telemetry import probe

BOTH = ["on_success", "on_failure"]


def house_of(store, said=None, *tasks, edges="a>b", **more):
    """A DAG with both callbacks; ``said`` by task id, or by "" for its callbacks."""
    answers = said or {}
    house = House(store, lambda order: answers.get("" if order.callback else order.task_id, {}))
    house.publish(dag("d", edges, *tasks, callbacks=BOTH, **more))
    return house


def calls(house):
    return [order for order in house.executor.orders if order.callback is not None]


def rows(house):
    return house.rows("SELECT name, reason, state, tries FROM callback ORDER BY id")


def housekeeping(house, times=1):
    for _ in range(times):
        house.clock.advance(6)
        house.settle()


@pytest.mark.parametrize(
    ("said", "state", "told", "about"),
    [
        ({}, "success", ("on_success_callback", "success"), ("b", "success")),
        ({"a": {"outcome": "failed"}}, "failed", ("on_failure_callback", "task_failure"), ("a", "failed")),
    ],
)
def test_the_end_of_a_run_calls_the_callback_for_it_once(store, said, state, told, about):
    house = house_of(store, said)
    run_id = house.trigger("d")
    house.settle()
    housekeeping(house, 3)
    assert house.run_state(run_id) == state
    (order,) = calls(house)
    assert (order.callback.name, order.callback.reason) == told
    assert order.callback.run_state == state
    assert (order.task_id, order.callback.details["ti"]["state"]) == about
    assert order.callback.details["ti"]["attempt_id"] in {o.attempt_id for o in house.executor.orders}
    assert rows(house) == [(*told, "success", 1)]
    assert order.attempt_id in house.executor.acknowledged


def test_a_dag_that_asks_for_nothing_has_no_rows(store):
    house = House(store)
    house.publish(dag("d", "a"))
    house.trigger("d")
    house.settle()
    assert rows(house) == []


def test_only_the_callback_that_is_there_is_called(store):
    house = House(store)
    house.publish(dag("d", "a", callbacks=["on_failure"]))
    house.trigger("d")
    house.settle()
    assert rows(house) == []


def test_a_dag_without_tasks_has_its_callback_called_too(store):
    house = house_of(store, edges="")
    house.trigger("d")
    house.settle()
    (order,) = calls(house)
    assert (order.task_id, order.callback.reason) == ("", "success")


@pytest.mark.spec("1/FH-14")
def test_a_run_that_took_too_long_says_so(store):
    house = house_of(store, {"a": None}, dagrun_timeout=60.0)
    run_id = house.trigger("d")
    house.settle()
    house.clock.advance(61)
    house.settle()
    assert house.run_state(run_id) == "failed"
    assert [row[:2] for row in rows(house)] == [("on_failure_callback", "timed_out")]


def test_a_run_that_was_cleared_and_ends_again_is_told_of_again(store):
    from tradewind.actions.clear_tasks import clear_tasks

    house = house_of(store)
    run_id = house.trigger("d")
    house.settle()
    clear_tasks(house.act, "d", run_id, ["b"])
    house.scheduler.wake()
    house.settle()
    assert rows(house) == [("on_success_callback", "success", "success", 1)] * 2


def test_a_person_who_marks_a_run_is_not_told(store):
    house = house_of(store, {"a": None})
    run_id = house.trigger("d")
    house.settle()
    mark_run(house.act, "d", run_id, "failed")
    house.scheduler.wake()
    house.settle()
    assert rows(house) == []


def test_a_paused_dag_is_told_of_the_runs_it_has(store):
    house = house_of(store, {"a": None})
    house.trigger("d")
    house.settle()
    pause_dag(house.act, "d", True)
    house.executor.finish(house.executor.orders[0], outcome="failed")
    house.settle()
    assert [row[:3] for row in rows(house)] == [("on_failure_callback", "task_failure", "success")]


@pytest.mark.spec("3/AL-06")
def test_one_that_raises_is_not_called_again_and_changes_no_state(store):
    said = {"outcome": "failed", "error": "ValueError: no", "retryable": False}
    house = house_of(store, {"": said})
    run_id = house.trigger("d")
    house.settle()
    housekeeping(house, 3)
    assert house.run_state(run_id) == "success"
    assert rows(house) == [("on_success_callback", "success", "failed", 1)]
    assert ("on_success_callback failed: ValueError: no",) in house.rows("SELECT why FROM journal")


@pytest.mark.parametrize("how", ["lost", "killed", "silent"])
def test_one_whose_process_was_lost_is_called_again_and_given_up_after_three_tries(store, how):
    house = house_of(store, {"": None})
    house.trigger("d")
    house.settle()
    for number in range(1, 4):
        order = calls(house)[-1]
        assert len(calls(house)) == number
        if how == "lost":
            house.executor.lose(order)
        elif how == "killed":
            house.executor.finish(order, outcome="failed", error="killed by signal 9", signal=9)
        else:
            house.executor.begin(order)
            house.settle()
            house.executor.held.clear()
            house.clock.advance(store.settings.get_float("scheduler", "attempt_lease_seconds") + 1)
        house.settle()
        housekeeping(house, 4)
    assert len({order.attempt_id for order in calls(house)}) == 3
    assert len({order.log_path for order in calls(house)}) == 3
    assert rows(house) == [("on_success_callback", "success", "lost", 3)]
    assert any("was given up after 3 tries" in why for (why,) in house.rows("SELECT why FROM journal"))


def test_a_try_that_never_began_does_not_count(store):
    house = house_of(store, {"": None})
    house.trigger("d")
    house.settle()
    for _ in range(5):
        house.executor.lose(calls(house)[-1], started=False)
        house.settle()
        housekeeping(house)
    assert rows(house) == [("on_success_callback", "success", "running", 1)]


def test_heartbeats_keep_it(store):
    house = house_of(store, {"": None})
    house.trigger("d")
    house.settle()
    (order,) = calls(house)
    lease = store.settings.get_float("scheduler", "attempt_lease_seconds")
    for _ in range(4):
        house.clock.advance(lease * 0.6)
        house.executor.out.append(Beat(host="h", worker="w", attempt_ids=[order.attempt_id]))
        house.settle()
    assert order.attempt_id not in house.executor.cancelled
    house.executor.finish(order)
    house.settle()
    assert rows(house) == [("on_success_callback", "success", "success", 1)]


def test_what_comes_too_late_is_refused(store):
    house = house_of(store, {"": None})
    house.trigger("d")
    house.settle()
    (first,) = calls(house)
    house.executor.lose(first)
    house.settle()
    housekeeping(house)
    second = calls(house)[-1]
    house.executor.finish(first, outcome="failed", retryable=False, error="the first one's")
    house.executor.out.append(Beat(host="h", worker="w", attempt_ids=[first.attempt_id]))
    house.settle()
    assert first.attempt_id in house.executor.acknowledged
    assert first.attempt_id in house.executor.cancelled
    house.executor.finish(second)
    house.settle()
    assert rows(house) == [("on_success_callback", "success", "success", 2)]


def test_it_may_ask_for_values_and_push_as_the_task_it_speaks_of(store):
    house = house_of(store, {"": None})
    house.trigger("d")
    house.settle()
    (order,) = calls(house)
    verbs = [("variable_get", {"key": "x"}), ("xcom_push", {"key": "k", "value": '"v"', "length": None})]
    for number, (verb, args) in enumerate(verbs):
        house.executor.out.append(TaskRequest(attempt_id=order.attempt_id, number=number, verb=verb, args=args))
    house.settle()
    assert [reply.error for reply in house.executor.replies] == [None, None]
    assert house.rows("SELECT task_id, value FROM xcom") == [("b", '"v"')]


def test_only_so_many_are_called_at_once(store):
    house = house_of(store, {"": None}, edges="a")
    for number in range(6):
        house.trigger("d", run_id=f"r{number}")
    house.settle()
    assert len(calls(house)) == 4
    house.executor.finish(calls(house)[0])
    house.settle()
    assert len(calls(house)) == 5


def test_a_deleted_run_takes_its_callbacks_with_it(store):
    from tradewind.actions.delete_run import delete_run

    house = house_of(store, {"": None})
    run_id = house.trigger("d")
    house.settle()
    delete_run(house.act, "d", run_id)
    house.executor.finish(calls(house)[0])
    house.settle()
    housekeeping(house)
    assert rows(house) == []
    assert calls(house)[0].attempt_id in house.executor.acknowledged


@pytest.mark.parametrize("point", ["tick.before_commit", "tick.after_commit", "tick.submitted", "tick.acknowledged"])
def test_a_scheduler_that_dies_anywhere_loses_none(store, point):
    """Another one takes over from the rows alone, after each of its passes in turn."""
    house = house_of(store)
    for number in range(5):
        house.scheduler = house.new_scheduler(f"scheduler@h:1:{number}")
        run_id = house.trigger("d")
        for _ in range(number):
            house.scheduler.tick()

        def strike():
            probe.disarm(point)
            raise DatabaseTrouble("killed here")

        probe.arm(point, strike)
        house.scheduler.wake()
        with contextlib.suppress(DatabaseTrouble):
            house.settle()
        probe.disarm(point)
        house.clock.advance(store.settings.get_float("scheduler", "run_lease_seconds") + 1)
        house.scheduler = house.new_scheduler(f"scheduler@h:2:{number}")
        house.settle()
        lease = store.settings.get_float("scheduler", "attempt_lease_seconds")
        for _ in range(4):  # the second time its patience with a lease from before its time is at its end
            house.clock.advance(lease + 1)
            house.settle()
            housekeeping(house)
        assert house.run_state(run_id) == "success"
        text = "SELECT c.state FROM callback c JOIN dag_run r ON r.id = c.run_pk WHERE r.run_id = ?"
        assert house.rows(text, run_id) == [("success",)]


def test_the_callback_is_told_of_the_last_task_that_failed(store):
    house = House(store, lambda order: {} if order.callback else None)
    house.publish(dag("d", "a b c>d", callbacks=BOTH))
    run_id = house.trigger("d")
    house.settle()
    for task_id, outcome in (("a", "failed"), ("c", "failed"), ("b", "success")):
        house.clock.advance(1)
        house.executor.finish(next(o for o in house.executor.orders if o.task_id == task_id), outcome=outcome)
        house.settle()
    assert house.run_state(run_id) == "failed"
    (order,) = calls(house)
    assert order.task_id == "c"
