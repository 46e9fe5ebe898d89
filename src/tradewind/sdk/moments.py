"""Dates as authors write and read them: naive ones get the configured zone, tasks see Pendulum objects.

Pendulum is loaded on first need: it costs tens of milliseconds, and most tasks never ask for a date.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from typing import Any

from tradewind.errors import InvalidArgument


@cache
def zone(name: str) -> tzinfo:
    """The time zone of that name."""
    if name.lower() == "utc":
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415  most DAGs live in UTC

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidArgument(
            f"There is no time zone {name!r}.", field="timezone", hint="Use a name such as 'Europe/Amsterdam'."
        ) from None


def default_zone_name() -> str:
    """[core] default_timezone."""
    from tradewind.sdk.configuration import conf  # noqa: PLC0415  settings are read only when a naive date needs them

    name = str(conf.get("core", "default_timezone"))
    return "UTC" if name.lower() == "utc" else name


def aware(moment: Any) -> datetime | None:
    """An aware datetime from a datetime, date or ISO text; a naive one means the configured zone. None stays None."""
    if moment is None:
        return None
    if isinstance(moment, str):
        moment = parse(moment)
    if not isinstance(moment, datetime):
        if isinstance(moment, date):
            moment = datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001  the zone follows
        else:
            raise TypeError(f"A date must be a datetime or ISO text, not {moment!r} of type {type(moment).__name__}.")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone(default_zone_name()))
    return moment  # type: ignore[no-any-return]


def utc(moment: Any) -> datetime | None:
    """As ``aware``, moved to UTC and made a plain datetime."""
    known = aware(moment)
    if known is None:
        return None
    there = known.astimezone(UTC)
    return datetime(
        there.year, there.month, there.day, there.hour, there.minute, there.second, there.microsecond, tzinfo=UTC
    )


def parse(text: str) -> datetime:
    """A datetime from text: ISO first, then whatever Pendulum can read."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _pendulum().parse(text, strict=False)  # type: ignore[no-any-return]


@cache
def _pendulum() -> Any:
    import pendulum  # noqa: PLC0415  heavy; most tasks never need it

    # Pendulum 3 prints a blank where Pendulum 2 (and every DAG written for it) has a "T".
    pendulum.DateTime.__str__ = lambda self: self.isoformat()  # type: ignore[method-assign]
    return pendulum


def load() -> None:
    """Load Pendulum now, so that forks of this process need not."""
    _pendulum()


def stamp(moment: datetime | None) -> Any:
    """The Pendulum object of an aware datetime, in UTC unless it has a named zone. None stays None."""
    if moment is None:
        return None
    pendulum = _pendulum()
    if isinstance(moment, pendulum.DateTime):
        return moment
    return pendulum.instance(moment)


def zone_name(moment: datetime | None) -> str | None:
    """The name of the zone a date was written in, when it has one."""
    if moment is None or moment.tzinfo is None:
        return None
    info = moment.tzinfo
    name = getattr(info, "key", None) or getattr(info, "name", None) or getattr(info, "zone", None)
    return str(name) if name else ("UTC" if info.utcoffset(moment) == timedelta(0) else None)


def seconds(value: Any, name: str, *, optional: bool = False) -> float | None:
    """Seconds of a timedelta or a number. Raises TypeError naming the argument otherwise."""
    if value is None and optional:
        return None
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise TypeError(f"{name} must be a timedelta or a number of seconds, not {value!r}.")
