"""A run starts at each tick of a cron expression; it covers nothing, or a fixed length of time before the tick."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from tradewind.domain.timetables.contract import Due, Interval
from tradewind.domain.timetables.delta import Step, step_from
from tradewind.domain.timetables.describe import describe
from tradewind.domain.timetables.ticks import NoTick, Ticks, UnionTicks, at_or_after, at_or_before, between, cron_ticks

#: Without a start date: the tick just gone still counts for a tenth of the period, five minutes at the least.
_GRACE = timedelta(minutes=5)


class AtTicks:
    """Triggers at the ticks. The logical date is the start of the interval: the tick itself when ``interval`` is 0."""

    periodic = True
    can_be_scheduled = True
    active_runs_limit: int | None = None

    def __init__(
        self,
        ticks: Ticks,
        summary: str,
        description: str,
        interval: float | dict[str, int] = 0,
        run_immediately: bool | float = False,
    ) -> None:
        self._ticks = ticks
        self._length: Step = step_from(interval)
        self._run_immediately = run_immediately
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
        """See the contract; ``latest`` is compared with the tick."""
        try:
            tick = self._next_tick(last, earliest, catchup, now)
        except NoTick:
            return None
        if latest is not None and tick > latest:
            return None
        interval = self.manual_interval(tick)
        return Due(tick, interval, interval.start)

    def _next_tick(self, last: Interval | None, earliest: datetime | None, catchup: bool, now: datetime) -> datetime:
        ticks = self._ticks
        starts = [] if earliest is None else [at_or_after(ticks, earliest)]
        if last is not None:
            starts.append(ticks.next(last.end))
        if not starts:
            starts.append(self._first(now))
        elif not catchup:
            with suppress(NoTick):  # no tick has come yet
                starts.append(at_or_before(ticks, now))
        return max(starts)

    def _first(self, now: datetime) -> datetime:
        coming = at_or_after(self._ticks, now)
        try:
            gone = at_or_before(self._ticks, now)
        except NoTick:
            return coming
        if self._run_immediately is True:
            return gone
        if self._run_immediately is False:
            grace = max((coming - gone) / 10, _GRACE)
        else:
            grace = timedelta(seconds=self._run_immediately)
        return gone if now - gone <= grace else coming

    def manual_interval(self, run_after: datetime) -> Interval:
        """The given length before the moment."""
        return Interval(self._length.before(run_after), run_after)

    def intervals_between(self, start: datetime, end: datetime) -> list[Interval]:
        """The interval of each tick in the closed range."""
        return [self.manual_interval(tick) for tick in between(self._ticks, start, end)]


class CronTrigger(AtTicks):
    """By one cron expression, or several."""

    def __init__(
        self,
        expression: str | Sequence[str],
        timezone: str = "UTC",
        interval: float | dict[str, int] = 0,
        run_immediately: bool | float = False,
    ) -> None:
        expressions = [expression] if isinstance(expression, str) else list(expression)
        parts = [cron_ticks(one, timezone) for one in expressions]
        super().__init__(
            parts[0] if len(parts) == 1 else UnionTicks(parts),
            ", ".join(expressions),
            "; ".join(describe(part.expression, timezone) for part in parts),
            interval,
            run_immediately,
        )
