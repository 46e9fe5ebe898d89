from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.differential import answers, compare
from tests.differential.cases import timetables as cases
from tradewind.domain.timetables import build
from tradewind.sdk.dag import DAG
from tradewind.sdk.freeze import freeze
from tradewind.sdk.operators.empty import EmptyOperator

TOLD = answers("timetables")
#: D-08: a length of time is counted from the start date (SC-20) with and without catch-up; without, 2.11 counts from 1970.
KNOWN = dict.fromkeys(
    (
        *("6 hours|odd|newest", "1 day|odd|newest", "90 minutes|odd|newest", "7 days|odd|newest", "monday|odd|newest"),
        *("7 days|aligned|newest", "monday|aligned|newest"),
        *(name for name in cases.CASES if name.startswith("1 day|") and "/" in name and name.endswith("|newest")),
    ),
    "D-08",
)
#: D-09: a manual run in the hour after a clock change covers a whole interval; in 2.11 it covers none.
KNOWN_MANUAL = {"30 2 * * * at 2024-03-31T01:30:00+00:00": "D-09"}


def text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def spec_of(case: cases.Case) -> Any:
    zone = ZoneInfo(case.zone)
    with DAG(
        "d", schedule=case.schedule, start_date=datetime.fromisoformat(case.start).replace(tzinfo=zone),
        end_date=datetime.fromisoformat(case.end).replace(tzinfo=zone) if case.end else None, catchup=case.catchup,
    ) as dag:  # fmt: skip
        EmptyOperator(task_id="t")
    return freeze(dag, fileloc="d.py", bundle="b")


def runs(case: cases.Case) -> list[list[str]]:
    spec = spec_of(case)
    timetable, last, told = build(spec.timetable), None, []
    for _ in range(cases.RUNS):
        if not timetable.can_be_scheduled:
            break
        due = timetable.next_due(
            last, earliest=spec.start_date, latest=spec.end_date, catchup=spec.catchup,
            now=datetime.fromisoformat(case.now), ran_before=last is not None,
        )  # fmt: skip
        if due is None:
            break
        last = due.interval
        told.append([text(due.logical_date), text(last.start), text(last.end), text(due.run_after)])
    return told


@pytest.mark.spec("1/CF-16")
def test_a_schedule_plans_the_runs_airflow_plans() -> None:
    compare(((name, TOLD[f"runs {name}"], runs(case)) for name, case in cases.CASES.items()), KNOWN)


@pytest.mark.parametrize("name", list(cases.SCHEDULES))
def test_a_manual_run_covers_the_interval_airflow_gives_it(name: str) -> None:
    case = cases.Case(cases.SCHEDULES[name], "Europe/Amsterdam", "2024-01-01T00:00", None, True, cases.MANUAL[0])
    timetable = build(spec_of(case).timetable)
    pairs = []
    for moment, theirs in zip(cases.MANUAL, TOLD[f"manual {name}"], strict=True):
        found = timetable.manual_interval(datetime.fromisoformat(moment))
        pairs.append((f"{name} at {moment}", theirs, [text(found.start), text(found.end)]))
    compare(pairs, {key: why for key, why in KNOWN_MANUAL.items() if key.startswith(f"{name} at")})
