"""Clears and branches: which tasks, by Airflow's own selection."""

from __future__ import annotations

from typing import Any

import pendulum
from airflow.models.dag import DAG
from airflow.models.skipmixin import SkipMixin
from airflow.operators.empty import EmptyOperator
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunType

from tests.differential.cases import clears as cases

START = pendulum.datetime(2024, 1, 1, tz="UTC")


def dag_of(name: str, edges: list[tuple[str, str]]) -> DAG:
    """A DAG of that shape."""
    with DAG(name, schedule=None, start_date=START) as dag:
        made = {task_id: EmptyOperator(task_id=task_id) for task_id in cases.tasks_of(edges)}
        for task_id, task in made.items():
            if cases.kind_of(task_id) == "setup":
                task.as_setup()
        for above, below in edges:
            made[above] >> made[below]
        for task_id, task in made.items():
            if cases.kind_of(task_id) in {"teardown", "loud"}:
                task.as_teardown(on_failure_fail_dagrun=cases.kind_of(task_id) == "loud")
    return dag


def cleared(shape: str) -> dict[str, str]:
    """What is asked for -> the tasks that are cleared."""
    dag = dag_of("d", cases.SHAPES[shape])
    return {
        mark: " ".join(
            sorted(dag.partial_subset(chosen, include_upstream=upstream, include_downstream=downstream).task_dict)
        )
        for mark, chosen, upstream, downstream in cases.clears(shape)
    }


def skipped(number: int, shape: str) -> dict[str, str]:
    """What the branch returns -> the tasks it skips itself."""
    told = {}
    dag = dag_of(f"b{number}", cases.BRANCHES[shape])
    with create_session() as session:
        dag.sync_to_db(session=session)
        for turn, chosen in enumerate(cases.choices(shape)):
            run = dag.create_dagrun(
                run_id=f"r{turn}", state=DagRunState.RUNNING, execution_date=START.add(days=turn),
                run_type=DagRunType.MANUAL, data_interval=(START, START), session=session,
            )  # fmt: skip
            run.dag = dag
            ti = run.get_task_instance("b", session=session)
            ti.task = dag.get_task("b")
            session.commit()
            SkipMixin._skip_all_except(ti=ti, branch_task_ids=chosen, session=session)
            session.flush()
            found = [one.task_id for one in run.get_task_instances(session=session) if one.state == "skipped"]
            told["+".join(chosen)] = " ".join(sorted(found))
    return told


def ask() -> Any:
    """clear and branch, per shape."""
    return {
        **{f"clear {shape}": cleared(shape) for shape in cases.SHAPES},
        **{f"branch {shape}": skipped(number, shape) for number, shape in enumerate(cases.BRANCHES)},
    }
