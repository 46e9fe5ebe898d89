"""Whatever a zone does to its clocks: ticks only go forward, none is lost, none comes twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.domain.spec import TimetableSpec
from tradewind.domain.timetables import build
from tradewind.domain.timetables.ticks import CronTicks, at_or_after, at_or_before

ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("posix", "right")))
CRONS = [
    *("0 * * * *", "*/15 * * * *", "30 2 * * *", "0 0 * * *", "0 3 * * 0", "15 1,2,3 * * *", "0 */2 * * *"),
    *("0 0 1 * *", "0 0 29 2 *", "45 23 * * SAT", "*/7 1-3 * * *", "0 0 L * *", "0 12 * * 5#2", "59 23 31 12 *"),
    *("0 0 1 1 *", "5 0 30 12 *", "10,40 * * 3,10,11 *"),
]
moments = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
#: Zones with unusual clocks come up in most examples, the rest of the database in the others.
zones = st.one_of(
    st.sampled_from(
        [
            *("Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"),
            *("America/Sao_Paulo", "Asia/Tehran", "Asia/Kathmandu", "Antarctica/Troll", "America/Havana"),
        ]
    ),
    st.sampled_from(ZONES),
)


def near_a_change(zone: str, moment: datetime) -> datetime:
    """The next change of the zone's offset within two years, or the moment itself."""
    info = ZoneInfo(zone)
    before = moment.astimezone(info).utcoffset()
    for days in range(0, 740, 5):
        later = moment + timedelta(days=days)
        if later.astimezone(info).utcoffset() != before:
            return later - timedelta(days=6)
    return moment


@settings(max_examples=60, deadline=None)
@given(cron=st.sampled_from(CRONS), zone=zones, moment=moments, around=st.booleans())
def test_ticks_go_forward_and_back_over_the_same_moments(cron: str, zone: str, moment: datetime, around: bool) -> None:
    ticks = CronTicks(cron, zone)
    if around:
        moment = near_a_change(zone, moment)
    forward = [ticks.next(moment)]
    for _ in range(40):
        forward.append(ticks.next(forward[-1]))

    assert forward[0] > moment
    assert all(first < second for first, second in pairwise(forward))
    backward = [ticks.prev(forward[-1])]
    while backward[-1] > forward[0]:
        backward.append(ticks.prev(backward[-1]))
    assert backward[::-1] == forward[:-1]
    assert at_or_after(ticks, forward[3]) == at_or_before(ticks, forward[3]) == forward[3]
    between = forward[3] + (forward[4] - forward[3]) / 2
    assert at_or_before(ticks, between) == forward[3]
    assert at_or_after(ticks, between) == forward[4]


@settings(max_examples=70, deadline=None)
@given(cron=st.sampled_from(CRONS), zone=zones, moment=moments)
def test_every_wall_clock_time_that_exists_once_is_a_tick_exactly_when_it_matches(
    cron: str, zone: str, moment: datetime
) -> None:
    ticks = CronTicks(cron, zone)
    naive = CronTicks(cron, "UTC")
    info = ZoneInfo(zone)
    tick = near_a_change(zone, moment)
    for _ in range(30):
        tick = ticks.next(tick)
        wall = tick.astimezone(info).replace(tzinfo=None)
        matches = at_or_after(naive, wall.replace(tzinfo=UTC)) == wall.replace(tzinfo=UTC)
        before = (tick - timedelta(hours=25)).astimezone(info).utcoffset()
        assert matches or before != tick.astimezone(info).utcoffset()


