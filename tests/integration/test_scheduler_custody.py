"""Which runs a scheduler drives: what it finds when others had them meanwhile. (Each was found by the simulation.)"""

from __future__ import annotations

from datetime import UTC, datetime

from tests.scheduling import House, dag
from tradewind.domain.spec import TimetableSpec

HOURLY = TimetableSpec(kind="cron", args={"expression": "0 * * * *", "timezone": "UTC"}, summary="0 * * * *")


def owners(house: House) -> list[str | None]:
    return [row[0] for row in house.rows("SELECT owner FROM dag_run ORDER BY id")]


def test_a_run_taken_back_is_read_afresh(sqlite_store):
    """A scheduler stood still for long; another one drove its run on, and went."""
    house = House(sqlite_store, lambda order: None)
    house.publish(dag("chain", "a>b>c"))
    run_id = house.trigger("chain")
    house.settle()
    first, second = house.scheduler, house.new_scheduler("scheduler@h:2:b")
    house.clock.advance(100)
    house.scheduler = second
    house.settle()
    for _ in range(2):
        house.executor.finish(house.executor.orders[-1])
        house.settle()
    assert house.states(run_id) == {"a": "success", "b": "success", "c": "queued"}
    house.clock.advance(100)  # the second is heard of no more
    house.scheduler = first
    first.tick()
    house.settle()
    assert owners(house) == ["scheduler@h:1:a"]
    house.executor.finish(house.executor.orders[-1])
    house.settle()
    assert house.run_state(run_id) == "success"
    assert [order.task_id for order in house.executor.orders] == ["a", "b", "c"]


def test_two_schedulers_of_one_name_part_before_either_does_harm(sqlite_store):
    """A copied machine: what the other writes cannot be told from what we wrote, so one of them takes another name."""
    house = House(sqlite_store, lambda order: None)
    house.publish(dag("chain", "a>b"))
    first, twin = house.scheduler, house.new_scheduler("scheduler@h:1:a")
    twin.tick()
    early = house.trigger("chain")
    house.settle()
    twin.wake()
    twin.tick()
    assert twin.custody.owner != first.custody.owner == "scheduler@h:1:a"
    assert not twin.shelf.books
    late = house.trigger("chain")
    twin.wake()
    house.scheduler = twin
    house.settle()
    house.scheduler = first
    house.settle()
    assert set(owners(house)) == {first.custody.owner, twin.custody.owner}
    for _ in range(2):
        for order in list(house.executor.held.values()):
            house.executor.finish(order)
        for _ in range(3):
            for one in (first, twin):
                one.wake()
                one.tick()
    assert (house.run_state(early), house.run_state(late)) == ("success", "success")
    assert sorted(order.task_id for order in house.executor.orders) == ["a", "a", "b", "b"]


def test_a_clock_that_was_ahead_for_a_while_passes_no_interval_over(sqlite_store):
    house = House(sqlite_store)
    start, end = datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 1, 1, 3, tzinfo=UTC)
    house.publish(dag("hourly", "a", timetable=HOURLY, start_date=start, end_date=end, catchup=False))
    house.settle()
    for hours in (6, -6):  # ahead of the last interval, and right again
        house.clock.jump(hours * 3600)
        house.scheduler.wake()
        house.settle()
    house.clock.advance(3600)
    house.settle()
    made = [row[0] for row in house.rows("SELECT run_id FROM dag_run ORDER BY id")]
    assert made == ["scheduled__2025-12-31T23:00:00+00:00", "scheduled__2026-01-01T00:00:00+00:00"]
