"""Every so long: a length of time, anchored on the start date and not on the calendar."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from dateutil.relativedelta import MO, relativedelta

from tradewind.domain.timetables.contract import Due, Interval
from tradewind.errors import InvalidArgument

#: What a relativedelta may carry. Singular names are absolute ("on day 1"), plural ones are added.
PLURAL = ("years", "months", "days", "leapdays", "hours", "minutes", "seconds", "microseconds")
SINGULAR = ("year", "month", "day", "hour", "minute", "second", "microsecond")


class Step:
    """A length of time, in seconds or in calendar units."""

    def __init__(self, length: timedelta | relativedelta) -> None:
        self.length = length

    def times(self, count: int, anchor: datetime) -> datetime:
        """``anchor`` moved by ``count`` steps. Months are counted from the anchor, so the 31st stays the 31st."""
        moved: datetime = anchor + self.length * count if count else anchor
        return moved

    def before(self, moment: datetime) -> datetime:
        """One step earlier."""
        earlier: datetime = moment - self.length
        return earlier

    def count_until(self, anchor: datetime, moment: datetime) -> int:
        """The largest number of steps that does not pass ``moment``; 0 when it lies before the anchor."""
        typical = max((self.times(24, anchor) - anchor) / 24, timedelta(microseconds=1))
        count = max(0, int((moment - anchor) / typical))
        while count and self.times(count, anchor) > moment:
            count -= 1
        while self.times(count + 1, anchor) <= moment:
            count += 1
        return count

    def __str__(self) -> str:
        return str(self.length)


def step_from(value: float | dict[str, int]) -> Step:
    """A step from seconds, or from the fields of a relativedelta ({"months": 1, "weekday": [0, 2]})."""
    if isinstance(value, (int, float)):
        return Step(timedelta(seconds=value))
    fields = dict(value)
    weekday = fields.pop("weekday", None)
    unknown = fields.keys() - set(PLURAL) - set(SINGULAR)
    if unknown:
        raise InvalidArgument(
            f"A schedule cannot use {sorted(unknown)}.", field="schedule", hint="Use a relativedelta."
        )
    if isinstance(weekday, (list, tuple)):
        day, nth = weekday
        return Step(relativedelta(**fields, weekday=type(MO)(day, nth)))
    return Step(relativedelta(**fields))


class DeltaDataInterval:
    """A run starts when a step has passed and covers that step."""

    periodic = True
    can_be_scheduled = True
    active_runs_limit: int | None = None

    def __init__(self, delta: float | dict[str, int]) -> None:
        self._step = step_from(delta)
        probe = datetime(2000, 1, 1)  # noqa: DTZ001  only lengths are compared
        if not probe < self._step.times(1, probe) < self._step.times(2, probe):
            raise InvalidArgument(
                f"A schedule must move forward, not by {self._step}.",
                field="schedule",
                hint="Use a positive timedelta such as timedelta(days=1).",
            )
        self.summary = str(self._step)
        self.description = f"Every {describe_length(delta)}"

    def _grid(self, last: Interval | None, earliest: datetime | None, now: datetime) -> tuple[datetime, int]:
        """The anchor, and how many steps after it the next interval starts."""
        if last is None:
            return (earliest, 0) if earliest is not None else (self._step.before(now), 0)
        if earliest is not None and earliest >= last.end:
            return earliest, 0
        if earliest is not None:
            count = self._step.count_until(earliest, last.end)
            if self._step.times(count, earliest) == last.end:
                return earliest, count
        return last.end, 0  # the start date or the schedule was edited: go on where the last run ended

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
        """See the contract."""
        anchor, count = self._grid(last, earliest, now)
        if not catchup:
            count = max(count, self._step.count_until(anchor, now) - 1)
        interval = Interval(self._step.times(count, anchor), self._step.times(count + 1, anchor))
        if latest is not None and interval.start > latest:
            return None
        return Due(interval.end, interval, interval.start)

    def manual_interval(self, run_after: datetime) -> Interval:
        """The step before the moment."""
        return Interval(self._step.before(run_after), run_after)

    def intervals_between(self, start: datetime, end: datetime) -> list[Interval]:
        """Steps from ``start`` on."""
        count = self._step.count_until(start, end)
        edges = [self._step.times(number, start) for number in range(count + 2)]
        return [Interval(first, second) for first, second in pairwise(edges) if first <= end]


class DeltaTrigger(DeltaDataInterval):
    """A run starts at the start date and each time a step has passed; it covers ``interval`` before that moment."""

    def __init__(self, delta: float | dict[str, int], interval: float | dict[str, int] = 0) -> None:
        super().__init__(delta)
        self._length = step_from(interval)

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
        """See the contract; ``latest`` is compared with the moment of the run."""
        anchor = max(moment for moment in (earliest, last and last.end) if moment) if earliest or last else now
        count = 1 if last is not None and anchor == last.end else 0
        if not catchup:
            count = max(count, self._step.count_until(anchor, now))
        moment = self._step.times(count, anchor)
        if latest is not None and moment > latest:
            return None
        interval = self.manual_interval(moment)
        return Due(moment, interval, interval.start)

    def manual_interval(self, run_after: datetime) -> Interval:
        """The given length before the moment."""
        return Interval(self._length.before(run_after), run_after)

    def intervals_between(self, start: datetime, end: datetime) -> list[Interval]:
        """One per step from ``start`` on."""
        count = self._step.count_until(start, end)
        return [self.manual_interval(self._step.times(number, start)) for number in range(count + 1)]


def describe_length(value: float | dict[str, int]) -> str:
    """A length in words: "2 hours", "1 month and 3 days"."""
    parts: list[tuple[str, float]] = []
    fixed: list[str] = []
    if isinstance(value, dict):
        parts = [(unit, count) for unit in PLURAL if (count := value.get(unit))]
        fixed = [f"{unit} {value[unit]}" for unit in SINGULAR if value.get(unit) is not None]
    else:
        rest = round(value, 6)
        for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
            whole, rest = divmod(rest, size)
            parts.append((unit, int(whole)))
        parts.append(("seconds", int(rest) if rest == int(rest) else rest))
    words = [f"{count} {unit.removesuffix('s') if count == 1 else unit}" for unit, count in parts if count]
    if len(words) == 1 and words[0].startswith("1 "):
        words = [words[0][2:]]
    text = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words) or "0 seconds"
    return f"{text} (at {', '.join(fixed)})" if fixed else text
