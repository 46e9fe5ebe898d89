"""Always: the next run starts when the last has ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from tradewind.domain.timetables.contract import Due, Interval


class Continuous:
    """A run covers the time since the last one; at most one is active."""

    summary = "@continuous"
    description = "As frequently as possible, one run at a time"
    periodic = True
    can_be_scheduled = True
    active_runs_limit: int | None = 1

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
        """From the end of the last run (or the start date) until now."""
        if last is None:
            start = earliest or now
        else:
            start = max(last.end, last.start + timedelta(microseconds=1))  # each run has a logical date of its own
            if earliest is not None:
                start = max(start, earliest)
        end = max(start, now)
        if latest is not None and end > latest:
            return None
        return Due(end, Interval(start, end), start)

    def manual_interval(self, run_after: datetime) -> Interval:
        """The moment itself."""
        return Interval(run_after, run_after)

    def intervals_between(self, start: datetime, end: datetime) -> list[Interval]:
        """One, over the whole range."""
        return [Interval(start, end)]
