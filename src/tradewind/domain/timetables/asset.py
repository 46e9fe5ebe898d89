"""Runs that assets start; with or without a clock beside them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from tradewind.domain.spec import TimetableSpec
from tradewind.domain.timetables.building import build
from tradewind.domain.timetables.contract import Due, Interval
from tradewind.domain.timetables.none import NoTimetable


class AssetTriggered(NoTimetable):
    """Never due by the clock; the asset expression of the DAG starts it."""

    summary = "Asset"
    description = "Triggered by assets"


class AssetOrTime:
    """Due by the inner timetable; the asset expression of the DAG starts it as well."""

    def __init__(self, timetable: dict[str, Any]) -> None:
        inner = build(msgspec.convert(timetable, TimetableSpec))
        self._inner = inner
        self.summary = f"Asset or {inner.summary}"
        self.description = f"Triggered by assets or {inner.description[:1].lower()}{inner.description[1:]}"
        self.periodic = inner.periodic
        self.can_be_scheduled = inner.can_be_scheduled
        self.active_runs_limit = inner.active_runs_limit

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
        """What the inner timetable says."""
        return self._inner.next_due(
            last, earliest=earliest, latest=latest, catchup=catchup, now=now, ran_before=ran_before
        )

    def manual_interval(self, run_after: datetime) -> Interval:
        """What the inner timetable says."""
        return self._inner.manual_interval(run_after)

    def intervals_between(self, start: datetime, end: datetime) -> list[Interval]:
        """What the inner timetable says."""
        return self._inner.intervals_between(start, end)
