"""Deferred tasks: a trigger waits in their place, and what it says is used exactly once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scheduling import House, ScriptedTriggers, dag
from tradewind.actions.clear_tasks import clear_tasks
from tradewind.actions.mark_task import mark_task
from tradewind.domain.messages import TaskRequest, WorkOrder, XComValue
from tradewind.domain.spec import TaskSpec

FACTS = {"trigger": "my.Trigger", "kwargs": '{"n":1}', "method": "go_on", "next_kwargs": '{"m":2}', "timeout": None}


def deferring(timeout: float | None = None, **more: Any) -> Any:
    """A script: the first attempt of a try defers, the one after that ends as ``more`` says."""

    def script(order: WorkOrder) -> dict[str, Any]:
        if order.task_id.startswith("w") and not (order.resume or {}).get("method"):
            return {"outcome": "deferred", "deferral": FACTS | {"timeout": timeout}}
        return more

    return script


def test_a_deferred_task_holds_no_slot_and_goes_on_with_the_event_in_the_same_try(store):
    house = House(store, deferring(), slots=1)
    house.publish(dag("d", "w>after", TaskSpec(task_id="w", pool="default_pool")))
    run_id = house.trigger("d")
    house.settle()
    assert house.states(run_id) == {"w": "deferred", "after": "none"}
    assert house.executor.free_slots() == 1
    order = house.triggers.of("w")
    assert (order.trigger, order.kwargs, order.try_number) == ("my.Trigger", '{"n":1}', 1)
    house.triggers.fire(order, '{"found":true}')
    house.settle()
    resumed = house.executor.orders[1]
    assert resumed.try_number == 1
    assert resumed.resume is not None
    assert resumed.resume["method"] == "go_on"
    assert resumed.resume["next_kwargs"] == '{"m":2}'
    assert resumed.resume["event"] == '{"found":true}'
    assert house.run_state(run_id) == "success"
    assert house.triggers.orders == {}


def test_an_event_that_comes_twice_is_used_once(store):
    house = House(store, deferring())
    house.publish(dag("d", "w"))
    run_id = house.trigger("d")
    house.settle()
    order = house.triggers.of("w")
    house.triggers.fire(order)
    house.triggers.fire(order)
    house.settle()
    house.triggers.fire(order)
    house.settle()
    assert len(house.executor.orders) == 2
    assert house.run_state(run_id) == "success"


def test_a_new_scheduler_gives_the_same_orders_to_its_own_triggerer(store):
    house = House(store, deferring())
    house.publish(dag("d", "w"))
    run_id = house.trigger("d")
    house.settle()
    old = house.triggers.of("w")
    house.scheduler.stop()
    house.triggers = ScriptedTriggers(house.clock)
    house.scheduler = house.new_scheduler("scheduler@h:2:b")
    house.settle()
    assert house.triggers.of("w") == old
    house.triggers.fire(old)
    house.settle()
    assert house.run_state(run_id) == "success"


def test_a_trigger_that_fails_makes_the_task_fail_with_its_retries(store):
    said = {"outcome": "failed", "error": "TaskDeferralError: Trigger failure"}

    def script(order: WorkOrder) -> dict[str, Any]:
        if (order.resume or {}).get("method") == "__fail__":
            return said
        return {"outcome": "deferred", "deferral": FACTS}

    house = House(store, script)
    house.publish(dag("d", "w", TaskSpec(task_id="w", retries=1, retry_delay=10)))
    run_id = house.trigger("d")
    house.settle()
    house.triggers.fail(house.triggers.of("w"), "ValueError: no")
    house.settle()
    assert house.states(run_id) == {"w": "up_for_retry"}
    resume = house.executor.orders[1].resume
    assert resume is not None
    assert "ValueError: no" in resume["next_kwargs"]
    house.clock.advance(11)
    house.settle()
    assert house.executor.orders[2].try_number == 2
    assert not (house.executor.orders[2].resume or {}).get("method")


def test_a_deferral_that_is_late_resumes_as_a_time_out(store):
    house = House(store, deferring(timeout=60.0, outcome="failed", error="TaskDeferralTimeout"))
    house.publish(dag("d", "w"))
    run_id = house.trigger("d")
    house.settle()
    house.clock.advance(59)
    house.settle()
    assert house.states(run_id) == {"w": "deferred"}
    order = house.triggers.of("w")
    house.clock.advance(2)
    house.settle()
    resume = house.executor.orders[1].resume
    assert resume is not None
    assert resume["method"] == "__fail__"
    assert "Trigger timeout" in resume["next_kwargs"]
    house.triggers.fire(order)  # too late
    house.settle()
    assert house.states(run_id) == {"w": "failed"}


@pytest.mark.parametrize("verb", ["clear", "mark"])
def test_clearing_or_marking_a_deferred_task_lets_its_trigger_go(store, verb):
    house = House(store, deferring())
    house.publish(dag("d", "w"))
    run_id = house.trigger("d")
    house.settle()
    first = house.triggers.of("w")
    if verb == "clear":
        clear_tasks(house.act, "d", run_id, ["w"])
    else:
        mark_task(house.act, "d", run_id, "w", "success")
    house.scheduler.wake()
    house.settle()
    house.scheduler.tick()
    assert first.attempt_id not in house.triggers.orders
    house.triggers.fire(first)
    house.settle()
    assert house.states(run_id) == {"w": "deferred" if verb == "clear" else "success"}


@pytest.mark.parametrize(
    ("end", "below"), [("success", "success"), ("skipped", "skipped"), ("failed", "upstream_failed")]
)
def test_a_trigger_may_end_its_task_without_a_worker(store, end, below):
    house = House(store, deferring())
    house.publish(dag("d", "w>after"))
    run_id = house.trigger("d")
    house.settle()
    xcoms = [XComValue(key="return_value", value="7")]
    house.triggers.fire(house.triggers.of("w"), end_state=end, xcoms=xcoms)
    house.settle()
    assert house.states(run_id) == {"w": end, "after": below}
    assert [o.task_id for o in house.executor.orders if o.task_id == "w"] == ["w"]
    assert house.rows("SELECT value FROM xcom")[0][0] == "7"


def test_a_task_that_starts_from_its_trigger_meets_a_worker_only_when_it_fired(store):
    start = {**FACTS, "timeout": 30.0}
    house = House(store, lambda order: {})
    house.publish(dag("d", "w>after", TaskSpec(task_id="w", start_trigger=start)))
    run_id = house.trigger("d")
    house.settle()
    assert house.executor.orders == []
    assert house.states(run_id)["w"] == "deferred"
    house.triggers.fire(house.triggers.of("w"), '"now"')
    house.settle()
    first = house.executor.orders[0]
    assert (first.task_id, first.try_number) == ("w", 1)
    assert first.resume is not None
    assert first.resume["event"] == '"now"'
    assert house.run_state(run_id) == "success"


def test_a_trigger_may_ask_as_its_task_does(store):
    house = House(store, deferring())
    house.publish(dag("d", "w"))
    house.trigger("d")
    house.settle()
    order = house.triggers.of("w")
    ask = TaskRequest(attempt_id=order.attempt_id, number=5, verb="dag_exists", args={"dag_id": "d"})
    house.triggers.out.append(ask)
    house.settle()
    (reply,) = house.triggers.replies
    assert reply.error is None
    assert reply.value["task_ids"] == ["w"]


def test_an_event_heard_in_a_pass_that_failed_is_used_in_the_next(store, monkeypatch):
    house = House(store, deferring())
    house.publish(dag("d", "w"))
    run_id = house.trigger("d")
    house.settle()
    house.triggers.fire(house.triggers.of("w"))
    monkeypatch.setattr("tradewind.scheduler.tick.probe", _explode_once())
    with pytest.raises(RuntimeError):
        house.scheduler.tick()
    house.settle()
    assert house.run_state(run_id) == "success"
    assert len(house.executor.orders) == 2


def _explode_once() -> Any:
    left = ["tick.before_commit"]

    def probe(name: str) -> None:
        if name in left:
            left.remove(name)
            raise RuntimeError("the database went away")

    return probe


def test_ten_thousand_waiting_tasks_cost_an_idle_scheduler_nothing(sqlite_store):
    house = House(sqlite_store, deferring())
    wide = " ".join(f"w{i}" for i in range(10_000))
    house.publish(dag("wide", wide))
    run_id = house.trigger("wide")
    house.settle(10_000)
    assert set(house.states(run_id).values()) == {"deferred"}
    assert len(house.triggers.orders) == 10_000
    before = house.journal_size()
    began = _cpu()
    for _ in range(200):
        house.scheduler.tick()
    assert _cpu() - began < 0.5
    assert house.journal_size() == before


def _cpu() -> float:
    import os

    used = os.times()
    return used.user + used.system
