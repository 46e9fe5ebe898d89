"""The ``schedule`` argument, understood: from what an author may write to a ``TimetableSpec``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tradewind.domain.spec import TimetableSpec
from tradewind.errors import did_you_mean
from tradewind.sdk.asset import Asset, AssetExpression, as_expression
from tradewind.sdk.exceptions import AirflowTimetableInvalid

PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_SPECIAL = ("@once", "@continuous", "@none")


@dataclass
class Schedule:
    """A schedule as the brain will see it, and the author's own timetable object if there is one."""

    spec: TimetableSpec
    timetable: Any = None
    asset_condition: AssetExpression | None = None
    active_runs_limit: int | None = None

    @property
    def summary(self) -> str:
        """What people read."""
        return self.spec.summary

    @property
    def can_be_scheduled(self) -> bool:
        """Whether runs start by themselves."""
        return self.spec.kind != "none"

    def following(self, moment: datetime | None) -> datetime | None:
        """The next tick after ``moment``."""
        return _step(self.spec, moment, forward=True)

    def previous(self, moment: datetime | None) -> datetime | None:
        """The last tick before ``moment``."""
        return _step(self.spec, moment, forward=False)


def _step(spec: TimetableSpec, moment: datetime | None, *, forward: bool) -> datetime | None:
    if moment is None:
        return None
    if spec.kind == "delta":
        from tradewind.sdk.moments import utc  # noqa: PLC0415  only here

        step = timedelta(seconds=spec.args["seconds"])
        there = utc(moment)
        return None if there is None else (there + step if forward else there - step)
    if spec.kind in {"cron", "cron_trigger"}:
        from croniter import croniter  # noqa: PLC0415  heavy; only tasks that do schedule arithmetic need it

        from tradewind.sdk.moments import utc, zone  # noqa: PLC0415  only here

        local = moment.astimezone(zone(spec.args.get("timezone", "UTC")))
        ticks = croniter(spec.args["expression"], local)
        return utc(ticks.get_next(datetime) if forward else ticks.get_prev(datetime))
    return None


def chosen_schedule(given: Any, timezone: str, dag_id: str) -> Schedule:
    """Understand ``schedule=`` (or an older name of it). AirflowTimetableInvalid says what to write instead."""
    if given is None or given == "@none" or given == "None":
        return Schedule(TimetableSpec(kind="none", summary="None", description="Never, unless triggered"))
    if isinstance(given, str):
        return _from_text(given.strip(), timezone, dag_id)
    if isinstance(given, timedelta):
        if given <= timedelta(0):
            raise AirflowTimetableInvalid(f"DAG {dag_id!r}: the schedule interval must be positive, not {given}.")
        return _delta(given)
    if isinstance(given, AssetExpression):
        return _assets(given)
    if isinstance(given, (list, tuple, set, frozenset)):
        items = list(given)
        if items and all(isinstance(item, AssetExpression) for item in items):
            return _assets(as_expression(items))
        if items and all(isinstance(item, str) for item in items):
            expressions = [_cron_of(item, dag_id) for item in items]
            args = {"expressions": expressions, "timezone": timezone}
            return Schedule(TimetableSpec(kind="multi", args=args, summary=", ".join(items)))
    if hasattr(given, "to_spec"):
        made: Schedule = given.to_spec(timezone, dag_id)
        return made
    if type(given).__name__ == "relativedelta":
        return _relative(given)
    if hasattr(given, "next_dagrun_info"):
        from tradewind.sdk.timetables import custom_schedule  # noqa: PLC0415  only DAGs with a timetable of their own

        return custom_schedule(given)
    if isinstance(given, Asset):
        return _assets(given)
    raise AirflowTimetableInvalid(
        f"DAG {dag_id!r}: {given!r} of type {type(given).__name__} is not a valid schedule. Write a cron expression, a "
        f"preset such as '@daily', a timedelta, a timetable, assets, or None."
    )


def _from_text(text: str, timezone: str, dag_id: str) -> Schedule:
    if text == "@once":
        return Schedule(TimetableSpec(kind="once", summary="@once", description="Once, as soon as possible"))
    if text == "@continuous":
        spec = TimetableSpec(kind="continuous", summary="@continuous", description="As soon as the previous run ends")
        return Schedule(spec, active_runs_limit=1)
    expression = _cron_of(text, dag_id)
    spec = TimetableSpec(kind="cron", args={"expression": expression, "timezone": timezone}, summary=text)
    return Schedule(spec)


def _cron_of(text: str, dag_id: str) -> str:
    if text.startswith("@"):
        if text not in PRESETS:
            guess = did_you_mean(text, [*PRESETS, *_SPECIAL])
            raise AirflowTimetableInvalid(
                f"DAG {dag_id!r}: there is no schedule preset {text!r}. {guess or ''}".strip()
            )
        return PRESETS[text]
    if not cron_is_valid(text):
        raise AirflowTimetableInvalid(
            f"DAG {dag_id!r}: {text!r} is not a valid cron expression. "
            f"Write five fields: minute hour day-of-month month day-of-week, for example '0 6 * * MON-FRI'."
        )
    return text


def cron_is_valid(text: str) -> bool:
    """Whether it is a cron expression of five (or, with seconds, six) fields."""
    fields = text.split()
    if len(fields) not in {5, 6}:
        return False
    if all(field == "*" or field.isdigit() for field in fields[:5]) and len(fields) == 5:
        limits = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
        return all(f == "*" or low <= int(f) <= high for f, (low, high) in zip(fields, limits, strict=True))
    from croniter import croniter  # noqa: PLC0415  heavy; simple expressions are checked above

    return bool(croniter.is_valid(text))


def _delta(step: timedelta) -> Schedule:
    spec = TimetableSpec(
        kind="delta", args={"seconds": step.total_seconds()}, summary=str(step), description=f"Every {step}"
    )
    return Schedule(spec)


def _relative(step: Any) -> Schedule:
    names = ("years", "months", "days", "hours", "minutes", "seconds", "microseconds")
    parts = {name: getattr(step, name) for name in names if getattr(step, name)}
    text = ", ".join(f"{value} {name}" for name, value in parts.items())
    return Schedule(TimetableSpec(kind="delta", args={"relative": parts}, summary=text, description=f"Every {text}"))


def _assets(expression: AssetExpression) -> Schedule:
    spec = TimetableSpec(kind="asset", summary="Asset", description="When its assets are updated")
    return Schedule(spec, asset_condition=expression)
