"""By a recurrence rule of iCalendar (RFC 5545): "every second Tuesday", "the last working day of a quarter"."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from dateutil.rrule import rrulestr

from tradewind.domain.timetables.contract import Timetable
from tradewind.domain.timetables.cron import BetweenTicks
from tradewind.domain.timetables.cron_trigger import AtTicks
from tradewind.domain.timetables.ticks import WallTicks
from tradewind.errors import InvalidArgument

_HOURLY = re.compile(r"FREQ=(HOURLY|MINUTELY|SECONDLY)", re.IGNORECASE)
_HINT = 'Write for example "DTSTART:20260105T060000\\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO".'


class RuleWalls:
    """The wall-clock times of a rule, worked out as far as they were asked for."""

    def __init__(self, rule: Any, *, each_hour: bool) -> None:
        self.each_hour = each_hour
        self._rest: Iterator[datetime] = iter(rule)
        self._known: list[datetime] = []
        self._over = False

    def _reach(self, wall: datetime) -> None:
        """Until one lies behind ``wall``."""
        while not self._over and (not self._known or self._known[-1] <= wall):
            found = next(self._rest, None)
            if found is None:
                self._over = True
            else:
                self._known.append(found.replace(tzinfo=None))

    def after(self, wall: datetime) -> datetime | None:
        """The first after this one."""
        self._reach(wall)
        at = bisect_right(self._known, wall)
        return self._known[at] if at < len(self._known) else None

    def before(self, wall: datetime) -> datetime | None:
        """The last before this one."""
        self._reach(wall)
        at = bisect_left(self._known, wall) - 1
        return self._known[at] if at >= 0 else None


def recurrence(rule: str, timezone: str = "UTC", interval: float | dict[str, int] | None = 0) -> Timetable:
    """A run starts at an occurrence and covers ``interval`` before it; None: the time since the one before."""
    ticks = WallTicks(RuleWalls(parse(rule), each_hour=bool(_HOURLY.search(rule))), timezone)
    lines = [line for line in rule.split() if not line.upper().startswith("DTSTART")]
    summary = " ".join(line.upper().removeprefix("RRULE:") for line in lines)
    text = f"By the rule {summary}" + ("" if timezone.upper() == "UTC" else f" ({timezone})")
    if interval is None:
        return BetweenTicks(ticks, summary, text)
    return AtTicks(ticks, summary, text, interval)


def parse(rule: str) -> Any:
    """The rule (or set of rules) of a text; its times are wall-clock times. InvalidArgument with a hint."""
    text = "\n".join(line.strip() for line in rule.strip().splitlines() if line.strip())
    if "DTSTART" not in text.upper():
        raise InvalidArgument(
            f"The recurrence rule {rule!r} does not say when it begins.",
            field="schedule",
            hint=f"It needs a DTSTART. {_HINT}",
        )
    try:
        # A zone in the text would be counted twice: the times are read in the zone of the DAG.
        return rrulestr(
            re.sub(r"(DTSTART)(;TZID=[^:]+)?:(\d{8}(T\d{6})?)Z?", r"\1:\3", text, flags=re.IGNORECASE), ignoretz=True
        )
    except (ValueError, TypeError, KeyError, AttributeError) as trouble:
        raise InvalidArgument(
            f"The recurrence rule {rule!r} is not understood: {trouble}", field="schedule", hint=_HINT
        ) from trouble
