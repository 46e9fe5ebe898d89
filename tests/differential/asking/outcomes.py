"""The end of a run: decided by Airflow over real task instances."""

from __future__ import annotations

from typing import Any

import pendulum
from airflow.models.dag import DAG
from airflow.operators.empty import EmptyOperator
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunType

from tests.differential.cases import outcomes as cases

START = pendulum.datetime(2024, 1, 1, tz="UTC")


def ask() -> Any:
    """shape -> for all ends, in order, s(uccess) or f(ailed)."""
    told = {}
    for number, shape in enumerate(cases.SHAPES):
        with DAG(f"outcome{number}", schedule=None, start_date=START) as dag:
            made = {name: EmptyOperator(task_id=name) for name in cases.tasks_of(shape)}
            for name, task in made.items():
                if name.startswith("s"):
                    task.as_setup()
            for above, below in cases.SHAPES[shape]:
                made[above] >> made[below]
            for name, task in made.items():
                if name[0] in "xf":
                    task.as_teardown(on_failure_fail_dagrun=name[0] == "f")
        told[shape] = ""
        with create_session() as session:
            dag.sync_to_db(session=session)
            run = dag.create_dagrun(
                run_id="r", state=DagRunState.RUNNING, execution_date=START, run_type=DagRunType.MANUAL,
                data_interval=(START, START), start_date=START, session=session,
            )  # fmt: skip
            run.dag = dag
            for states in cases.ends(shape):
                run.state = DagRunState.RUNNING
                for ti in run.get_task_instances(session=session):
                    ti.state = states[ti.task_id]
                session.flush()
                run.update_state(session=session, execute_callbacks=False)
                told[shape] += str(run.state)[0]
    return told
