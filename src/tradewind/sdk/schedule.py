"""The ``schedule`` argument, understood: from what an author may write to a ``TimetableSpec``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tradewind.domain.spec import TimetableSpec
from tradewind.errors import InvalidArgument, did_you_mean
from tradewind.sdk.asset import AssetExpression, as_expression
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
    if moment is None or spec.kind not in {"cron", "cron_trigger", "delta", "delta_trigger"}:
        return None
    from tradewind.sdk.moments import utc  # noqa: PLC0415  only schedule arithmetic needs it

    if spec.kind.startswith("delta"):
        from tradewind.domain.timetables.delta import step_from  # noqa: PLC0415  loads dateutil

        step = step_from(spec.args["delta"])
        there = utc(moment)
        return None if there is None else step.times(1, there) if forward else step.before(there)
    expression = spec.args["expression"]
    if not isinstance(expression, str):
        return None
    from tradewind.domain.timetables.ticks import cron_ticks  # noqa: PLC0415  most DAG files do no such arithmetic

    ticks = cron_ticks(expression, spec.args.get("timezone", "UTC"))
    return ticks.next(moment) if forward else ticks.prev(moment)


def chosen_schedule(given: Any, timezone: str, dag_id: str) -> Schedule:
    """Understand ``schedule=`` (or an older name of it). AirflowTimetableInvalid says what to write instead."""
    if given is None or (isinstance(given, str) and given in {"@none", "None"}):
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
            args = {"expressions": [_cron_of(item, dag_id) for item in items], "timezone": timezone}
            return Schedule(TimetableSpec(kind="multi", args=args, summary=", ".join(items)))
    if type(given).__name__ == "rrule":
        from tradewind.sdk.calendars import RRule  # noqa: PLC0415  only DAGs with such a schedule

        given = RRule(given)
    if hasattr(given, "to_spec"):
        made: Schedule = given.to_spec(timezone, dag_id)
        return made
    if type(given).__name__ == "relativedelta":
        return _relative(given)
    if hasattr(given, "next_dagrun_info"):
        from tradewind.sdk.timetables import custom_schedule  # noqa: PLC0415  only DAGs with a timetable of their own

        return custom_schedule(given)
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
    if "FREQ=" in text.upper():
        from tradewind.sdk.calendars import RRule  # noqa: PLC0415  only DAGs with such a schedule

        return RRule(text).to_spec(timezone, dag_id)
    return cron_schedule("cron", text, timezone, dag_id)


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


def cron_schedule(kind: str, text: str, timezone: str, dag_id: str, **args: Any) -> Schedule:
    """A schedule by one cron expression or preset."""
    from tradewind.domain.timetables.describe import describe  # noqa: PLC0415  a DAG without a schedule needs none

    expression = _cron_of(text, dag_id)
    given = {"expression": expression, "timezone": timezone, **args}
    return Schedule(TimetableSpec(kind=kind, args=given, summary=text, description=describe(expression, timezone)))


def cron_is_valid(text: str) -> bool:
    """Whether it is a cron expression that matches some day."""
    from tradewind.domain.timetables.ticks import (  # noqa: PLC0415  a DAG without a schedule needs none
        check_ever_matches,
        check_expression,
    )

    try:
        check_ever_matches(check_expression(text))
    except InvalidArgument:
        return False
    return True


def _delta(step: timedelta) -> Schedule:
    args = {"delta": step.total_seconds()}
    return Schedule(TimetableSpec(kind="delta", args=args, summary=str(step), description=f"Every {step}"))


def _relative(step: Any) -> Schedule:
    from tradewind.domain.timetables.schedule import relative_fields  # noqa: PLC0415  only relativedeltas need it

    fields = relative_fields(step)
    text = ", ".join(f"{value} {name}" for name, value in fields.items())
    return Schedule(TimetableSpec(kind="delta", args={"delta": fields}, summary=text, description=f"Every {text}"))


def _assets(expression: AssetExpression) -> Schedule:
    spec = TimetableSpec(kind="asset", summary="Asset", description="When its assets are updated")
    return Schedule(spec, asset_condition=expression)
