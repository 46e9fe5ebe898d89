"""One run, at the start date."""

from __future__ import annotations

from datetime import datetime

from tradewind.domain.timetables.contract import Due, Interval


class Once:
    """Due once, at the start date (or now when there is none), then never again."""

    summary = "@once"
    description = "Once, as soon as possible"
    periodic = False
    can_be_scheduled = True
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
        """The start date, unless it ran."""
        moment = earliest or now
        if last is not None or ran_before or (latest is not None and moment > latest):
            return None
        return Due(moment, Interval(moment, moment), moment)

    def manual_interval(self, run_after: datetime) -> Interval:
        """The moment itself."""
        return Interval(run_after, run_after)

    def intervals_between(self, start: datetime, end: datetime) -> list[Interval]:
        """One, at the start of the range."""
        return [Interval(start, start)]
