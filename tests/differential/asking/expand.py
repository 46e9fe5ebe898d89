"""Mapped tasks: expanded and resolved by Airflow over results in a database."""

from __future__ import annotations

from typing import Any

import pendulum
from airflow.exceptions import AirflowSkipException
from airflow.models.baseoperator import BaseOperator
from airflow.models.dag import DAG
from airflow.models.taskmap import TaskMap
from airflow.models.xcom import XCom
from airflow.models.xcom_arg import XComArg
from airflow.operators.empty import EmptyOperator
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState, TaskInstanceState
from airflow.utils.types import DagRunType

from tests.differential.cases import answer
from tests.differential.cases import expand as cases

START = pendulum.datetime(2024, 1, 1, tz="UTC")


class Collect(BaseOperator):
    """Takes three arguments."""

    template_fields = ("a", "b", "c")

    def __init__(self, a: Any = None, b: Any = None, c: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.a, self.b, self.c = a, b, c


def instance(task: Any, context: Any, session: Any) -> dict[str, Any]:
    """What an instance is made with."""
    made = task.unmap(dict(task.expand_input.resolve(context, session)[0]))
    found = {name: getattr(made, name) for name in Collect.template_fields}
    # Results inside literal items are resolved when the fields are rendered.
    return {name: value.resolve(context) if isinstance(value, XComArg) else value for name, value in found.items()}


def expanded(number: int, make: cases.Make) -> Any:
    """How many instances, and the arguments of each."""
    with DAG(f"expand{number}", schedule=None, start_date=START) as dag:
        before = {name: EmptyOperator(task_id=name) for name in cases.PUSHED}
        task = make(Collect, {name: XComArg(task) for name, task in before.items()})
    with create_session() as session:
        dag.sync_to_db(session=session)
        run = dag.create_dagrun(
            run_id="r", state=DagRunState.RUNNING, execution_date=START, run_type=DagRunType.MANUAL,
            data_interval=(START, START), session=session,
        )  # fmt: skip
        for name, value in cases.PUSHED.items():
            ti = run.get_task_instance(name, session=session)
            ti.set_state(TaskInstanceState.SUCCESS, session)
            XCom.set(key="return_value", value=value, task_id=name, dag_id=dag.dag_id, run_id="r", session=session)
            session.merge(TaskMap.from_task_instance_xcom(ti, value))
        session.commit()
        length = task.get_mapped_ti_count("r", session=session)
        told = []
        for index in range(length):
            # What is mapped over literals was multiplied with the run; the rest has one instance until it is its turn.
            ti = run.get_task_instance("t", session=session, map_index=index)
            if ti is None:
                ti = run.get_task_instance("t", session=session)
                ti.map_index = index
            ti.task = task
            context = ti.get_template_context(session=session)
            told.append(answer(lambda c=context: instance(task, c, session)))
            session.rollback()
    return {"length": length, "arguments": told}


def ask() -> Any:
    """case -> its length and arguments, or the error of the author's mistake."""
    told = {}
    for number, (name, make) in enumerate(
        {
            **cases.CASES,
            "skip": cases._expand(a=lambda p: p["three"].map(cases.skip_small(AirflowSkipException))),
        }.items()
    ):
        try:
            told[name] = expanded(number, make)
        except Exception as error:
            told[name] = {"error": type(error).__name__}
    return told
