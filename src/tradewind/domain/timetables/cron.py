"""The classic schedule: time is cut at the ticks of a cron expression, and a run covers the piece that just ended."""

from __future__ import annotations

from datetime import datetime

from tradewind.domain.timetables.contract import Due, Interval
from tradewind.domain.timetables.describe import describe
from tradewind.domain.timetables.ticks import at_or_after, at_or_before, between, cron_ticks


class CronDataInterval:
    """A run starts at a tick and covers the time since the tick before."""

    periodic = True
    can_be_scheduled = True
    active_runs_limit: int | None = None

    def __init__(self, expression: str, timezone: str = "UTC") -> None:
        self._ticks = cron_ticks(expression, timezone)
        self.summary = expression
        self.description = describe(self._ticks.expression, timezone)

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
        """See the contract. Without a start date there is nothing to catch up with."""
        ticks = self._ticks
        starts = [] if earliest is None else [at_or_after(ticks, earliest)]
        if not catchup or (earliest is None and last is None):
            starts.append(ticks.prev(at_or_before(ticks, now)))
        if last is not None:
            # After an edit of the schedule the piece in which the last run ended is run as a whole: nothing is left out.
            follows = at_or_before(ticks, last.end)
            starts.append(follows if follows != last.start else ticks.next(follows))
        start = max(starts)
        if latest is not None and start > latest:
            return None
        end = ticks.next(start)
        return Due(end, Interval(start, end), start)

    def manual_interval(self, run_after: datetime) -> Interval:
        """The newest interval that has ended by then."""
        end = at_or_before(self._ticks, run_after)
        return Interval(self._ticks.prev(end), end)

    def intervals_between(self, start: datetime, end: datetime) -> list[Interval]:
        """All intervals whose start lies in the closed range."""
        return [Interval(tick, self._ticks.next(tick)) for tick in between(self._ticks, start, end)]
