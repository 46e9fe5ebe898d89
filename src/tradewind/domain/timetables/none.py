"""No schedule: runs are started by people, the API or other DAGs."""

from __future__ import annotations

from datetime import datetime

from tradewind.domain.timetables.contract import Due, Interval


class NoTimetable:
    """Nothing is ever due."""

    summary = "None"
    description = "Never, external triggers only"
    periodic = False
    can_be_scheduled = False
    active_runs_limit: int | None = None

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
        """Never."""
        return None

    def manual_interval(self, run_after: datetime) -> Interval:
        """The moment itself."""
        return Interval(run_after, run_after)

    def intervals_between(self, start: datetime, end: datetime) -> list[Interval]:
        """None."""
        return []
