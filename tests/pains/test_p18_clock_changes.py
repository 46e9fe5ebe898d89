"""P18: where clocks change, a schedule stops, runs an hour twice, or takes the scheduler down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tests.scheduling import House, dag
from tradewind.domain.spec import TimetableSpec
from tradewind.domain.timetables.ticks import CronTicks

#: Half an hour of summer time, changes at midnight, a winter time that is "summer time", changes around Ramadan.
ZONES = (
    "Europe/Amsterdam",
    "America/Havana",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Asia/Beirut",
)


def cron(expression: str, zone: str) -> TimetableSpec:
    return TimetableSpec(kind="cron", args={"expression": expression, "timezone": zone}, summary=expression)


def local_starts(house: House, dag_id: str, zone: str) -> list[datetime]:
    rows = house.rows("SELECT logical_date FROM dag_run WHERE dag_id = ? ORDER BY logical_date", dag_id)
    return [datetime.fromtimestamp(row[0] / 1_000_000, UTC).astimezone(ZoneInfo(zone)) for row in rows]


@pytest.mark.parametrize("month", [3, 10])
def test_the_scheduler_goes_through_the_change_with_one_run_a_day_and_one_an_hour(sqlite_store, month: int) -> None:
    """Amsterdam: 30 March 2025 has no half past two, 26 October has two of them."""
    zone = "Europe/Amsterdam"
    change = datetime(2025, 3, 30, tzinfo=UTC) if month == 3 else datetime(2025, 10, 26, tzinfo=UTC)
    house = House(sqlite_store, now=change - timedelta(days=1, hours=12))
    given = {"start_date": change - timedelta(days=1, hours=12), "catchup": True}
    house.publish(dag("nightly", "a", timetable=cron("30 2 * * *", zone), **given), max_active_runs=100)
    house.publish(dag("hourly", "a", timetable=cron("0 * * * *", zone), **given), max_active_runs=100)
    for _ in range(24):
        house.scheduler.wake()
        house.settle()
        house.clock.advance(3 * 3600)
    hourly = local_starts(house, "hourly", zone)
    assert all(later.astimezone(UTC) - one.astimezone(UTC) == timedelta(hours=1) for one, later in pairwise(hourly))
    assert len(hourly) == 69
    nightly = local_starts(house, "nightly", zone)
    assert [one.date().day for one in nightly] == sorted({one.date().day for one in nightly})
    assert len(nightly) == 2
    assert house.rows("SELECT COUNT(*) FROM dag_run WHERE state <> 'success'")[0][0] == 0


@pytest.mark.parametrize("zone", ZONES)
def test_noon_comes_once_a_day_for_years(zone: str) -> None:
    ticks = CronTicks("0 12 * * *", zone)
    tick, info = datetime(2000, 1, 1, tzinfo=UTC), ZoneInfo(zone)
    day = tick.astimezone(info).date()
    while day.year < 2004:
        later = ticks.next(tick)
        here = later.astimezone(info)
        assert later > tick
        assert (here.hour, here.minute) == (12, 0)
        assert here.date() - day <= timedelta(days=1)
        tick, day = later, here.date()
