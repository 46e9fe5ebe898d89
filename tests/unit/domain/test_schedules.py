"""The scheduling rows of the specification: which runs a schedule gives, and when each may start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from dateutil.relativedelta import relativedelta

from tradewind.domain.spec import TimetableSpec
from tradewind.domain.timetables import build, from_schedule
from tradewind.domain.timetables.contract import Due, Interval
from tradewind.errors import InvalidArgument


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due_by(
    schedule: object,
    start: str | None,
    now: str,
    *,
    end: str | None = None,
    catchup: bool = True,
    last: Interval | None = None,
    timezone: str = "UTC",
) -> list[Due]:
    """Every run that may have started by ``now``, one decision after the other, as the scheduler asks."""
    timetable = build(from_schedule(schedule, timezone))
    found: list[Due] = []
    for _ in range(10_000):
        due = timetable.next_due(
            last,
            earliest=at(start) if start else None,
            latest=at(end) if end else None,
            catchup=catchup,
            now=at(now),
            ran_before=bool(found),
        )
        if due is None or due.run_after > at(now):
            return found
        found.append(due)
        last = due.interval
    raise AssertionError("endless")


def pairs(dues: list[Due]) -> list[tuple[str, str]]:
    return [(f"{due.logical_date:%Y-%m-%d %H:%M}", f"{due.run_after:%Y-%m-%d %H:%M}") for due in dues]


ROWS = [
    pytest.param(
        "@daily",
        "2019-01-01",
        [("2019-01-01 00:00", "2019-01-02 00:00"), ("2019-01-02 00:00", "2019-01-03 00:00")],
        marks=pytest.mark.spec("1/SC-02"),
        id="daily",
    ),
    pytest.param(
        "0 * * * *",
        "2019-01-01",
        [("2019-01-01 00:00", "2019-01-01 01:00"), ("2019-01-01 01:00", "2019-01-01 02:00")],
        marks=pytest.mark.spec("1/SC-07"),
        id="hourly-cron",
    ),
    pytest.param(
        "@hourly",
        "2019-01-01",
        [("2019-01-01 00:00", "2019-01-01 01:00"), ("2019-01-01 01:00", "2019-01-01 02:00")],
        marks=pytest.mark.spec("1/SC-15"),
        id="hourly",
    ),
    pytest.param(
        "0 0 * * 0",
        "2019-01-01",
        [("2019-01-06 00:00", "2019-01-13 00:00")],
        marks=pytest.mark.spec("1/SC-08"),
        id="weekly-cron",
    ),
    pytest.param(
        "@weekly",
        "2019-01-01",
        [("2019-01-06 00:00", "2019-01-13 00:00")],
        marks=pytest.mark.spec("1/SC-16"),
        id="weekly",
    ),
    pytest.param(
        "0 0 1 * *",
        "2019-01-01",
        [("2019-01-01 00:00", "2019-02-01 00:00")],
        marks=pytest.mark.spec("1/SC-09"),
        id="monthly-cron",
    ),
    pytest.param(
        "@monthly",
        "2019-01-15",
        [("2019-02-01 00:00", "2019-03-01 00:00")],
        marks=pytest.mark.spec("1/SC-09", "1/SC-17"),
        id="monthly-from-the-15th",
    ),
    pytest.param(
        "45 23 * * SAT",
        "2019-01-01",
        [("2019-01-05 23:45", "2019-01-12 23:45")],
        marks=pytest.mark.spec("1/SC-10", "1/SC-06"),
        id="weekly-at-a-time",
    ),
    pytest.param(
        "0 0 * * MON,WED,FRI",
        "2019-01-01",
        [("2019-01-02 00:00", "2019-01-04 00:00"), ("2019-01-04 00:00", "2019-01-07 00:00")],
        marks=pytest.mark.spec("1/SC-11", "1/SC-06"),
        id="several-weekdays",
    ),
    pytest.param(
        "0 0 * * MON-FRI",
        "2019-01-04",
        [("2019-01-04 00:00", "2019-01-07 00:00")],
        marks=pytest.mark.spec("1/SC-12", "1/SC-06"),
        id="weekday-range-spans-the-weekend",
    ),
    pytest.param(
        "0 0,12 * * *",
        "2019-01-01",
        [("2019-01-01 00:00", "2019-01-01 12:00"), ("2019-01-01 12:00", "2019-01-02 00:00")],
        marks=pytest.mark.spec("1/SC-13", "1/SC-06"),
        id="several-hours",
    ),
    pytest.param(
        "@yearly",
        "2019-01-01",
        [("2019-01-01 00:00", "2020-01-01 00:00")],
        marks=pytest.mark.spec("1/SC-18"),
        id="yearly",
    ),
    pytest.param(
        "@quarterly",
        "2019-01-01",
        [("2019-01-01 00:00", "2019-04-01 00:00"), ("2019-04-01 00:00", "2019-07-01 00:00")],
        marks=pytest.mark.spec("1/SC-19"),
        id="quarterly",
    ),
    pytest.param(
        "0 16 * * *",
        "2019-01-01",
        [("2019-01-01 16:00", "2019-01-02 16:00")],
        marks=pytest.mark.spec("1/SC-21"),
        id="start-between-ticks",
    ),
    pytest.param(
        timedelta(minutes=10),
        "2019-01-01T00:03",
        [("2019-01-01 00:03", "2019-01-01 00:13"), ("2019-01-01 00:13", "2019-01-01 00:23")],
        marks=pytest.mark.spec("1/SC-20"),
        id="every-ten-minutes-from-the-start",
    ),
    pytest.param(
        timedelta(hours=2),
        "2019-01-01",
        [("2019-01-01 00:00", "2019-01-01 02:00")],
        marks=pytest.mark.spec("1/SC-20"),
        id="every-two-hours",
    ),
    pytest.param(
        relativedelta(months=1),
        "2019-01-31",
        [("2019-01-31 00:00", "2019-02-28 00:00"), ("2019-02-28 00:00", "2019-03-31 00:00")],
        id="every-month-keeps-the-31st",
    ),
]


@pytest.mark.parametrize(("schedule", "start", "expected"), ROWS)
def test_a_schedule_gives_the_runs_of_its_row(schedule: object, start: str, expected: list[tuple[str, str]]) -> None:
    until = f"{at(expected[-1][1].replace(' ', 'T')):%Y-%m-%dT%H:%M}"

    assert pairs(due_by(schedule, start, until)) == expected


@pytest.mark.parametrize(("schedule", "start", "expected"), ROWS)
def test_no_run_starts_a_second_before_its_interval_has_ended(
    schedule: object, start: str, expected: list[tuple[str, str]]
) -> None:
    before = at(expected[0][1].replace(" ", "T")) - timedelta(seconds=1)

    assert due_by(schedule, start, f"{before:%Y-%m-%dT%H:%M:%S}") == []


@pytest.mark.spec("1/SC-01")
def test_an_unscheduled_dag_is_never_due() -> None:
    assert due_by(None, "2019-01-01", "2030-01-01") == []
    assert not build(from_schedule(None)).can_be_scheduled


@pytest.mark.spec("1/SC-03")
def test_the_first_run_comes_one_interval_after_the_start() -> None:
    assert due_by("@daily", "2019-01-01", "2019-01-01T13:00") == []
    assert pairs(due_by("@daily", "2019-01-01", "2019-01-02")) == [("2019-01-01 00:00", "2019-01-02 00:00")]


@pytest.mark.spec("1/SC-04")
def test_without_an_end_date_a_run_comes_at_each_tick() -> None:
    assert len(due_by("@daily", "2019-01-01", "2029-01-01")) == 3653


@pytest.mark.spec("1/SC-05")
def test_the_end_date_is_the_last_logical_date() -> None:
    dues = due_by("@daily", "2019-01-01", "2030-01-01", end="2019-01-05")

    assert [f"{due.logical_date:%m-%d}" for due in dues] == ["01-01", "01-02", "01-03", "01-04", "01-05"]
    assert dues[-1].run_after == at("2019-01-06")


@pytest.mark.spec("1/SC-06")
@pytest.mark.parametrize("text", ["0 0 * * 7", "0 0 * * SUN", "0 0 * * 0"])
def test_sunday_is_0_and_7_and_sun(text: str) -> None:
    assert pairs(due_by(text, "2019-01-01", "2019-01-13")) == [("2019-01-06 00:00", "2019-01-13 00:00")]


@pytest.mark.spec("1/SC-06")
@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("61 * * * *", "five fields"),
        ("* 24 * * *", "five fields"),
        ("* * 32 * *", "five fields"),
        ("* * * 13 *", "five fields"),
        ("0 0 * * FOO", "five fields"),
        ("* * *", "five fields"),
        ("@dayly", "'@daily'"),
        ("H * * * *", "Name the minute"),
        ("R R * * *", "Name the minute"),
        ("0 0 31 2 *", "the month may have no such day"),
        ("None", "schedule=None"),
    ],
)
def test_a_wrong_schedule_is_an_error_with_a_way_out(text: str, hint: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        from_schedule(text)

    assert caught.value.field == "schedule"
    assert hint in str(caught.value.hint)
    assert text in caught.value.message


@pytest.mark.spec("1/SC-14")
def test_once_is_due_at_the_start_date_and_never_again() -> None:
    dues = due_by("@once", "2019-01-01", "2030-01-01")

    assert pairs(dues) == [("2019-01-01 00:00", "2019-01-01 00:00")]
    once = build(from_schedule("@once"))
    now = at("2030-01-01")
    assert once.next_due(None, earliest=None, latest=None, catchup=True, now=now, ran_before=True) is None


@pytest.mark.spec("1/SC-20")
def test_every_three_days_counts_from_the_start_date() -> None:
    dues = due_by(timedelta(days=3), "2019-01-01", "2019-01-10")

    assert [f"{due.logical_date:%m-%d}" for due in dues] == ["01-01", "01-04", "01-07"]
    assert [f"{due.run_after:%m-%d}" for due in dues] == ["01-04", "01-07", "01-10"]
    ended = due_by(timedelta(days=3), "2019-01-01", "2030-01-01", end="2019-01-05")
    assert [f"{due.logical_date:%m-%d}" for due in ended] == ["01-01", "01-04"]


@pytest.mark.spec("1/SC-22", "1/BF-01")
def test_a_start_fourteen_days_ago_gives_fourteen_runs_at_once() -> None:
    dues = due_by("@daily", "2026-03-01", "2026-03-15T09:30")

    assert [due.logical_date for due in dues] == [at("2026-03-01") + timedelta(days=day) for day in range(14)]


@pytest.mark.spec("1/SC-23")
def test_a_schedule_given_to_an_unscheduled_dag_makes_the_past_due() -> None:
    assert due_by(None, "2019-01-01", "2019-01-05") == []
    assert len(due_by("@daily", "2019-01-01", "2019-01-05")) == 4


@pytest.mark.spec("1/SC-26")
def test_nothing_is_created_before_a_start_date_that_moved() -> None:
    last = Interval(at("2019-01-02"), at("2019-01-03"))

    assert pairs(due_by("@daily", "2019-01-06", "2019-01-07", last=last)) == [("2019-01-06 00:00", "2019-01-07 00:00")]
    every_day = pairs(due_by(timedelta(days=1), "2019-01-06", "2019-01-07", last=last))
    assert every_day == [("2019-01-06 00:00", "2019-01-07 00:00")]


@pytest.mark.spec("1/SC-27")
def test_runs_become_due_oldest_first() -> None:
    logical = [due.logical_date for due in due_by("0 */6 * * *", "2019-01-01", "2019-02-01")]

    assert logical == sorted(logical)


@pytest.mark.spec("1/SC-28")
def test_asking_again_after_a_restart_or_a_clock_jump_repeats_and_skips_nothing() -> None:
    timetable = build(from_schedule("@hourly"))
    last: Interval | None = None
    seen: list[Interval] = []
    for minutes in (61, 61, 300, -200, 301, 302, 10, 600):
        now = at("2019-01-01") + timedelta(minutes=minutes)
        while True:
            due = timetable.next_due(last, earliest=at("2019-01-01"), latest=None, catchup=True, now=now)
            assert due is not None
            if due.run_after > now:
                break
            last = due.interval
            seen.append(due.interval)

    assert [interval.start for interval in seen] == [at("2019-01-01") + timedelta(hours=hour) for hour in range(10)]


@pytest.mark.spec("1/BF-02")
def test_without_catchup_only_the_newest_interval_runs() -> None:
    first = due_by("@daily", "2019-01-01", "2019-01-04T12:00", catchup=False)
    assert pairs(first) == [("2019-01-03 00:00", "2019-01-04 00:00")]

    then = due_by("@daily", "2019-01-01", "2019-01-05", catchup=False, last=first[-1].interval)
    assert pairs(then) == [("2019-01-04 00:00", "2019-01-05 00:00")]


@pytest.mark.spec("1/BF-02")
@pytest.mark.parametrize("schedule", [timedelta(days=1), "@daily"])
def test_without_catchup_a_long_pause_gives_one_run(schedule: object) -> None:
    last = Interval(at("2019-01-01"), at("2019-01-02"))

    dues = due_by(schedule, "2019-01-01", "2019-03-01T12:00", catchup=False, last=last)

    assert pairs(dues) == [("2019-02-28 00:00", "2019-03-01 00:00")]


@pytest.mark.spec("1/BF-03")
def test_without_catchup_an_end_date_long_gone_gives_nothing() -> None:
    assert due_by("@daily", "2019-01-01", "2026-03-01", end="2019-01-05", catchup=False) == []
    dues = due_by("@daily", "2019-01-01", "2019-01-06T12:00", end="2019-01-05", catchup=False)
    assert pairs(dues) == [("2019-01-05 00:00", "2019-01-06 00:00")]


def test_a_dag_without_a_start_date_begins_with_the_newest_interval() -> None:
    assert pairs(due_by("@daily", None, "2019-01-04T12:00")) == [("2019-01-03 00:00", "2019-01-04 00:00")]


@pytest.mark.parametrize(
    ("last", "schedule", "expected"),
    [
        (("2019-01-02", "2019-01-03"), "@hourly", "2019-01-03 00:00"),
        (("2019-01-03T00:00", "2019-01-03T01:00"), "@daily", "2019-01-04 00:00"),
        (("2019-01-02", "2019-01-03"), "0 6 * * *", "2019-01-02 06:00"),
    ],
)
def test_an_edited_schedule_repeats_no_logical_date(last: tuple[str, str], schedule: str, expected: str) -> None:
    dues = due_by(schedule, "2019-01-01", "2019-01-08", last=Interval(at(last[0]), at(last[1])))

    assert pairs(dues)[0][0] == expected
    assert all(due.logical_date > at(last[0]) for due in dues)


def test_a_manual_run_covers_the_newest_interval_that_has_ended() -> None:
    moment = at("2019-01-04T12:00")

    assert build(from_schedule("@daily")).manual_interval(moment) == (at("2019-01-03"), at("2019-01-04"))
    assert build(from_schedule(None)).manual_interval(moment) == (moment, moment)
    assert build(from_schedule(timedelta(hours=1))).manual_interval(moment) == (at("2019-01-04T11:00"), moment)


@pytest.mark.spec("1/BF-05")
def test_a_backfill_range_is_closed_at_both_ends() -> None:
    for schedule in ("@daily", timedelta(days=1)):
        intervals = build(from_schedule(schedule)).intervals_between(at("2019-01-01"), at("2019-01-05"))

        assert [f"{interval.start:%m-%d}" for interval in intervals] == ["01-01", "01-02", "01-03", "01-04", "01-05"]
        assert [f"{interval.end:%m-%d}" for interval in intervals] == ["01-02", "01-03", "01-04", "01-05", "01-06"]


def test_a_cron_trigger_runs_at_the_tick_and_covers_what_it_was_given() -> None:
    friday = build(
        TimetableSpec(kind="cron_trigger", args={"expression": "0 18 * * FRI", "interval": (4 * 24 + 9) * 3600})
    )

    due = friday.next_due(None, earliest=at("2026-01-01"), latest=None, catchup=True, now=at("2026-01-03"))

    assert due == Due(
        at("2026-01-02T18:00"), Interval(at("2025-12-29T09:00"), at("2026-01-02T18:00")), at("2025-12-29T09:00")
    )
    after = friday.next_due(due.interval, earliest=at("2026-01-01"), latest=None, catchup=True, now=at("2026-01-03"))
    assert after is not None
    assert after.run_after == at("2026-01-09T18:00")
    assert (
        friday.next_due(due.interval, earliest=None, latest=at("2026-01-09T17:59"), catchup=True, now=at("2026-01-03"))
        is None
    )


def test_a_cron_trigger_without_catchup_takes_the_tick_just_gone() -> None:
    trigger = build(TimetableSpec(kind="cron_trigger", args={"expression": "@daily"}))

    due = trigger.next_due(None, earliest=at("2019-01-01"), latest=None, catchup=False, now=at("2019-03-01T12:00"))

    assert due is not None
    assert due.run_after == due.logical_date == at("2019-03-01")


@pytest.mark.parametrize(
    ("immediately", "now", "expected"),
    [
        (True, "2019-03-01T23:00", "2019-03-01"),
        (False, "2019-03-01T02:00", "2019-03-01"),
        (False, "2019-03-01T03:00", "2019-03-02"),
        (3600.0, "2019-03-01T02:00", "2019-03-02"),
    ],
)
def test_a_cron_trigger_without_start_date_runs_the_tick_just_gone_only_within_its_grace(
    immediately: bool | float, now: str, expected: str
) -> None:
    spec = TimetableSpec(kind="cron_trigger", args={"expression": "@daily", "run_immediately": immediately})

    due = build(spec).next_due(None, earliest=None, latest=None, catchup=True, now=at(now))

    assert due is not None
    assert due.run_after == at(expected)


def test_several_crons_are_one_schedule_and_a_shared_moment_is_one_run() -> None:
    multi = build(TimetableSpec(kind="multi", args={"expressions": ["0 6 * * *", "0 18 * * *", "0 6 * * MON"]}))
    last, found = None, []
    for _ in range(4):
        due = multi.next_due(last, earliest=at("2026-01-05"), latest=None, catchup=True, now=at("2026-02-01"))
        assert due is not None
        last = due.interval
        found.append(f"{due.run_after:%d %H}")

    assert found == ["05 06", "05 18", "06 06", "06 18"]


def test_continuous_covers_the_time_since_the_last_run() -> None:
    always = build(from_schedule("@continuous"))
    now = at("2026-01-02T10:00")

    first = always.next_due(None, earliest=at("2026-01-01"), latest=None, catchup=True, now=now)
    assert first is not None
    assert first.interval == (at("2026-01-01"), now)
    again = always.next_due(first.interval, earliest=at("2026-01-01"), latest=None, catchup=True, now=now)
    assert again is not None
    assert again.logical_date > first.logical_date
    assert always.active_runs_limit == 1


def test_events_run_at_their_moments_each_once() -> None:
    events = build(TimetableSpec(kind="events", args={"event_dates": ["2026-05-01", "2026-03-01", "2026-04-01"]}))
    ask = {"earliest": None, "latest": None, "now": at("2026-04-15")}

    first = events.next_due(None, catchup=True, **ask)
    newest = events.next_due(None, catchup=False, **ask)
    assert first is not None
    assert newest is not None
    assert first.run_after == at("2026-03-01")
    assert newest.run_after == at("2026-04-01")
    assert events.next_due(Interval(at("2026-05-01"), at("2026-05-01")), catchup=True, **ask) is None


def test_assets_or_time_is_due_by_its_clock() -> None:
    inner = {"kind": "cron", "args": {"expression": "@daily"}}
    both = build(TimetableSpec(kind="asset_or_time", args={"timetable": inner}))

    due = both.next_due(None, earliest=at("2026-01-01"), latest=None, catchup=True, now=at("2026-01-02"))

    assert due is not None
    assert due.run_after == at("2026-01-02")
    only = build(TimetableSpec(kind="asset"))
    assert only.next_due(None, earliest=at("2026-01-01"), latest=None, catchup=True, now=at("2026-01-02")) is None


def test_an_unknown_kind_names_the_closest_one() -> None:
    with pytest.raises(InvalidArgument, match="'cron'"):
        build(TimetableSpec(kind="crom"))


def test_an_unknown_zone_names_the_closest_one() -> None:
    with pytest.raises(InvalidArgument, match="Europe/Amsterdam"):
        from_schedule("@daily", "Europe/Amsterdan")


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("@daily", "At 00:00"),
        ("@hourly", "Every hour"),
        ("*/15 * * * *", "Every 15 minutes"),
        ("45 23 * * SAT", "At 23:45, on Saturday"),
        ("0 0 * * MON-FRI", "At 00:00, Monday through Friday"),
        ("0 0 1 */3 *", "At 00:00 on day 1 of the month, every 3 months"),
        ("0 9 * * 1#1", "At 09:00, on the first Monday of the month"),
        ("0 0 L * *", "At 00:00, on the last day of the month"),
        (timedelta(days=3), "Every 3 days"),
        (timedelta(hours=1), "Every hour"),
        (None, "Never, external triggers only"),
    ],
)
def test_a_schedule_is_told_in_words(schedule: object, words: str) -> None:
    assert from_schedule(schedule).description == words
