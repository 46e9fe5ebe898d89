"""Time zones by name, and moments as JSON text."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from tradewind.errors import InvalidArgument, did_you_mean

_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})")


@lru_cache(maxsize=512)
def zone(name: str) -> tzinfo:
    """The zone of a tz database name ("Europe/Amsterdam") or of an offset ("+02:00"); InvalidArgument if unknown."""
    if name.upper() in {"UTC", "Z", "GMT"}:
        return UTC
    offset = _OFFSET.fullmatch(name)
    if offset:
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        if ahead < timedelta(hours=24):
            return timezone(ahead if offset[1] == "+" else -ahead)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as trouble:
        raise InvalidArgument(
            f"There is no time zone named {name!r}.",
            field="timezone",
            hint=did_you_mean(name, available_timezones()) or 'Use a tz database name such as "Europe/Amsterdam".',
        ) from trouble


def zone_name(value: object) -> str:
    """The name of a zone given as text or as a tzinfo of any library; "UTC" for None."""
    if value is None:
        return "UTC"
    if isinstance(value, str):
        return value
    for attribute in ("key", "name", "zone"):
        name = getattr(value, attribute, None)
        if isinstance(name, str) and name:
            return name
    offset = value.utcoffset(None) if isinstance(value, tzinfo) else None
    if offset is None:
        raise InvalidArgument(
            f"Not a time zone: {value!r}.",
            field="timezone",
            hint='Use a tz database name such as "Europe/Amsterdam" or a zoneinfo.ZoneInfo.',
        )
    if not offset:
        return "UTC"
    minutes = int(offset.total_seconds() // 60)
    sign, minutes = ("+", minutes) if minutes >= 0 else ("-", -minutes)
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"


def to_moment(value: str | datetime) -> datetime:
    """Aware UTC from ISO text or a datetime; naive means UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
