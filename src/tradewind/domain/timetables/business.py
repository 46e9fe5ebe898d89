"""On business days: the days of a week mask that are no holidays, at given times of the day."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from tradewind.domain.timetables.contract import Timetable
from tradewind.domain.timetables.cron import BetweenTicks
from tradewind.domain.timetables.cron_trigger import AtTicks
from tradewind.domain.timetables.ticks import WallTicks
from tradewind.errors import InvalidArgument, did_you_mean

_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: Ten years without a business day are a mistake in the list of holidays.
_LONGEST = 3660
_DAY = timedelta(days=1)


class BusinessWalls:
    """The wall-clock times."""

    each_hour = False

    def __init__(self, weekdays: frozenset[int], holidays: frozenset[date], times: Sequence[time]) -> None:
        self._weekdays, self._holidays, self._times = weekdays, holidays, sorted(set(times))

    def is_open(self, day: date) -> bool:
        """Whether it is a business day."""
        return day.weekday() in self._weekdays and day not in self._holidays

    def after(self, wall: datetime) -> datetime | None:
        """The first after this one."""
        day = wall.date()
        at = bisect_right(self._times, wall.time())
        if at < len(self._times) and self.is_open(day):
            return datetime.combine(day, self._times[at])
        for _ in range(_LONGEST):
            day += _DAY
            if self.is_open(day):
                return datetime.combine(day, self._times[0])
        return None

    def before(self, wall: datetime) -> datetime | None:
        """The last before this one."""
        day = wall.date()
        at = bisect_left(self._times, wall.time()) - 1
        if at >= 0 and self.is_open(day):
            return datetime.combine(day, self._times[at])
        for _ in range(_LONGEST):
            day -= _DAY
            if self.is_open(day):
                return datetime.combine(day, self._times[-1])
        return None


def business_days(
    at: Sequence[str] = ("00:00",),
    weekmask: str = "Mon Tue Wed Thu Fri",
    holidays: Sequence[str] = (),
    timezone: str = "UTC",
    interval: float | dict[str, int] | None = None,
) -> Timetable:
    """A run covers the time since the business day before; with ``interval`` it covers that length, 0 for a moment."""
    weekdays = weekdays_of(weekmask)
    times = [_time_of(text) for text in at]
    if not times:
        raise InvalidArgument("A business-day schedule needs a time.", field="at", hint='Write at="06:30".')
    walls = BusinessWalls(weekdays, frozenset(_date_of(text) for text in holidays), times)
    ticks = WallTicks(walls, timezone)
    clock = " and ".join(f"{one:%H:%M}" for one in sorted(set(times)))
    days = "business days" if weekdays == {0, 1, 2, 3, 4} else ", ".join(_NAMES[day] for day in sorted(weekdays))
    summary = f"{days} {clock}"
    but = f", but for {len(holidays)} holiday{'s' * (len(holidays) != 1)}" if holidays else ""
    text = f"At {clock} on {days}{but}" + ("" if timezone.upper() == "UTC" else f" ({timezone})")
    if interval is None:
        return BetweenTicks(ticks, summary, text)
    return AtTicks(ticks, summary, text, interval)


def weekdays_of(mask: str) -> frozenset[int]:
    """The weekdays (Monday is 0) of "1111100", "Mon Tue Wed" or "Mon-Fri"."""
    text = mask.strip()
    if len(text) == 7 and set(text) <= {"0", "1"}:
        found = {day for day, sign in enumerate(text) if sign == "1"}
    else:
        found = set()
        for word in text.replace(",", " ").split():
            first, dash, last = word.partition("-")
            low = _weekday(first)
            high = _weekday(last) if dash else low
            found |= {day % 7 for day in range(low, high + (7 if high < low else 0) + 1)}
    if not found:
        raise InvalidArgument(
            f"The week mask {mask!r} has no day.", field="weekmask", hint='Write "Mon Tue Wed Thu Fri" or "1111100".'
        )
    return frozenset(found)


def _weekday(word: str) -> int:
    for day, name in enumerate(_NAMES):
        if word and word[:3].title() == name:
            return day
    raise InvalidArgument(
        f"{word!r} is no day of the week.",
        field="weekmask",
        hint=did_you_mean(word, _NAMES) or 'Write "Mon Tue Wed Thu Fri" or "1111100".',
    )


def _time_of(text: str) -> time:
    try:
        return time.fromisoformat(text).replace(microsecond=0, tzinfo=None)
    except ValueError:
        raise InvalidArgument(f"{text!r} is no time of the day.", field="at", hint='Write at="06:30".') from None


def _date_of(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise InvalidArgument(
            f"{text!r} is no date.", field="holidays", hint='Write holidays=["2026-12-25"] or date objects.'
        ) from None
