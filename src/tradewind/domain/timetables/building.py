"""From a ``TimetableSpec`` to a working timetable."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any

import msgspec

from tradewind.domain.spec import TimetableSpec
from tradewind.domain.timetables.contract import Timetable
from tradewind.errors import InvalidArgument, did_you_mean

_ROOM = "tradewind.domain.timetables"

#: Kind -> module of this room and class; loaded on first use: a DAG file needs one or two.
KINDS: dict[str, tuple[str, str]] = {
    "none": (f"{_ROOM}.none", "NoTimetable"),
    "once": (f"{_ROOM}.once", "Once"),
    "continuous": (f"{_ROOM}.continuous", "Continuous"),
    "cron": (f"{_ROOM}.cron", "CronDataInterval"),
    "cron_trigger": (f"{_ROOM}.cron_trigger", "CronTrigger"),
    "multi": (f"{_ROOM}.multi", "MultipleCronTrigger"),
    "delta": (f"{_ROOM}.delta", "DeltaDataInterval"),
    "delta_trigger": (f"{_ROOM}.delta", "DeltaTrigger"),
    "events": (f"{_ROOM}.events", "Events"),
    "business_days": (f"{_ROOM}.business", "business_days"),
    "rrule": (f"{_ROOM}.rrule", "recurrence"),
    "asset": (f"{_ROOM}.asset", "AssetTriggered"),
    "asset_or_time": (f"{_ROOM}.asset", "AssetOrTime"),
}


def build(spec: TimetableSpec) -> Timetable:
    """The timetable a spec describes. Raises InvalidArgument for an unknown kind or unusable arguments.

    Timetables hold no state, so equal specs share one object.
    """
    return _build(msgspec.json.encode(spec, order="deterministic"))


@lru_cache(maxsize=4096)
def _build(text: bytes) -> Timetable:
    spec = msgspec.json.decode(text, type=TimetableSpec)
    place = KINDS.get(spec.kind)
    if place is None:
        raise InvalidArgument(
            f"There is no timetable of kind {spec.kind!r}.",
            field="schedule",
            hint=did_you_mean(spec.kind, KINDS) or f"Use one of {', '.join(sorted(KINDS))}.",
        )
    kind: Any = getattr(import_module(place[0]), place[1])
    try:
        timetable: Timetable = kind(**spec.args)
    except TypeError as trouble:
        raise InvalidArgument(
            f"A timetable of kind {spec.kind!r} does not take the arguments {sorted(spec.args)}.",
            field="schedule",
            hint=str(trouble),
        ) from trouble
    if spec.summary:
        timetable.summary = spec.summary
    if spec.description:
        timetable.description = spec.description
    return timetable
