"""The intervals of a schedule within two dates, as its scheduled runs would have them: what a backfill covers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from tradewind.domain.spec import DagSpec
from tradewind.domain.timetables.building import build
from tradewind.domain.timetables.contract import Interval, Timetable
from tradewind.domain.timetables.delta import step_from
from tradewind.errors import InvalidArgument

#: More runs than this are refused: nobody means a year of minutes.
MOST = 100_000


class Stretch(NamedTuple):
    """What lies between two dates, in the order of time, and what of it is left out."""

    intervals: list[Interval]
    before_start: int  #: left out: they lie before the DAG's start date
    after_end: int  #: left out: they lie after the DAG's end date
    unfinished: int  #: left out: they end after now, and the schedule will run them


def intervals_of(spec: DagSpec, first: datetime, last: datetime, now: datetime) -> Stretch:
    """All intervals whose logical date lies in the closed range.

    Raises InvalidArgument for a range that is upside down or too long, and for a DAG without a schedule.
    """
    if last < first:
        raise InvalidArgument(
            f"The range ends ({last.isoformat()}) before it begins ({first.isoformat()}).",
            field="to_date",
            hint="Swap the two dates; newest first is asked for by run_backwards.",
        )
    timetable = build(spec.timetable)
    if not timetable.can_be_scheduled or spec.timetable.kind in ("none", "asset", "continuous"):
        raise InvalidArgument(
            f"DAG {spec.dag_id!r} has no schedule, so there are no intervals to fill.",
            field="dag_id",
            hint="Trigger it instead, with a logical date.",
        )
    found = _between(spec, timetable, first, last)
    starts = [task.start_date for task in spec.tasks if task.start_date is not None]
    start = spec.start_date or (min(starts) if starts else None)
    kept = [interval for interval in found if start is None or interval.start >= start]
    inside = [interval for interval in kept if spec.end_date is None or interval.start <= spec.end_date]
    ended = [interval for interval in inside if interval.end <= now]
    return Stretch(ended, len(found) - len(kept), len(kept) - len(inside), len(inside) - len(ended))


def _between(spec: DagSpec, timetable: Timetable, first: datetime, last: datetime) -> list[Interval]:
    if not timetable.periodic:
        return [i for i in timetable.intervals_between(first, last) if first <= i.start <= last]
    if spec.timetable.kind in ("delta", "delta_trigger"):
        return _steps(spec, timetable, first, last)
    found: list[Interval] = []
    begin, window = first, timedelta(days=31)
    while begin <= last:
        # In pieces, so that a range that is too long is refused before all of it is worked out.
        end = min(last, begin + window)
        piece = timetable.intervals_between(begin, end)
        found.extend(i for i in piece if first <= i.start <= last and (not found or i.start > found[-1].start))
        _check_length(len(found))
        begin, window = end + timedelta(microseconds=1), window * 2
    return found


def _steps(spec: DagSpec, timetable: Timetable, first: datetime, last: datetime) -> list[Interval]:
    """Lengths of time are counted from the start date, as the schedule counts them."""
    step = step_from(spec.timetable.args["delta"])
    anchor = spec.start_date or first
    count = step.count_until(anchor, first)
    found: list[Interval] = []
    moment = step.times(count, anchor)
    while moment <= last or (found and found[-1].start <= last and spec.timetable.kind == "delta_trigger"):
        count += 1
        following = step.times(count, anchor)
        if spec.timetable.kind == "delta":
            interval = Interval(moment, following)
        else:
            interval = timetable.manual_interval(moment)
        if first <= interval.start <= last:
            found.append(interval)
            _check_length(len(found))
        elif interval.start > last:
            break
        moment = following
    return found


def _check_length(count: int) -> None:
    if count > MOST:
        raise InvalidArgument(
            f"The range has more than {MOST:,} intervals.", field="from_date", hint="Fill it in several parts."
        )
