"""Passes that fail: nothing is lost, nothing is done twice."""

from __future__ import annotations

import pytest

from tests.scheduling import House, dag
from tradewind.errors import DatabaseTrouble
from tradewind.telemetry import probe


@pytest.fixture
def trouble():
    """Arms a point of the tick once; the point raises and is disarmed."""

    def arm(point):
        def strike():
            probe.disarm(point)
            raise DatabaseTrouble("the connection was lost")

        probe.arm(point, strike)

    yield arm
    for point in ("tick.before_commit", "tick.after_commit"):
        probe.disarm(point)


@pytest.mark.parametrize("point", ["tick.before_commit", "tick.after_commit"])
@pytest.mark.parametrize("number", range(4))
def test_trouble_around_a_commit_loses_no_report_and_runs_nothing_twice(store, trouble, point, number):
    house = House(store)
    house.publish(dag("d", "a>b>c"))
    run_id = house.trigger("d")
    for _ in range(number):
        house.scheduler.tick()
    trouble(point)
    house.scheduler.wake()
    with pytest.raises(DatabaseTrouble):
        house.settle()
    house.settle()
    house.clock.advance(6)
    house.settle()
    assert house.run_state(run_id) == "success"
    sent = [order.attempt_id for order in house.executor.orders]
    assert len(set(sent)) == len(house.rows("SELECT id FROM attempt")) == 3


def test_a_report_that_no_rule_understands_harms_no_other_task(store):
    house = House(store, lambda order: {"outcome": "exploded"} if order.task_id == "bad" else {})
    house.publish(dag("d", "bad good"))
    run_id = house.trigger("d")
    house.settle()
    assert house.states(run_id) == {"bad": "failed", "good": "success"}


def test_a_report_that_breaks_the_pass_is_put_aside_and_the_others_are_heard(sqlite_store, monkeypatch):
    from tradewind.domain.rules import retry
    from tradewind.errors import Bug

    honest = retry.after_finished

    def broken(ti, spec, report, salt):
        if ti.task_id == "bad":
            raise Bug("a rule of ours is broken")
        return honest(ti, spec, report, salt)

    monkeypatch.setattr(retry, "after_finished", broken)
    house = House(sqlite_store)
    house.publish(dag("d", "bad one two"))
    run_id = house.trigger("d")
    for _ in range(12):
        try:
            house.scheduler.tick()
        except Bug:
            continue
    states = house.states(run_id)
    assert (states["one"], states["two"]) == ("success", "success")
    assert house.executor.cancelled
