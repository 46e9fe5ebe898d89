"""Timetables: the next run after the next run, as Airflow's DAG tells its scheduler."""

from __future__ import annotations

from typing import Any

import pendulum
import time_machine
from airflow.models.dag import DAG
from airflow.operators.empty import EmptyOperator

from tests.differential.cases import timetables as cases


def dag_of(case: cases.Case) -> DAG:
    """A DAG with that schedule."""
    zone = pendulum.timezone(case.zone)
    with DAG(
        "d", schedule=case.schedule, start_date=pendulum.parse(case.start, tz=zone), catchup=case.catchup,
        end_date=pendulum.parse(case.end, tz=zone) if case.end else None,
    ) as dag:  # fmt: skip
        EmptyOperator(task_id="t")
    return dag


def text(moment: Any) -> str:
    """UTC."""
    return moment.in_timezone("UTC").strftime("%Y-%m-%dT%H:%M:%S")


def runs(case: cases.Case) -> list[list[str]]:
    """[logical date, start, end, run after] of the first runs, all planned at the same moment."""
    dag, last, told = dag_of(case), None, []
    with time_machine.travel(pendulum.parse(case.now), tick=False):
        for _ in range(cases.RUNS):
            info = dag.next_dagrun_info(last)
            if info is None:
                break
            last = info.data_interval
            told.append([text(info.logical_date), text(last.start), text(last.end), text(info.run_after)])
    return told


def manual(schedule: Any, moment: str) -> list[str]:
    """The interval a manual run covers."""
    dag = dag_of(cases.Case(schedule, "Europe/Amsterdam", "2024-01-01T00:00", None, True, moment))
    found = dag.timetable.infer_manual_data_interval(run_after=pendulum.parse(moment))
    return [text(found.start), text(found.end)]


def ask() -> Any:
    """runs: case -> runs; manual: schedule -> moment -> interval."""
    told = {f"runs {name}": runs(case) for name, case in cases.CASES.items()}
    for name, schedule in cases.SCHEDULES.items():
        told[f"manual {name}"] = [manual(schedule, moment) for moment in cases.MANUAL]
    return told
