"""P7: a lost worker is noticed soon; one that is slow, or whom nobody could hear for a while, is left alone."""

from __future__ import annotations

import pytest

from tests.scheduling import House, dag
from tradewind.domain.messages import Beat
from tradewind.errors import DatabaseTrouble
from tradewind.telemetry import probe

LEASE = 60.0


@pytest.fixture
def house(store) -> House:
    made = House(store, lambda order: None)
    made.publish(dag("d", "a"))
    made.trigger("d")
    made.settle()
    made.executor.begin(made.executor.orders[0])
    made.settle()
    return made


def beat(house: House) -> None:
    ids = [order.attempt_id for order in house.executor.held.values()]
    house.executor.out.append(Beat(host="h", worker="w", attempt_ids=ids))


def put_back(house: House) -> int:
    return len(house.rows("SELECT id FROM journal WHERE why LIKE '%put back%'"))


def test_a_task_that_takes_hours_is_left_alone_while_its_worker_beats(house) -> None:
    for _ in range(400):
        house.clock.advance(30)
        beat(house)
        house.scheduler.tick()
    assert put_back(house) == 0


@pytest.mark.spec("3/SC-15")
def test_a_worker_that_is_gone_is_noticed_within_its_lease_and_one_look(house) -> None:
    house.executor.held.clear()
    house.clock.advance(LEASE - 6)
    house.scheduler.tick()
    assert put_back(house) == 0
    house.clock.advance(12)
    house.scheduler.tick()
    assert put_back(house) == 1


def test_a_database_away_for_longer_than_a_lease_kills_nobody(house) -> None:
    """The heartbeats of that time wait in the pipe, and are heard before any lease is looked at."""

    def strike() -> None:
        raise DatabaseTrouble("cannot be reached")

    probe.arm("tick.before_commit", strike)
    try:
        for _ in range(20):
            house.clock.advance(6)
            beat(house)
            with pytest.raises(DatabaseTrouble):
                house.scheduler.tick()
    finally:
        probe.disarm("tick.before_commit")
    for _ in range(5):
        house.scheduler.tick()
        house.clock.advance(6)
        beat(house)
    assert put_back(house) == 0


def test_a_scheduler_that_was_away_for_longer_than_a_lease_finds_its_workers_alive(house) -> None:
    """Nobody renewed the leases meanwhile; that is no fault of the workers, which say what they hold."""
    house.clock.advance(20 * LEASE)
    other = house.new_scheduler("scheduler@h:2:b")
    for _ in range(5):
        other.tick()
        house.clock.advance(6)
        beat(house)
    assert put_back(house) == 0
    house.executor.finish(house.executor.orders[0])
    other.tick()
    other.tick()
    assert house.rows("SELECT state FROM dag_run") == [("success",)]


def test_a_clock_that_jumps_kills_nobody(house) -> None:
    for seconds in (3600.0, -7200.0, 86400.0):
        house.clock.jump(seconds)
        house.scheduler.tick()
        for _ in range(4):
            house.clock.advance(6)
            beat(house)
            house.scheduler.tick()
    assert put_back(house) == 0
