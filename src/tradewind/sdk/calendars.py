"""Schedules by a calendar, as authors write them: business days with holidays, and recurrence rules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from tradewind.domain.spec import TimetableSpec
from tradewind.domain.timetables.building import build
from tradewind.errors import InvalidArgument
from tradewind.sdk.exceptions import AirflowTimetableInvalid
from tradewind.sdk.schedule import Schedule
from tradewind.sdk.timetables import _Known, _length, _zone_text

#: As ``interval``: a run covers the time since the one before.
PREVIOUS = "previous"


def _covered(interval: Any) -> Any:
    if interval == PREVIOUS:
        return None
    if isinstance(interval, str):
        raise AirflowTimetableInvalid(f"interval={interval!r}: write a timedelta, or {PREVIOUS!r}.")
    return _length(interval)


def _schedule(kind: str, args: dict[str, Any], dag_id: str) -> Schedule:
    try:
        made = build(TimetableSpec(kind=kind, args=args))
    except InvalidArgument as error:
        raise AirflowTimetableInvalid(f"DAG {dag_id!r}: {error}") from error
    spec = TimetableSpec(kind=kind, args=args, summary=made.summary, description=made.description)
    return Schedule(spec)


class BusinessDays(_Known):
    """On the days of ``weekmask`` that are no ``holidays``, at the time(s) ``at`` of the DAG's zone.

    A run covers the time since the business day before: Monday's covers the weekend. ``interval=timedelta(0)`` makes it
    a moment. ``holidays`` are dates or ISO texts, or what the ``holidays`` package gives for a country and years.
    """

    def __init__(
        self,
        *,
        at: str | time | Iterable[str | time] = "00:00",
        weekmask: str = "Mon Tue Wed Thu Fri",
        holidays: Iterable[date | str] = (),
        timezone: Any = None,
        interval: Any = PREVIOUS,
    ) -> None:
        times = [at] if isinstance(at, (str, time)) else list(at)
        self.at = [one.isoformat() if isinstance(one, time) else one for one in times]
        self.weekmask, self.timezone, self.interval = weekmask, timezone, interval
        self.holidays = sorted({_iso(day) for day in holidays})

    def to_spec(self, timezone: str, dag_id: str) -> Schedule:
        """What the brain needs."""
        args = {
            "at": self.at,
            "weekmask": self.weekmask,
            "holidays": self.holidays,
            "timezone": _zone_text(self.timezone, timezone),
            "interval": _covered(self.interval),
        }
        return _schedule("business_days", args, dag_id)


def _iso(day: date | str) -> str:
    if isinstance(day, datetime):
        return day.date().isoformat()
    return day.isoformat() if isinstance(day, date) else str(day)


class RRule(_Known):
    """At the occurrences of a recurrence rule: iCalendar text, or a ``dateutil.rrule.rrule``.

    Its times are wall-clock times of the DAG's zone. Without a DTSTART in the text, give ``dtstart``. A run covers
    nothing; ``interval=timedelta(...)`` covers that length, ``interval="previous"`` the time since the last occurrence.
    """

    def __init__(
        self, rule: Any, *, dtstart: datetime | None = None, timezone: Any = None, interval: Any = timedelta(0)
    ) -> None:
        text = str(rule).strip()
        if "DTSTART" not in text.upper() and dtstart is not None:
            head = text if text.upper().startswith("RRULE:") else f"RRULE:{text}"
            text = f"DTSTART:{dtstart:%Y%m%dT%H%M%S}\n{head}"
        self.rule, self.timezone, self.interval = text, timezone, interval

    def to_spec(self, timezone: str, dag_id: str) -> Schedule:
        """What the brain needs."""
        args = {
            "rule": self.rule,
            "timezone": _zone_text(self.timezone, timezone),
            "interval": _covered(self.interval),
        }
        return _schedule("rrule", args, dag_id)


#: The same under names that read like those of Airflow's own timetables.
BusinessDayTimetable = BusinessDays
RRuleTimetable = RRule
