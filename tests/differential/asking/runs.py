"""Whole runs: Airflow's own ``dag.test()``."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pendulum
from airflow.models.dagbag import DagBag
from airflow.models.xcom import XCom
from airflow.utils.session import create_session

from tests.differential.cases import plain
from tests.differential.cases import runs as cases


def ask() -> Any:
    """dag -> state of the run, states of its tasks, and what they returned."""
    bag = DagBag(str(cases.FILE), include_examples=False, read_dags_from_db=False)
    assert not bag.import_errors, bag.import_errors
    told = {}
    for dag_id in sorted(bag.dags):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            run = bag.dags[dag_id].test(execution_date=pendulum.parse(cases.WHEN))
        with create_session() as session:
            instances = run.get_task_instances(session=session)
            found = session.query(XCom).filter_by(dag_id=dag_id, run_id=run.run_id, key="return_value").all()
            told[dag_id] = {
                "run": str(run.state),
                "tasks": {name(one): str(one.state) for one in sorted(instances, key=name)},
                "values": {name(one): plain(one.value) for one in sorted(found, key=name)},
            }
    return told


def name(one: Any) -> str:
    """A task instance."""
    return one.task_id if one.map_index < 0 else f"{one.task_id}[{one.map_index}]"
