"""At the moments of a list."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime

from tradewind.domain.timetables.contract import Due, Interval
from tradewind.domain.timetables.zones import to_moment


class Events:
    """A run at each listed moment. ``restrict_to_events`` gives manual runs the date of the newest event."""

    periodic = False
    can_be_scheduled = True
    active_runs_limit: int | None = None

    def __init__(
        self, event_dates: Sequence[str | datetime], restrict_to_events: bool = False, description: str = ""
    ) -> None:
        self._events = sorted({to_moment(event) for event in event_dates})
        self._restrict = restrict_to_events
        self.summary = description or f"{len(self._events)} events"
        self.description = description or self._span()

    def _span(self) -> str:
        if not self._events:
            return "Never, the list of events is empty"
        return f"{len(self._events)} events between {self._events[0]:%Y-%m-%d} and {self._events[-1]:%Y-%m-%d}"

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
        """The first event not yet run; without catch-up the newest that has come, or else the next to come."""
        at = 0 if last is None else bisect_right(self._events, last.end)
        if earliest is not None:
            at = max(at, bisect_left(self._events, earliest))
        if not catchup:
            at = max(at, bisect_right(self._events, now) - 1)
        if at >= len(self._events) or (latest is not None and self._events[at] > latest):
            return None
        event = self._events[at]
        return Due(event, Interval(event, event), event)

    def manual_interval(self, run_after: datetime) -> Interval:
        """The moment, or the newest event when the timetable is restricted to its events."""
        if self._restrict and self._events:
            moment = self._events[max(0, bisect_right(self._events, run_after) - 1)]
            return Interval(moment, moment)
        return Interval(run_after, run_after)

    def intervals_between(self, start: datetime, end: datetime) -> list[Interval]:
        """The events in the closed range."""
        inside = self._events[bisect_left(self._events, start) : bisect_right(self._events, end)]
        return [Interval(event, event) for event in inside]