@settings(max_examples=70, deadline=None)
@given(cron=st.sampled_from(CRONS), zone=zones, start=moments, steps=st.lists(st.integers(0, 200_000), max_size=30))
def test_intervals_of_a_cron_abut_and_never_repeat(cron: str, zone: str, start: datetime, steps: list[int]) -> None:
    timetable = build(TimetableSpec(kind="cron", args={"expression": cron, "timezone": zone}))
    last, now = None, near_a_change(zone, start)
    seen = []
    for step in steps:
        now += timedelta(seconds=step)
        for _ in range(50):
            due = timetable.next_due(last, earliest=start, latest=None, catchup=True, now=now)
            assert due is not None
            assert due.interval.start >= start
            if due.run_after > now:
                break
            last = due.interval
            seen.append(due.interval)

    assert all(first.end == second.start for first, second in pairwise(seen))
    assert all(interval.start < interval.end for interval in seen)


@settings(max_examples=60, deadline=None)
@given(cron=st.sampled_from(CRONS), zone=zones, start=moments, gap=st.integers(0, 500 * 86400))
def test_without_catchup_the_newest_finished_interval_is_due(cron: str, zone: str, start: datetime, gap: int) -> None:
    timetable = build(TimetableSpec(kind="cron", args={"expression": cron, "timezone": zone}))
    now = start + timedelta(seconds=gap)

    due = timetable.next_due(None, earliest=start, latest=None, catchup=False, now=now)

    assert due is not None
    assert due.interval.start >= start
    following = timetable.next_due(due.interval, earliest=start, latest=None, catchup=True, now=now)
    assert following is not None
    assert following.run_after > now


@settings(max_examples=70, deadline=None)
@given(
    months=st.integers(0, 14),
    days=st.integers(0, 40),
    start=moments,
    now=moments,
    catchup=st.booleans(),
)
def test_intervals_of_a_delta_abut_on_the_grid_of_the_start_date(
    months: int, days: int, start: datetime, now: datetime, catchup: bool
) -> None:
    timetable = build(TimetableSpec(kind="delta", args={"delta": {"months": months, "days": days + 1}}))
    first = timetable.next_due(None, earliest=start, latest=None, catchup=catchup, now=now)
    assert first is not None
    assert first.interval.start >= start
    last, seen = first.interval, [first.interval]
    for _ in range(20):
        due = timetable.next_due(last, earliest=start, latest=None, catchup=True, now=now)
        assert due is not None
        last = due.interval
        seen.append(last)

    assert all(one.end == two.start and one.start < one.end for one, two in pairwise(seen))


@pytest.mark.parametrize(
    ("zone", "cron", "start", "expected"),
    [
        # spring forward: 02:30 does not exist on 2024-03-10 and runs at 03:30 summer time
        ("America/New_York", "30 2 * * *", "2024-03-09T12:00", ["2024-03-10T07:30", "2024-03-11T06:30"]),
        # fall back: 01:30 exists twice on 2024-11-03 and runs at the second
        ("America/New_York", "30 1 * * *", "2024-11-02T12:00", ["2024-11-03T06:30", "2024-11-04T06:30"]),
        # each hour that passes
        ("America/New_York", "0 * * * *", "2024-11-03T04:30", ["2024-11-03T05:00", "2024-11-03T06:00"]),
        ("Europe/Amsterdam", "0 * * * *", "2024-03-31T00:30", ["2024-03-31T01:00", "2024-03-31T02:00"]),
        # midnight moves with the zone
        ("Europe/Amsterdam", "0 0 * * *", "2024-03-30T12:00", ["2024-03-30T23:00", "2024-03-31T22:00"]),
        # Samoa had no 30 December 2011
        ("Pacific/Apia", "0 5 * * *", "2011-12-29T16:00", ["2011-12-30T15:00", "2011-12-31T15:00"]),
    ],
)
def test_clock_changes_are_crossed_as_documented(zone: str, cron: str, start: str, expected: list[str]) -> None:
    ticks = CronTicks(cron, zone)
    tick, found = datetime.fromisoformat(start).replace(tzinfo=UTC), []
    for _ in expected:
        tick = ticks.next(tick)
        found.append(f"{tick:%Y-%m-%dT%H:%M}")

    assert found == expected
