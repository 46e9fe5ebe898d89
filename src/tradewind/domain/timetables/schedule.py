"""What a DAG file writes as ``schedule`` becomes a ``TimetableSpec``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tradewind.domain.spec import TimetableSpec
from tradewind.domain.timetables.building import build
from tradewind.domain.timetables.zones import zone_name
from tradewind.errors import InvalidArgument

_PLURAL = ("years", "months", "days", "leapdays", "hours", "minutes", "seconds", "microseconds")
_SINGULAR = ("year", "month", "day", "hour", "minute", "second", "microsecond")


def from_schedule(schedule: object, timezone: object = "UTC") -> TimetableSpec:
    """The spec of a schedule given as preset, cron text, timedelta, relativedelta, None or TimetableSpec.

    ``timezone`` is the zone of the DAG (name or tzinfo): cron expressions are read in it. Raises InvalidArgument with a
    hint for anything else, and for an expression that is wrong or never matches.
    """
    spec = _spec_of(schedule, zone_name(timezone))
    timetable = build(spec)
    return TimetableSpec(kind=spec.kind, args=spec.args, summary=timetable.summary, description=timetable.description)


def _spec_of(schedule: object, timezone: str) -> TimetableSpec:
    if schedule is None:
        return TimetableSpec(kind="none")
    if isinstance(schedule, TimetableSpec):
        return schedule
    if isinstance(schedule, str):
        return _from_text(schedule, timezone)
    if isinstance(schedule, timedelta):
        return TimetableSpec(kind="delta", args={"delta": schedule.total_seconds()}, summary=str(schedule))
    if all(hasattr(schedule, name) for name in (*_PLURAL, *_SINGULAR)):
        return TimetableSpec(kind="delta", args={"delta": relative_fields(schedule)})
    given = "a mapping" if isinstance(schedule, Mapping) else f"{schedule!r} of type {type(schedule).__name__}"
    raise InvalidArgument(
        f"A schedule cannot be {given}.",
        field="schedule",
        hint='Use a preset such as "@daily", a cron expression, a timedelta, a timetable, assets, or None.',
    )


def _from_text(text: str, timezone: str) -> TimetableSpec:
    word = text.strip().lower()
    if word in {"@once", "@continuous"}:
        return TimetableSpec(kind=word[1:])
    if word in {"none", "@none", ""}:
        raise InvalidArgument(
            f"The schedule is the text {text!r}.",
            field="schedule",
            hint="Write schedule=None (without quotes) for a DAG that only runs when triggered.",
        )
    from tradewind.domain.timetables.ticks import (  # noqa: PLC0415  most files need none
        check_ever_matches,
        check_expression,
    )

    check_ever_matches(check_expression(text))
    return TimetableSpec(kind="cron", args={"expression": text.strip(), "timezone": timezone})


def relative_fields(value: object) -> dict[str, Any]:
    """The fields of a relativedelta as JSON values; ``weekday`` as [day, nth]."""
    fields: dict[str, Any] = {name: int(count) for name in _PLURAL if (count := getattr(value, name))}
    fields |= {name: found for name in _SINGULAR if (found := getattr(value, name)) is not None}
    weekday = getattr(value, "weekday", None)
    if weekday is not None:
        fields["weekday"] = [weekday.weekday, weekday.n]
    return fields
