"""What a cron expression says: its fields as sets of numbers, and the wall-clock times they match.

The grammar is the one Airflow's users know: five fields (minute, hour, day of month, month, weekday) and an optional
sixth for seconds; ``*`` and ``?``, lists, ranges (also over the end: ``22-3``, ``FRI-MON``), steps, names, ``L`` for
the last day, ``15W`` for the working day nearest to the 15th, ``5#2`` for the second and ``L5`` for the last Friday.
A day matches when its day of month *or* its weekday is named, where both are restricted.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from calendar import monthrange
from datetime import datetime, timedelta
from typing import NamedTuple

_MONTHS = dict(jan=1, feb=2, mar=3, apr=4, may=5, jun=6, jul=7, aug=8, sep=9, oct=10, nov=11, dec=12)  # noqa: C408
_DAYS = dict(sun=0, mon=1, tue=2, wed=3, thu=4, fri=5, sat=6)  # noqa: C408  plain words read better
_NTH = re.compile(r"(?:(?P<days>[a-z0-9]+(?:-[a-z0-9]+)?)#(?P<nth>\d+)|l(?P<last>\d+))", re.ASCII)
_NEAREST = re.compile(r"(?:(\d+)w|w(\d+))", re.ASCII)
#: Years without a match after which there is none: the 29th of February may be a given weekday only every 40 years.
_YEARS = 100
_LAST = 0  #: as the number of a weekday in its month


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    names: dict[str, int]


_FIELDS = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day of the month", 1, 31, {}),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 6, _DAYS),
    _Field("second", 0, 59, {}),
)
_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY, _SECOND = _FIELDS


class CronFields:
    """One expression, understood. Raises ValueError that says which field is wrong."""

    def __init__(self, expression: str) -> None:
        texts = expression.lower().split()
        if len(texts) not in {5, 6}:
            raise ValueError(f"it has {len(texts)} fields, not 5")
        minute, hour, day, month, weekday = texts[:5]
        self.minutes = _numbers(_MINUTE, minute)
        self.hours = _numbers(_HOUR, hour)
        self.months = _numbers(_MONTH, month)
        self.seconds = _numbers(_SECOND, texts[5]) if len(texts) == 6 else (0,)
        self._read_days(day, weekday)
        self._days: dict[tuple[int, int], tuple[int, ...]] = {}
        #: an expression for every hour means each hour that passes, also when the clocks change
        self.each_hour = len(self.hours) == 24

    def _read_days(self, day: str, weekday: str) -> None:
        parts = day.split(",")
        nearest = [found for found in map(_NEAREST.fullmatch, parts) if found]
        if nearest and len(parts) > 1:
            raise ValueError("day of the month: W stands alone, not in a list")
        self._nearest = [_inside(_DAY, int(found[1] or found[2])) for found in nearest]
        self._last_day = "l" in parts
        plain = ",".join(part for part in parts if part != "l" and not nearest)
        self._month_days = frozenset(_numbers(_DAY, plain)) if plain else frozenset()
        numbered = [found for found in map(_NTH.fullmatch, weekday.split(",")) if found]
        if numbered and len(numbered) < len(weekday.split(",")):
            raise ValueError("weekday: numbered weekdays (5#2) and plain ones do not go into one list")
        self._numbered = [pair for found in numbered for pair in _pairs(found)]
        self._weekdays = frozenset(_numbers(_WEEKDAY, weekday)) if not numbered else frozenset()
        whole_month, whole_week = len(self._month_days) == 31, len(self._weekdays) == 7
        self._any_day = not {"*", "?"}.isdisjoint(parts) or (whole_month and "*" in weekday)
        self._any_weekday = not {"*", "?"}.isdisjoint(weekday.split(",")) or (whole_week and "*" in day)

    def days(self, year: int, month: int) -> tuple[int, ...]:
        """The matching days of a month that matches."""
        first, length = monthrange(year, month)
        shape = (first, length)
        found = self._days.get(shape)
        if found is None:
            found = self._days[shape] = tuple(self._days_of((first + 1) % 7, length))
        return found

    def _days_of(self, first: int, length: int) -> list[int]:
        """Of a month of so many days whose first is that weekday (Sunday is 0)."""
        whole = range(1, length + 1)
        if self._nearest or self._numbered:
            found = set(whole)
            if self._nearest:
                found &= {_working_day(first, length, day) for day in self._nearest}
            if self._numbered:
                found &= {day for weekday, nth in self._numbered for day in _nth_day(first, length, weekday, nth)}
            return sorted(found)
        by_day = {d for d in whole if d in self._month_days or (self._last_day and d == length)}
        by_weekday = {d for d in whole if (first + d - 1) % 7 in self._weekdays}
        if not self._any_day and not self._any_weekday:
            return sorted(by_day | by_weekday)
        return [d for d in whole if (self._any_day or d in by_day) and (self._any_weekday or d in by_weekday)]

    def after(self, wall: datetime) -> datetime | None:
        """The first matching wall-clock time after this one (both without a zone); None within a century."""
        year, month, day = wall.year, wall.month, wall.day
        if month in self.months:
            days = self.days(year, month)
            at = bisect_left(days, day)
            if at < len(days) and days[at] == day:
                clock = self._clock_after(wall.hour, wall.minute, wall.second)
                if clock is not None:
                    return datetime(year, month, day, *clock)  # noqa: DTZ001  wall-clock time
                at += 1
            if at < len(days):
                return self._first_of(year, month, days[at])
        for later in range(year, min(year + _YEARS, 9999) + 1):
            for number in self.months:
                if (later, number) > (year, month) and (days := self.days(later, number)):
                    return self._first_of(later, number, days[0])
        return None

    def before(self, wall: datetime) -> datetime | None:
        """The last matching wall-clock time before this one; None within a century."""
        if wall.microsecond:
            wall = wall.replace(microsecond=0) + timedelta(seconds=1)
        year, month, day = wall.year, wall.month, wall.day
        if month in self.months:
            days = self.days(year, month)
            at = bisect_right(days, day) - 1
            if at >= 0 and days[at] == day:
                clock = self._clock_before(wall.hour, wall.minute, wall.second)
                if clock is not None:
                    return datetime(year, month, day, *clock)  # noqa: DTZ001  wall-clock time
                at -= 1
            if at >= 0:
                return self._last_of(year, month, days[at])
        for earlier in range(year, max(year - _YEARS, 1) - 1, -1):
            for number in reversed(self.months):
                if (earlier, number) < (year, month) and (days := self.days(earlier, number)):
                    return self._last_of(earlier, number, days[-1])
        return None

    def _first_of(self, year: int, month: int, day: int) -> datetime:
        return datetime(year, month, day, self.hours[0], self.minutes[0], self.seconds[0])  # noqa: DTZ001  wall clock

    def _last_of(self, year: int, month: int, day: int) -> datetime:
        return datetime(year, month, day, self.hours[-1], self.minutes[-1], self.seconds[-1])  # noqa: DTZ001  wall clock

    def _clock_after(self, hour: int, minute: int, second: int) -> tuple[int, int, int] | None:
        hours, minutes, seconds = self.hours, self.minutes, self.seconds
        h = bisect_left(hours, hour)
        if h < len(hours) and hours[h] == hour:
            m = bisect_left(minutes, minute)
            if m < len(minutes) and minutes[m] == minute:
                s = bisect_right(seconds, second)
                if s < len(seconds):
                    return hour, minute, seconds[s]
                m += 1
            if m < len(minutes):
                return hour, minutes[m], seconds[0]
            h += 1
        return (hours[h], minutes[0], seconds[0]) if h < len(hours) else None

    def _clock_before(self, hour: int, minute: int, second: int) -> tuple[int, int, int] | None:
        hours, minutes, seconds = self.hours, self.minutes, self.seconds
        h = bisect_right(hours, hour) - 1
        if h >= 0 and hours[h] == hour:
            m = bisect_right(minutes, minute) - 1
            if m >= 0 and minutes[m] == minute:
                s = bisect_left(seconds, second) - 1
                if s >= 0:
                    return hour, minute, seconds[s]
                m -= 1
            if m >= 0:
                return hour, minutes[m], seconds[-1]
            h -= 1
        return (hours[h], minutes[-1], seconds[-1]) if h >= 0 else None


def _pairs(found: re.Match[str]) -> list[tuple[int, int]]:
    """(weekday, which one in its month) of ``5#2``, ``MON-FRI#1`` or ``L5``."""
    if found["last"]:
        return [(_inside(_WEEKDAY, int(found["last"])), _LAST)]
    nth = int(found["nth"])
    if not 1 <= nth <= 5:
        raise ValueError(f"weekday: a month has no {nth}th of a weekday; number them 1 to 5")
    return [(day, nth) for day in _numbers(_WEEKDAY, found["days"])]


