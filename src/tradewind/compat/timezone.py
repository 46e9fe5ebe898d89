"""``airflow.utils.timezone``: aware dates. Pendulum is loaded when first needed."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from tradewind.clock import SystemClock
from tradewind.sdk.moments import default_zone_name, zone

utc = dt.UTC
utc_epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _pendulum() -> Any:
    import pendulum  # noqa: PLC0415  heavy; most files need none

    return pendulum


def utcnow() -> dt.datetime:
    """Now, aware, in UTC."""
    return SystemClock().now()


def is_localized(value: dt.datetime) -> bool:
    """Whether the date has a time zone."""
    return value.utcoffset() is not None


def is_naive(value: dt.datetime) -> bool:
    """Whether the date has none."""
    return value.utcoffset() is None


def convert_to_utc(value: dt.datetime | None) -> dt.datetime | None:
    """The same moment in UTC; a naive date means the configured zone."""
    if value is None:
        return None
    if is_naive(value):
        value = value.replace(tzinfo=zone(default_zone_name()))
    return _pendulum().instance(value.astimezone(dt.UTC))  # type: ignore[no-any-return]


def make_aware(value: dt.datetime | None, timezone: Any = None) -> dt.datetime | None:
    """A naive date with a zone. Raises ValueError for one that has a zone already."""
    if value is None:
        return None
    if is_localized(value):
        raise ValueError(f"make_aware expects a naive datetime, got {value}")
    place = timezone or zone(default_zone_name())
    return value.replace(tzinfo=ZoneInfo(place) if isinstance(place, str) else place)


def make_naive(value: dt.datetime, timezone: Any = None) -> dt.datetime:
    """The wall-clock time of the moment in a zone, without the zone."""
    if is_naive(value):
        raise ValueError("make_naive() cannot be applied to a naive datetime")
    return value.astimezone(timezone or zone(default_zone_name())).replace(tzinfo=None)


def datetime(*args: Any, **kwargs: Any) -> dt.datetime:
    """An aware date, in the configured zone unless ``tzinfo`` says otherwise."""
    kwargs.setdefault("tzinfo", zone(default_zone_name()))
    return dt.datetime(*args, **kwargs)  # noqa: DTZ001  the zone is among the arguments


def parse(string: str, timezone: Any = None, *, strict: bool = False) -> dt.datetime:
    """An aware date from text."""
    return _pendulum().parse(string, tz=timezone or zone(default_zone_name()), strict=strict)  # type: ignore[no-any-return]


def coerce_datetime(v: dt.datetime | None, tz: Any = None) -> Any:
    """The date as a Pendulum date, with a zone."""
    if v is None:
        return None
    return _pendulum().instance(v if v.tzinfo else v.replace(tzinfo=tz or dt.UTC))


def from_timestamp(timestamp: float, tz: Any = "UTC") -> Any:
    """The moment of a POSIX timestamp."""
    return _pendulum().from_timestamp(timestamp, tz=tz)


def td_format(td_object: float | dt.timedelta | None) -> str | None:
    """A duration for people: ``1h:20M:5s``."""
    if not td_object:
        return None
    left = int(td_object.total_seconds() if isinstance(td_object, dt.timedelta) else td_object)
    parts = []
    for letter, size in (("Y", 31536000), ("m", 2592000), ("d", 86400), ("h", 3600), ("M", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{letter}")
    return ":".join(parts) or "<1s"
