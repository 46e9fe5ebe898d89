"""Retries: when Airflow would try again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pendulum
from airflow.models.dag import DAG
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.operators.empty import EmptyOperator

from tests.differential.cases import retries as cases

START = pendulum.datetime(2024, 1, 1, tz="UTC")


def waits(case: cases.Case) -> list[float]:
    """The shortest and the longest wait over all instances."""
    found = []
    with DAG("d", schedule=None, start_date=START):
        for number in range(cases.INSTANCES):
            task = EmptyOperator(
                task_id=f"t{number}", retries=100, retry_delay=timedelta(seconds=case.delay),
                retry_exponential_backoff=case.backoff,
                max_retry_delay=timedelta(seconds=case.longest) if case.longest is not None else None,
            )  # fmt: skip
            ti = TaskInstance(task, run_id="r")
            ti.try_number, ti.end_date = case.tried, START
            ti.dag_run = DagRun("d", run_id="r", execution_date=START)
            found.append((ti.next_retry_datetime() - START).total_seconds())
    return [min(found), max(found)]


def ask() -> Any:
    """Case number -> [shortest, longest]."""
    return {",".join(map(str, case)): waits(case) for case in cases.CASES}