def _nth_day(first: int, length: int, weekday: int, nth: int) -> list[int]:
    days = range(1 + (weekday - first) % 7, length + 1, 7)
    return [days[-1]] if nth == _LAST else [days[nth - 1]] if nth <= len(days) else []


def _working_day(first: int, length: int, day: int) -> int:
    """The day from Monday to Friday nearest to that day, in the same month."""
    day = min(day, length)
    weekday = (first + day - 1) % 7
    if weekday == 6:
        return day - 1 if day > 1 else day + 2
    if weekday == 0:
        return day + 1 if day < length else day - 2
    return day


def _numbers(field: _Field, text: str) -> tuple[int, ...]:
    """The numbers one field names, sorted."""
    found: set[int] = set()
    for part in text.split(","):
        found |= _part(field, part)
    return tuple(sorted(found))


def _part(field: _Field, part: str) -> set[int]:
    span, slash, step_text = part.partition("/")
    step = 1
    if slash:
        if not (step_text.isascii() and step_text.isdecimal() and int(step_text)):
            raise ValueError(f"{field.name}: {part!r} needs a number above 0 after the slash")
        step = int(step_text)
    if span == "?" and not slash and field in (_DAY, _WEEKDAY):
        span = "*"
    if span == "*":
        return set(range(field.low, field.high + 1, step))
    low_text, dash, high_text = span.partition("-")
    low = _number(field, low_text, part)
    if not dash:
        return set(range(low, field.high + 1, step)) if slash else {low}
    high = field.high if field is _DAY and high_text == "l" else _number(field, high_text, part)
    if low == high:
        low, high = field.low, field.high  # as croniter reads it, and so Airflow
    if low <= high:
        return set(range(low, high + 1, step))
    size = field.high - field.low + 1
    return {(n - field.low) % size + field.low for n in range(low, high + size + 1, step)}


def _number(field: _Field, text: str, part: str) -> int:
    if text.isascii() and text.isdecimal():
        return _inside(field, int(text))
    found = field.names.get(text)
    if found is None:
        raise ValueError(f"{field.name}: {part!r} is not understood" if part else f"{field.name}: a number is missing")
    return found


def _inside(field: _Field, number: int) -> int:
    if field is _WEEKDAY and number == 7:
        return 0  # Sunday, too
    if not field.low <= number <= field.high:
        raise ValueError(f"{field.name}: {number} is not between {field.low} and {field.high}")
    return number
