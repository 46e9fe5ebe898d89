"""Run creation: DAGs with a schedule, and the moments at which a scheduler looks at them.

A world is a list of moments; at each the files are parsed again and the scheduler makes every run that is due. Between
moments it does not run, as in an outage. Some DAGs are switched off for a while, and some files are edited.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product
from random import Random
from typing import Any, NamedTuple

from dateutil.relativedelta import relativedelta


class World(NamedTuple):
    """When the scheduler looks (ISO, UTC), and the grain of what is asked in it."""

    moments: tuple[str, ...]
    schedules: tuple[str, ...]
    starts: tuple[str, ...]  #: wall clock of the DAG's zone
    ends: tuple[str | None, ...]


class Case(NamedTuple):
    """One DAG in one world."""

    world: str
    schedule: str
    zone: str
    start: str
    end: str | None
    catchup: bool
    off: tuple[int, int] | None = None  #: switched off from the first of these looks until before the second
    edited: tuple[int, str] | None = None  #: from this look on the file has this schedule


SCHEDULES: dict[str, Any] = {
    **{name: name for name in ("@hourly", "@daily", "@weekly", "@monthly", "@yearly", "@once")},
    **{
        name: name
        for name in (
            *("*/20 * * * *", "5 * * * *", "0 */6 * * *", "30 2 * * *", "30 1 * * *", "15 1,2,3 * * *"),
            *("30 6 * * 1-5", "0 0 1,15 * *", "45 23 * * SAT", "0 0 L * *", "0 9 * * MON#1"),
        )
    },
    "6 hours": timedelta(hours=6),
    "90 minutes": timedelta(minutes=90),
    "1 day": timedelta(days=1),
    "7 days": timedelta(weeks=1),
    "1 month": relativedelta(months=1),
}
_SHORT = ("@hourly", "*/20 * * * *", "5 * * * *", "0 */6 * * *", "15 1,2,3 * * *", "30 2 * * *", "30 1 * * *")
WORLDS: dict[str, World] = {
    # Over the change of the clocks in Europe and America, an hour and a half-hour, in small steps and one long gap.
    "spring": World(
        ("2024-03-30T12:07:03", "2024-03-30T22:00:00", "2024-03-31T00:59:59", "2024-03-31T01:30:00", "2024-03-31T02:00:00", "2024-03-31T09:10:00", "2024-04-01T04:00:00", "2024-04-02T00:00:01"),
        (*_SHORT, "6 hours", "90 minutes", "1 day", "@daily"),
        ("2024-03-30T00:00", "2024-03-30T05:17"),
        (None, "2024-03-31T06:00"),
    ),
    "autumn": World(
        ("2024-11-02T12:07:03", "2024-11-03T04:59:00", "2024-11-03T05:30:00", "2024-11-03T06:30:00", "2024-11-03T07:00:00", "2024-11-03T23:10:00", "2024-11-04T11:00:00"),
        (*_SHORT, "6 hours", "90 minutes", "1 day", "@daily"),
        ("2024-11-02T00:00", "2024-11-02T05:17"),
        (None, "2024-11-03T06:00"),
    ),
    # Weeks and months, looked at rarely; starts in the past, at a look, and ahead.
    "months": World(
        ("2024-01-10T08:00:00", "2024-01-11T00:00:00", "2024-01-31T23:59:59", "2024-02-01T00:00:00", "2024-02-29T12:00:00", "2024-04-15T06:30:00", "2024-04-16T06:29:59"),
        ("@daily", "@weekly", "@monthly", "@yearly", "@once", "30 6 * * 1-5", "0 0 1,15 * *", "45 23 * * SAT", "0 0 L * *", "0 9 * * MON#1", "7 days", "1 month", "1 day"),
        ("2023-12-28T00:00", "2024-01-11T00:00", "2023-12-30T14:45", "2024-02-10T03:00"),
        (None, "2024-02-01T00:00", "2024-01-05T00:00"),
    ),
}  # fmt: skip
ZONES = {
    "spring": ("UTC", "Europe/Amsterdam", "Africa/Casablanca"),
    "autumn": ("UTC", "America/New_York", "America/St_Johns"),
    "months": ("UTC", "Europe/Amsterdam", "Asia/Kathmandu", "Pacific/Auckland"),
}


def _cases() -> dict[str, Case]:
    rng, made = Random(211), {}
    for name, world in WORLDS.items():
        everything = list(product(world.schedules, ZONES[name], world.starts, world.ends, (True, False)))
        # Each schedule with and without catch-up, zone and dates drawn; then some of all the rest.
        for schedule, catchup in product(world.schedules, (True, False)):
            chosen = [c for c in everything if c[0] == schedule and c[4] is catchup]
            for _, zone, start, end, _ in rng.sample(chosen, 3):
                case = Case(name, schedule, zone, start, end, catchup)
                made["|".join(map(str, case[:6]))] = case
    for number, key in enumerate(rng.sample(sorted(made), 36)):
        case = made[key]
        if number % 2:
            off = (2, 5) if number % 4 == 1 else (1, 4)
            made[f"{key}|off {off[0]}-{off[1]}"] = case._replace(off=off)
        else:
            other = rng.choice([s for s in WORLDS[case.world].schedules if s not in {case.schedule, "@once"}])
            made[f"{key}|then {other}"] = case._replace(edited=(4, other))
    return made


CASES = _cases()


def dag_id(number: int) -> str:
    """Of the case with that number."""
    return f"d{number:03d}"


def schedule_at(case: Case, look: int) -> Any:
    """What the file says at that look."""
    return SCHEDULES[case.edited[1] if case.edited and look >= case.edited[0] else case.schedule]


def is_off(case: Case, look: int) -> bool:
    """Whether the DAG is switched off at that look."""
    return case.off is not None and case.off[0] <= look < case.off[1]


def text(moment: datetime) -> str:
    """UTC to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
