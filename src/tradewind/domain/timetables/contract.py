"""What a timetable must answer. Pure: same arguments, same answer."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol


class Interval(NamedTuple):
    """A data interval: start inclusive, end exclusive, aware UTC."""

    start: datetime
    end: datetime


class Due(NamedTuple):
    """The next run of a DAG: when it may start and what it covers. Logical date = ``interval.start``."""

    run_after: datetime
    interval: Interval
    #: differs from interval.start only for trigger timetables and custom ones
    logical_date: datetime


class Timetable(Protocol):
    """When a DAG runs."""

    summary: str
    description: str
    periodic: bool  #: False for none, once, events, asset
    can_be_scheduled: bool
    active_runs_limit: int | None

    def next_due(
        self,
        last: Interval | None,
        *,
        earliest: datetime | None,
        latest: datetime | None,
        catchup: bool,
        now: datetime,
        ran_before: bool = False,
    ) -> Due | None:
        """The run after ``last`` (the interval of the newest scheduled run; None = first), within [earliest, latest]
        by logical date; without ``catchup`` the newest interval that has ended by ``now``, at the least after ``last``.
        ``ran_before`` tells @once that it already ran. None: nothing will ever be due.
        """
        ...

    def manual_interval(self, run_after: datetime) -> Interval:
        """The interval a manual run at that moment covers."""
        ...

    def intervals_between(self, start: datetime, end: datetime) -> list[Interval]:
        """All intervals whose logical date lies in the closed range: for backfills."""
        ...
