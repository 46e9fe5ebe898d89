"""The classic schedule: time is cut at the ticks of a cron expression, and a run covers the piece that just ended."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from tradewind.domain.timetables.contract import Due, Interval
from tradewind.domain.timetables.describe import describe
from tradewind.domain.timetables.ticks import NoTick, Ticks, at_or_after, at_or_before, between, cron_ticks


class BetweenTicks:
    """A run starts at a tick and covers the time since the tick before."""

    periodic = True
    can_be_scheduled = True
    active_runs_limit: int | None = None

    def __init__(self, ticks: Ticks, summary: str, description: str) -> None:
        self._ticks = ticks
        self.summary = summary
        self.description = description

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
        try:
            return self._next_due(last, earliest, latest, catchup, now)
        except NoTick:
            return None

    def _next_due(
        self, last: Interval | None, earliest: datetime | None, latest: datetime | None, catchup: bool, now: datetime
    ) -> Due | None:
        ticks = self._ticks
        starts = [] if earliest is None else [at_or_after(ticks, earliest)]
        if not catchup or (earliest is None and last is None):
            with suppress(NoTick):  # no interval of the series has ended yet
                starts.append(ticks.prev(at_or_before(ticks, now)))
            starts = starts or [at_or_after(ticks, now)]
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
        """The newest interval that has ended by then; the moment itself before the first."""
        try:
            end = at_or_before(self._ticks, run_after)
            return Interval(self._ticks.prev(end), end)
        except NoTick:
            return Interval(run_after, run_after)

    def intervals_between(self, start: datetime, end: datetime) -> list[Interval]:
        """All intervals whose start lies in the closed range."""
        found: list[Interval] = []
        with suppress(NoTick):  # the last tick of a series that ends begins nothing
            found.extend(Interval(tick, self._ticks.next(tick)) for tick in between(self._ticks, start, end))
        return found


class CronDataInterval(BetweenTicks):
    """By a cron expression."""

    def __init__(self, expression: str, timezone: str = "UTC") -> None:
        ticks = cron_ticks(expression, timezone)
        super().__init__(ticks, expression, describe(ticks.expression, timezone))
