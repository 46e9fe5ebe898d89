"""Timetables as authors write them, and the base of their own ones."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tradewind.domain.spec import TimetableSpec
from tradewind.domain.timetables.schedule import relative_fields
from tradewind.sdk import moments
from tradewind.sdk.asset import AssetExpression, as_expression
from tradewind.sdk.schedule import Schedule, chosen_schedule, cron_schedule


class DataInterval(NamedTuple):
    """What a run covers."""

    start: Any
    end: Any

    @classmethod
    def exact(cls, at: Any) -> DataInterval:
        """Of no length."""
        return cls(at, at)


class TimeRestriction(NamedTuple):
    """Within which dates runs may be made."""

    earliest: Any
    latest: Any
    catchup: bool


class DagRunInfo(NamedTuple):
    """The next run: from when it may start, and what it covers."""

    run_after: Any
    data_interval: DataInterval

    @classmethod
    def exact(cls, at: Any) -> DagRunInfo:
        """A run at a moment."""
        return cls(at, DataInterval.exact(at))

    @classmethod
    def interval(cls, start: Any, end: Any) -> DagRunInfo:
        """A run after an interval."""
        return cls(end, DataInterval(start, end))

    @property
    def logical_date(self) -> Any:
        """Start of the interval."""
        return self.data_interval.start


class Timetable:
    """Base of timetables authors write: ``infer_manual_data_interval`` and ``next_dagrun_info``."""

    description: str = ""
    periodic: bool = True
    can_be_scheduled: bool = True
    run_ordering: Any = ("data_interval_end", "logical_date")
    active_runs_limit: int | None = None
    asset_condition: AssetExpression | None = None

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Timetable:
        """From what ``serialize`` gave."""
        return cls(**data)

    def serialize(self) -> dict[str, Any]:
        """Arguments as JSON values."""
        return {}

    def validate(self) -> None:
        """Raise AirflowTimetableInvalid when the arguments make no sense."""

    @property
    def summary(self) -> str:
        """What people read."""
        return type(self).__name__

    def infer_manual_data_interval(self, *, run_after: Any) -> DataInterval:
        """What a manual run covers."""
        raise NotImplementedError

    def next_dagrun_info(self, *, last_automated_data_interval: Any, restriction: TimeRestriction) -> Any:
        """The next run, or None."""
        raise NotImplementedError


class _Known:
    """A timetable the brain knows: only its arguments matter."""

    def to_spec(self, timezone: str, dag_id: str) -> Schedule:
        """What the brain needs."""
        raise NotImplementedError


def _zone_text(timezone: Any, fallback: str) -> str:
    if timezone is None:
        return fallback
    return str(getattr(timezone, "name", None) or getattr(timezone, "key", None) or timezone)


def _length(value: Any) -> Any:
    if value is None:
        return 0
    if isinstance(value, (timedelta, int, float)):
        return moments.seconds(value, "interval")
    return relative_fields(value)


class CronDataIntervalTimetable(_Known):
    """By a cron expression; a run covers the time between two ticks."""

    def __init__(self, cron: str, timezone: Any = None) -> None:
        self.cron, self.timezone = cron, timezone

    def to_spec(self, timezone: str, dag_id: str) -> Schedule:
        """What the brain needs."""
        return cron_schedule("cron", self.cron, _zone_text(self.timezone, timezone), dag_id)


class CronTriggerTimetable(_Known):
    """By a cron expression; a run starts at the tick and covers ``interval`` before it (default: nothing)."""

    def __init__(self, cron: str, *, timezone: Any = None, interval: Any = None, run_immediately: Any = False) -> None:
        self.cron, self.timezone, self.interval, self.run_immediately = cron, timezone, interval, run_immediately

    def to_spec(self, timezone: str, dag_id: str) -> Schedule:
        """What the brain needs."""
        return cron_schedule(
            "cron_trigger", self.cron, _zone_text(self.timezone, timezone), dag_id,
            interval=_length(self.interval), run_immediately=_moment_choice(self.run_immediately),
        )  # fmt: skip


def _moment_choice(value: Any) -> Any:
    return value.total_seconds() if isinstance(value, timedelta) else bool(value)


class MultipleCronTriggerTimetable(_Known):
    """By several cron expressions."""

    def __init__(self, *crons: str, timezone: Any = None, interval: Any = None, run_immediately: Any = False) -> None:
        if not crons:
            raise ValueError("cron expression required")
        self.crons, self.timezone, self.interval, self.run_immediately = crons, timezone, interval, run_immediately

    def to_spec(self, timezone: str, dag_id: str) -> Schedule:
        """What the brain needs."""
        schedule = chosen_schedule(list(self.crons), _zone_text(self.timezone, timezone), dag_id)
        args = {
            **schedule.spec.args,
            "interval": _length(self.interval),
            "run_immediately": _moment_choice(self.run_immediately),
        }
        return Schedule(TimetableSpec(kind="multi", args=args, summary=schedule.spec.summary))


class DeltaDataIntervalTimetable(_Known):
    """Every so long; a run covers the time between."""

    def __init__(self, delta: Any) -> None:
        self.delta = delta

    def to_spec(self, timezone: str, dag_id: str) -> Schedule:
        """What the brain needs."""
        return chosen_schedule(self.delta, timezone, dag_id)


class DeltaTriggerTimetable(_Known):
    """Every so long; a run starts at the tick."""

    def __init__(self, delta: Any, *, interval: Any = None) -> None:
        self.delta, self.interval = delta, interval

    def to_spec(self, timezone: str, dag_id: str) -> Schedule:
        """What the brain needs."""
        known = chosen_schedule(self.delta, timezone, dag_id).spec
        args = {**known.args, "interval": _length(self.interval)}
        return Schedule(
            TimetableSpec(kind="delta_trigger", args=args, summary=known.summary, description=known.description)
        )


class EventsTimetable(_Known):
    """At listed moments."""

    def __init__(
        self,
        event_dates: Collection[datetime],
        restrict_to_events: bool = False,
        presorted: bool = False,
        description: str | None = None,
    ) -> None:
        del presorted
        self.event_dates, self.restrict_to_events, self.description = list(event_dates), restrict_to_events, description

    def to_spec(self, timezone: str, dag_id: str) -> Schedule:
        """What the brain needs."""
        del timezone, dag_id
        dates = sorted(known.isoformat() for known in map(moments.utc, self.event_dates) if known is not None)
        text = self.description or f"{len(dates)} events"
        args = {
            "event_dates": dates,
            "restrict_to_events": self.restrict_to_events,
            "description": self.description or "",
        }
        return Schedule(TimetableSpec(kind="events", args=args, summary=text, description=text))


class AssetOrTimeSchedule(_Known):
    """By a timetable, and also when assets are updated."""

    def __init__(self, *, timetable: Any, assets: Any = None, datasets: Any = None) -> None:
        self.timetable, self.assets = timetable, as_expression(assets if assets is not None else datasets)

    def to_spec(self, timezone: str, dag_id: str) -> Schedule:
        """What the brain needs."""
        inner = chosen_schedule(self.timetable, timezone, dag_id).spec
        args = {
            "timetable": {
                "kind": inner.kind, "args": inner.args, "summary": inner.summary, "description": inner.description
            }
        }  # fmt: skip
        spec = TimetableSpec(kind="asset_or_time", args=args, summary=f"Asset or {inner.summary}")
        return Schedule(spec, asset_condition=self.assets)


class NullTimetable(_Known):
    """Never."""

    def to_spec(self, timezone: str, dag_id: str) -> Schedule:
        """What the brain needs."""
        return chosen_schedule(None, timezone, dag_id)


class OnceTimetable(_Known):
    """Once."""

    def to_spec(self, timezone: str, dag_id: str) -> Schedule:
        """What the brain needs."""
        return chosen_schedule("@once", timezone, dag_id)


class ContinuousTimetable(_Known):
    """Again as soon as a run ended."""

    def to_spec(self, timezone: str, dag_id: str) -> Schedule:
        """What the brain needs."""
        return chosen_schedule("@continuous", timezone, dag_id)


#: How many future runs of an author's own timetable are worked out while the file is parsed.
_AHEAD = 64


def custom_schedule(timetable: Any) -> Schedule:
    """An author's own timetable. The brain runs no user code, so its next runs are listed when the file is parsed."""
    timetable.validate()
    summary = str(getattr(timetable, "summary", "") or type(timetable).__name__)
    spec = TimetableSpec(
        kind="none", summary=summary, description=str(getattr(timetable, "description", "") or summary)
    )
    return Schedule(spec, timetable=timetable, active_runs_limit=getattr(timetable, "active_runs_limit", None))


def listed_runs(timetable: Any, earliest: datetime | None, latest: datetime | None, catchup: bool) -> list[str]:
    """Logical dates of the runs an author's timetable makes, at most ``_AHEAD`` of them."""
    restriction = TimeRestriction(moments.stamp(earliest), moments.stamp(latest), catchup)
    dates: list[str] = []
    last: Any = None
    for _ in range(_AHEAD):
        info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
        if info is None:
            break
        moment = moments.utc(info.run_after)
        if moment is None:
            break
        dates.append(moment.isoformat())
        last = info.data_interval
    return dates
