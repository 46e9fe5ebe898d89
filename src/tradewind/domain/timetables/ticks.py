"""The moments a cron expression matches in a time zone: strictly increasing, whatever the zone does to its clocks.

How wall-clock times become moments:

* A time that the zone skips (spring forward) happens later by the length of the gap: 02:30 runs at 03:30 summer time.
* A time that happens twice (fall back) runs once, at its second occurrence, when the expression names hours; an
  expression for every hour runs in both, because it means "each hour that passes".
* Two wall-clock times that fall on one moment (a zone that skips a whole day) give one tick.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

from tradewind.domain.timetables.cron_fields import CronFields
from tradewind.domain.timetables.zones import zone
from tradewind.errors import InvalidArgument, did_you_mean

PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_SECOND = timedelta(seconds=1)
_ZERO = timedelta(0)
#: Farther than any zone ever moved its clocks (24 h, crossing the date line) plus the widest difference to UTC.
_MARGIN = timedelta(hours=49)
_RANDOM_FIELD = re.compile(r"(?:^|[\s,])[hr](?=$|[\s,(/])", re.IGNORECASE)
_EXAMPLE = 'Write five fields (minute hour day month weekday) such as "0 6 * * MON-FRI", or a preset such as "@daily".'


class Ticks(Protocol):
    """A strictly increasing series of moments."""

    def next(self, moment: datetime) -> datetime:
        """The first tick after ``moment``."""
        ...

    def prev(self, moment: datetime) -> datetime:
        """The last tick before ``moment``."""
        ...


def at_or_after(ticks: Ticks, moment: datetime) -> datetime:
    """``moment`` if it is a tick, else the next one."""
    whole = moment.replace(microsecond=0)
    return ticks.next(whole if whole < moment else whole - _SECOND)


def at_or_before(ticks: Ticks, moment: datetime) -> datetime:
    """``moment`` if it is a tick, else the one before."""
    return ticks.prev(moment.replace(microsecond=0) + _SECOND)


def between(ticks: Ticks, start: datetime, end: datetime) -> Iterator[datetime]:
    """All ticks in the closed range."""
    try:
        tick = at_or_after(ticks, start)
        while tick <= end:
            yield tick
            tick = ticks.next(tick)
    except NoTick:
        return


def check_expression(expression: str) -> str:
    """The expression with presets written out. Raises InvalidArgument, with a hint, if it is not a cron expression."""
    text = " ".join(expression.split())
    if text.startswith("@"):
        known = PRESETS.get(text.lower())
        if known is None:
            names = [*PRESETS, "@once", "@continuous"]
            hint = did_you_mean(text, names) or f"Use one of {', '.join(names)}, or a cron expression."
            raise InvalidArgument(f"Unknown schedule preset {expression!r}.", field="schedule", hint=hint)
        return known
    count = len(text.split(" ")) if text else 0
    if count not in {5, 6}:
        message = f"Invalid cron expression {expression!r}: it has {count} field{'s' * (count != 1)}, not 5."
        raise InvalidArgument(message, field="schedule", hint=_EXAMPLE)
    if _RANDOM_FIELD.search(text):
        raise InvalidArgument(
            f"Invalid cron expression {expression!r}: H and R (random times) would differ from one look to the next.",
            field="schedule",
            hint="Name the minute and hour yourself.",
        )
    try:
        CronFields(text)
    except ValueError as trouble:
        message = f"Invalid cron expression {expression!r}: {trouble}"
        raise InvalidArgument(message, field="schedule", hint=_EXAMPLE) from trouble
    return text


def check_ever_matches(expression: str) -> None:
    """Raise InvalidArgument for an expression that names no day that exists, such as the 31st of February."""
    if CronFields(expression).after(datetime(2000, 1, 1)) is None:  # noqa: DTZ001  wall-clock time, no zone yet
        raise InvalidArgument(
            f"The cron expression {expression!r} never matches any date.",
            field="schedule",
            hint="Look at its day and month: the month may have no such day.",
        )


_KEPT = 64


class Walls(Protocol):
    """A series of wall-clock times without a zone. ``each_hour``: one for each hour that passes."""

    each_hour: bool

    def after(self, wall: datetime) -> datetime | None:
        """The first after this one; None: there is none."""
        ...

    def before(self, wall: datetime) -> datetime | None:
        """The last before this one; None: there is none."""
        ...


class NoTick(LookupError):
    """The series has no tick on that side."""


class WallTicks:
    """The moments that a series of wall-clock times stands for in one zone."""

    def __init__(self, walls: Walls, timezone: str = "UTC") -> None:
        self.timezone = timezone
        self._zone = zone(timezone)
        self._fields = walls
        # A catch-up asks for the same few ticks again for each run.
        self._next, self._prev = lru_cache(_KEPT)(self._find_next), lru_cache(_KEPT)(self._find_prev)

    def next(self, moment: datetime) -> datetime:
        """The first tick after ``moment``, aware UTC. Raises NoTick at the end of the series."""
        return self._next(moment)

    def prev(self, moment: datetime) -> datetime:
        """The last tick before ``moment``, aware UTC. Raises NoTick at the beginning of the series."""
        return self._prev(moment)

    def _find_next(self, moment: datetime) -> datetime:
        moment = moment.replace(microsecond=0).astimezone(UTC)
        best: datetime | None = None
        ahead = timedelta(0)
        for wall in self._walls(moment, forward=True):
            if best is not None and wall - ahead > best:
                return best
            for tick in self._moments(wall):
                if tick > moment and (best is None or tick < best):
                    best = tick
                    offset, low, high = self._offsets(tick)
                    if low == high:
                        return tick
                    ahead = max(offset, high)
        if best is None:
            raise NoTick(f"nothing after {moment:%Y-%m-%d %H:%M}")
        return best

    def _find_prev(self, moment: datetime) -> datetime:
        whole = moment.replace(microsecond=0)
        moment = (whole + _SECOND if whole < moment else whole).astimezone(UTC)
        best: datetime | None = None
        ahead = timedelta(0)
        for wall in self._walls(moment, forward=False):
            if best is not None and wall - ahead < best:
                return best
            for tick in self._moments(wall):
                if tick < moment and (best is None or tick > best):
                    best = tick
                    offset, low, high = self._offsets(tick)
                    if low == high:
                        return tick
                    ahead = min(offset, low)
        if best is None:
            raise NoTick(f"nothing before {moment:%Y-%m-%d %H:%M}")
        return best

    def _walls(self, moment: datetime, *, forward: bool) -> Iterator[datetime]:
        """Matching wall-clock times as if they were UTC, from the first on that may stand for a tick past ``moment``."""
        _, low, high = self._offsets(moment)
        wall = (moment + (low if forward else high)).replace(tzinfo=None)
        step = self._fields.after if forward else self._fields.before
        if low != high:
            wall += -_SECOND if forward else _SECOND
        while True:
            found = step(wall)
            if found is None:
                return
            wall = found
            yield wall.replace(tzinfo=UTC)

    def _moments(self, wall: datetime) -> tuple[datetime, ...]:
        """The moments one wall-clock time stands for."""
        if self._zone is UTC:
            return (wall,)
        local = wall.replace(tzinfo=self._zone)
        first, second = _known(local.utcoffset()), _known(local.replace(fold=1).utcoffset())
        if first > second and self._fields.each_hour:
            return (wall - first, wall - second)
        return (wall - min(first, second),)

    def _offset(self, moment: datetime) -> timedelta:
        return _known(moment.astimezone(self._zone).utcoffset())

    def _offsets(self, moment: datetime) -> tuple[timedelta, timedelta, timedelta]:
        """The zone's offset at the moment, and the least and the greatest around it. Equal: no special case can arise."""
        if self._zone is UTC:
            return _ZERO, _ZERO, _ZERO
        found = (self._offset(moment), self._offset(moment - _MARGIN), self._offset(moment + _MARGIN))
        return found[0], min(found), max(found)


class CronTicks(WallTicks):
    """The ticks of one expression in one zone."""

    def __init__(self, expression: str, timezone: str = "UTC") -> None:
        self.expression = check_expression(expression)
        super().__init__(CronFields(self.expression), timezone)


class UnionTicks:
    """The ticks of several series, as one."""

    def __init__(self, parts: Sequence[Ticks]) -> None:
        self.parts = parts

    def next(self, moment: datetime) -> datetime:
        """The first tick of any part after ``moment``."""
        return min(part.next(moment) for part in self.parts)

    def prev(self, moment: datetime) -> datetime:
        """The last tick of any part before ``moment``."""
        return max(part.prev(moment) for part in self.parts)


@lru_cache(maxsize=4096)
def cron_ticks(expression: str, timezone: str) -> CronTicks:
    """The ticks of an expression; parsed once per process."""
    return CronTicks(expression, timezone)


def _known(offset: timedelta | None) -> timedelta:
    return offset or _ZERO
