"""Schedules, and the moments at which they are asked for their runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product
from typing import Any, NamedTuple

from dateutil.relativedelta import MO, relativedelta


class Case(NamedTuple):
    """A DAG's schedule; texts are ISO, without offset: wall clock of the zone."""

    schedule: Any
    zone: str
    start: str
    end: str | None
    catchup: bool
    now: str  #: with offset


RUNS = 6
SCHEDULES: dict[str, Any] = {
    "@hourly": "@hourly", "@daily": "@daily", "@weekly": "@weekly", "@monthly": "@monthly", "@quarterly": "@quarterly", "@yearly": "@yearly",
    "30 6 * * 1-5": "30 6 * * 1-5", "*/15 * * * *": "*/15 * * * *", "0 */6 * * *": "0 */6 * * *", "30 2 * * *": "30 2 * * *",
    "0 0 29 2 *": "0 0 29 2 *", "0 0 L * *": "0 0 L * *", "15 14 1 * *": "15 14 1 * *", "0 12 * * SUN": "0 12 * * SUN", "0 9 * * MON#1": "0 9 * * MON#1",
    "0 0 1,15 * 3": "0 0 1,15 * 3", "7/20 3 * * *": "7/20 3 * * *", "59 23 31 12 *": "59 23 31 12 *", "0 0 * * 7": "0 0 * * 7", "0 22-23 * * *": "0 22-23 * * *",
    "6 hours": timedelta(hours=6), "1 day": timedelta(days=1), "90 minutes": timedelta(minutes=90), "7 days": timedelta(weeks=1),
    "1 month": relativedelta(months=1), "monday": relativedelta(weeks=1, weekday=MO(1)), "@once": "@once", "none": None,
}  # fmt: skip
_STARTS = {
    "aligned": ("2024-03-01T00:00", None),
    "odd": ("2024-02-27T13:37:11", None),
    "ended": ("2024-03-01T00:00", "2024-03-04T00:00"),
    "over soon": ("2024-03-01T00:00", "2024-03-01T00:00"),
}
_NOWS = {"later": "2024-03-31T12:34:56+00:00", "before": "2024-01-15T00:00:00+00:00"}


def _cases() -> dict[str, Case]:
    made: dict[str, Case] = {}
    # Every schedule, from an aligned and from an odd start, with and without catch-up.
    for name, start, catchup in product(SCHEDULES, ("aligned", "odd"), (True, False)):
        begin, end = _STARTS[start]
        made[f"{name}|{start}|{'all' if catchup else 'newest'}"] = Case(
            SCHEDULES[name], "UTC", begin, end, catchup, _NOWS["later"]
        )
    # Ends, and a start that lies ahead.
    for name, start, catchup in product(
        ("@daily", "@monthly", "30 6 * * 1-5", "6 hours", "@once"), ("ended", "over soon"), (True, False)
    ):
        begin, end = _STARTS[start]
        made[f"{name}|{start}|{'all' if catchup else 'newest'}"] = Case(
            SCHEDULES[name], "UTC", begin, end, catchup, _NOWS["later"]
        )
    for name, catchup in product(("@daily", "@weekly", "90 minutes", "@once", "1 month"), (True, False)):
        made[f"{name}|ahead|{'all' if catchup else 'newest'}"] = Case(
            SCHEDULES[name], "UTC", "2024-03-01T00:00", None, catchup, _NOWS["before"]
        )
    # Zones, around the changes of their clocks.
    changes = {
        "Europe/Amsterdam": ("2024-03-29T00:00", "2024-10-25T00:00"), "America/New_York": ("2024-03-08T00:00", "2024-11-01T00:00"),
        "Australia/Lord_Howe": ("2024-04-05T00:00", "2024-10-04T00:00"), "Asia/Kathmandu": ("2024-03-01T00:00", "2024-06-01T12:00"),
    }  # fmt: skip
    for zone, starts in changes.items():
        for start, name in product(
            starts,
            (
                "@daily",
                "@hourly",
                "30 2 * * *",
                "30 1 * * *",
                "0 */6 * * *",
                "*/15 * * * *",
                "30 6 * * 1-5",
                "1 day",
                "6 hours",
            ),
        ):
            schedule = SCHEDULES.get(name, name)
            at = datetime.fromisoformat(start) + (
                timedelta(hours=26) if name in {"@hourly", "*/15 * * * *"} else timedelta(0)
            )
            begin = at.isoformat(timespec="minutes")
            now = (at + timedelta(days=4)).isoformat(timespec="minutes") + "+00:00"
            made[f"{name}|{zone}|{start}"] = Case(schedule, zone, begin, None, True, now)
            if name in {"@daily", "30 6 * * 1-5", "1 day"}:
                made[f"{name}|{zone}|{start}|newest"] = Case(schedule, zone, begin, None, False, now)
    return made


CASES = _cases()
#: Moments at which a manual run of each schedule is started.
MANUAL = (
    "2024-03-05T10:11:12+00:00",
    "2024-03-05T00:00:00+00:00",
    "2024-03-31T01:30:00+00:00",
    "2024-02-29T23:59:59.999999+00:00",
)
