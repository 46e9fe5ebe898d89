"""Business days, recurrence rules, bounded catch-up."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from dateutil.rrule import MO, WEEKLY, rrule

from tradewind import DAG, BusinessDays, RRule
from tradewind.domain.spec import TimetableSpec
from tradewind.domain.timetables import build
from tradewind.domain.timetables.bounded import next_wanted
from tradewind.domain.timetables.contract import Interval
from tradewind.errors import DagFileError, InvalidArgument
from tradewind.sdk.exceptions import AirflowTimetableInvalid
from tradewind.sdk.freeze import freeze
from tradewind.sdk.operators.empty import EmptyOperator


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def spec_of(schedule: Any, **more: Any) -> Any:
    more.setdefault("start_date", at("2026-01-01"))
    with DAG("d", schedule=schedule, **more) as dag:
        EmptyOperator(task_id="t")
    return freeze(dag, fileloc="d.py")


def runs(schedule: Any, until: str, **more: Any) -> list[tuple[str, str, str]]:
    """(start of interval, end, run after) of every run due by then, catching up."""
    spec = spec_of(schedule, **more)
    timetable, last, found = build(spec.timetable), None, []
    while True:
        due = timetable.next_due(last, earliest=spec.start_date, latest=spec.end_date, catchup=True, now=at(until))
        if due is None or due.run_after > at(until):
            return found
        last = due.interval
        found.append(tuple(f"{moment:%m-%d %H:%M}" for moment in (*due.interval, due.run_after)))  # type: ignore[arg-type]


def test_business_days_skip_weekends_and_holidays_and_cover_them() -> None:
    schedule = BusinessDays(at="18:00", holidays=[date(2026, 1, 6), "2026-01-01"])

    assert runs(schedule, "2026-01-08T20:00") == [
        ("01-02 18:00", "01-05 18:00", "01-05 18:00"),  # Friday to Monday; Thursday the 1st is a holiday
        ("01-05 18:00", "01-07 18:00", "01-07 18:00"),  # over the holiday
        ("01-07 18:00", "01-08 18:00", "01-08 18:00"),
    ]


def test_business_days_take_a_week_mask_several_times_and_a_moment() -> None:
    schedule = BusinessDays(at=[time(12, 30), "06:00"], weekmask="Sun-Tue", interval=timedelta(0))

    assert [run[2] for run in runs(schedule, "2026-01-05T23:00")] == [
        *("01-04 06:00", "01-04 12:30", "01-05 06:00", "01-05 12:30")
    ]
    assert runs(BusinessDays(weekmask="1000000"), "2026-01-20") == [
        ("01-05 00:00", "01-12 00:00", "01-12 00:00"),
        ("01-12 00:00", "01-19 00:00", "01-19 00:00"),
    ]


def test_business_days_follow_the_clocks_of_the_zone() -> None:
    schedule = BusinessDays(at="02:30", weekmask="Sat Sun Mon", timezone="Europe/Amsterdam", interval=timedelta(0))

    # The clocks go forward on Sunday the 29th: 02:30 does not exist and runs at 03:30 summer time.
    found = [run[2] for run in runs(schedule, "2026-03-31", start_date=at("2026-03-27"))]
    assert found == ["03-28 01:30", "03-29 01:30", "03-30 00:30"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"weekmask": "Mon Tuu"}, "'Tuu' is no day of the week"),
        ({"weekmask": "0000000"}, "has no day"),
        ({"at": "25:00"}, "'25:00' is no time"),
        ({"holidays": ["Christmas"]}, "'Christmas' is no date"),
        ({"interval": "next"}, "write a timedelta, or 'previous'"),
    ],
)
def test_a_wrong_calendar_is_named_with_the_dag(args: dict[str, Any], says: str) -> None:
    with pytest.raises(AirflowTimetableInvalid, match=says):
        spec_of(BusinessDays(**args))


RULE = "DTSTART:20260105T060000\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=4"


@pytest.mark.parametrize(
    "schedule",
    [
        RULE,
        RRule(RULE),
        RRule("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=4", dtstart=datetime(2026, 1, 5, 6)),
    ],
    ids=["text", "rule", "dtstart"],
)
def test_a_recurrence_rule_runs_at_its_occurrences_and_ends(schedule: Any) -> None:
    found = [run[2] for run in runs(schedule, "2026-12-31")]

    assert found == ["01-05 06:00", "01-07 06:00", "01-19 06:00", "01-21 06:00"]


def test_a_rule_of_dateutil_is_a_schedule() -> None:
    rule = rrule(WEEKLY, byweekday=MO, dtstart=datetime(2026, 1, 1, 9), count=2)

    assert [run[2] for run in runs(rule, "2026-12-31")] == ["01-05 09:00", "01-12 09:00"]
    assert runs(RRule(rule, interval="previous"), "2026-12-31") == [("01-05 09:00", "01-12 09:00", "01-12 09:00")]


def test_exceptions_of_a_rule_are_left_out() -> None:
    text = "DTSTART:20260105T060000\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE:20260106T060000"

    assert [run[2] for run in runs(text, "2026-12-31")] == ["01-05 06:00", "01-07 06:00", "01-08 06:00"]


def test_the_last_working_day_of_each_month_in_a_zone() -> None:
    rule = RRule(
        "DTSTART:20260101T180000\nRRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", timezone="America/New_York"
    )

    assert [run[2] for run in runs(rule, "2026-05-01")] == ["01-30 23:00", "02-27 23:00", "03-31 22:00", "04-30 22:00"]


@pytest.mark.parametrize(
    ("text", "says"),
    [("FREQ=DAILY", "does not say when it begins"), ("DTSTART:20260101\nRRULE:FREQ=OFTEN", "is not understood")],
)
def test_a_wrong_rule_is_refused_with_what_to_write(text: str, says: str) -> None:
    with pytest.raises(AirflowTimetableInvalid, match=says) as caught:
        spec_of(RRule(text))
    assert isinstance(caught.value.__cause__, InvalidArgument)
    assert "DTSTART:" in (caught.value.__cause__.hint or "")


def wanted(schedule: Any, last: Interval | None, now: str, window: timedelta) -> list[str]:
    spec = spec_of(schedule, catchup=window)
    found = []
    while True:
        due = next_wanted(
            build(spec.timetable), last, earliest=spec.start_date, latest=None, catchup=bool(spec.catchup),
            window=spec.catchup_window, now=at(now),
        )  # fmt: skip
        if due is None or due.run_after > at(now):
            return found
        last = due.interval
        found.append(f"{due.run_after:%m-%d %H:%M}")


@pytest.mark.parametrize("schedule", ["@daily", timedelta(days=1), BusinessDays(weekmask="1111111")])
def test_bounded_catchup_makes_the_runs_of_the_last_days_only(schedule: Any) -> None:
    assert wanted(schedule, None, "2026-06-10T12:00", timedelta(days=3)) == [
        "06-08 00:00",
        "06-09 00:00",
        "06-10 00:00",
    ]
    assert wanted(schedule, None, "2026-01-03T12:00", timedelta(days=30)) == ["01-02 00:00", "01-03 00:00"]
    last = Interval(at("2026-06-08"), at("2026-06-09"))
    assert wanted(schedule, last, "2026-06-10T12:00", timedelta(days=3)) == ["06-10 00:00"]


def test_bounded_catchup_of_ticks() -> None:
    hourly = build(TimetableSpec(kind="cron_trigger", args={"expression": "0 * * * *"}))
    due = next_wanted(
        hourly, None, earliest=at("2026-01-01"), latest=None, catchup=True, window=7200.0, now=at("2026-05-01T10:30")
    )

    assert due is not None
    assert due.run_after == at("2026-05-01T09:00")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"catchup": "yes"}, "catchup must be True, False or how far to go back"),
        ({"catchup": timedelta(0)}, "catchup must be"),
        ({"catchup": -timedelta(hours=1)}, "lies ahead"),
        ({"overlap": "cancel"}, "overlap='cancel' is not known"),
    ],
)
def test_wrong_words_about_runs_are_errors_of_the_file(args: dict[str, Any], says: str) -> None:
    with pytest.raises(DagFileError, match=says):
        spec_of("@daily", **args)
