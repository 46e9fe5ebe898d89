"""``airflow.utils.dates``: dates relative to now, and ranges of dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tradewind.clock import SystemClock
from tradewind.domain.timetables.cron_fields import CronFields

cron_presets = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}

_UNITS = (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0))


def days_ago(n: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0) -> datetime:
    """Midnight UTC ``n`` days back, or that day at the given time. Aware."""
    import pendulum  # noqa: PLC0415  heavy; the result is a Pendulum date because DAG files call its methods

    then = SystemClock().now() - timedelta(days=n)
    return pendulum.datetime(then.year, then.month, then.day, hour, minute, second, microsecond, tz="UTC")


def date_range(
    start_date: datetime, end_date: datetime | None = None, num: int | None = None, delta: Any = None
) -> list[datetime]:
    """Dates from ``start_date`` by steps of ``delta`` (a timedelta or a cron expression), up to an end or a count."""
    if end_date is not None and num is not None:
        raise ValueError("Give end_date or num, not both.")
    if delta is None:
        return []
    backwards = num is not None and num < 0
    moments: list[datetime] = []
    if isinstance(delta, timedelta):
        current, step = start_date, -delta if backwards else delta
        while len(moments) < abs(num) if num is not None else current <= (end_date or SystemClock().now()):
            moments.append(current)
            current += step
    else:
        cron, zone = CronFields(cron_presets.get(delta, delta)), start_date.tzinfo
        wall = start_date.replace(tzinfo=None) - (timedelta(0) if backwards else timedelta(microseconds=1))
        while (found := cron.before(wall) if backwards else cron.after(wall)) is not None:
            wall, current = found, found.replace(tzinfo=zone)
            if len(moments) >= abs(num) if num is not None else current > (end_date or SystemClock().now()):
                break
            moments.append(current)
    return sorted(moments)


def round_time(dt: datetime, delta: Any, start_date: datetime | None = None) -> datetime:
    """``dt`` moved to the nearest step of ``delta`` counted from ``start_date``."""
    start = start_date or datetime(1970, 1, 1, tzinfo=dt.tzinfo)
    if not isinstance(delta, timedelta):
        found = CronFields(cron_presets.get(delta, delta)).before(dt.replace(tzinfo=None))
        before = found.replace(tzinfo=dt.tzinfo) if found else start
        return before if before >= start else start
    steps = round((dt - start) / delta)
    return start + max(steps, 0) * delta


def infer_time_unit(time_seconds_arr: list[float]) -> str:
    """The largest unit in which the longest of these durations is still above two."""
    longest = max(time_seconds_arr, default=0.0)
    return next((name for name, size in _UNITS if longest > 2 * size), "seconds")


def scale_time_units(time_seconds_arr: list[float], unit: str) -> list[float]:
    """These seconds in another unit."""
    size = dict(_UNITS).get(unit, 1.0)
    return [seconds / size for seconds in time_seconds_arr]


def parse_execution_date(execution_date_str: str) -> datetime:
    """A date from text."""
    moment = datetime.fromisoformat(execution_date_str)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
