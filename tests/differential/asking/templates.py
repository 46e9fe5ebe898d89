"""Templates: rendered by a real task of a real run."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import pendulum
from airflow.models.dag import DAG
from airflow.models.xcom import XCom
from airflow.operators.empty import EmptyOperator
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunType

from tests.differential.cases import answer
from tests.differential.cases import templates as cases


def context_of(name: str, run: cases.Run, *, native: bool = False) -> tuple[Any, Any, dict[str, str]]:
    """The task, its context, and the interval of its run."""
    with DAG(
        f"{name}_native" if native else name, schedule=run.schedule, params=dict(cases.PARAMS),
        start_date=pendulum.instance(cases.START, tz=run.zone), render_template_as_native_obj=native,
        user_defined_macros={"my_macro": cases.my_macro, "my_constant": 42},
        user_defined_filters={"my_filter": cases.my_filter},
    ) as dag:  # fmt: skip
        EmptyOperator(task_id="up") >> EmptyOperator(task_id="t")
        EmptyOperator(task_id="up2")
    logical = pendulum.parse(run.logical_date).in_timezone("UTC")
    run_type = DagRunType(run.run_type)
    if run_type is DagRunType.MANUAL:
        interval = dag.timetable.infer_manual_data_interval(run_after=logical)
    else:
        interval = dag.infer_automated_data_interval(logical)
    with create_session() as session:
        dag.sync_to_db(session=session)
        made = dag.create_dagrun(
            run_id=f"{run.run_type}__{logical.isoformat()}", state=DagRunState.RUNNING, execution_date=logical,
            run_type=run_type, data_interval=interval, conf=dict(run.conf), session=session,
            external_trigger=run_type is DagRunType.MANUAL,
        )  # fmt: skip
        for key, value in cases.PUSHED.items():
            XCom.set(key=key, value=value, task_id="up", dag_id=dag.dag_id, run_id=made.run_id, session=session)
        session.commit()
        ti = made.get_task_instance("t", session=session)
    ti.task, ti.try_number = dag.get_task("t"), 1
    told = {"start": interval.start.isoformat(), "end": interval.end.isoformat(), "run_id": made.run_id}
    return ti.task, ti.get_template_context(), told


def ask() -> Any:
    """run -> its interval, and text -> what it renders to."""
    for name, value in cases.VARIABLES.items():
        os.environ[f"AIRFLOW_VAR_{name}"] = value
    for name, value in cases.CONNECTIONS.items():
        os.environ[f"AIRFLOW_CONN_{name}"] = value
    told: dict[str, Any] = {}
    for name, run in cases.RUNS.items():
        task, context, facts = context_of(name, run)
        told[name] = {
            "run": facts,
            "texts": {text: answer(partial(task.render_template, text, context)) for text in cases.asked(name)},
        }
        if name == "daily":
            told["structures"] = {
                key: answer(partial(task.render_template, value, context)) for key, value in cases.STRUCTURES.items()
            }
    task, context, facts = context_of("daily", cases.RUNS["daily"], native=True)
    told["native"] = {text: answer(lambda t=text: task.render_template(t, context)) for text in cases.NATIVE}
    return told
