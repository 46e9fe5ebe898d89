"""Run creation by Airflow's own scheduler, on its own tables, at the moments of each world."""

from __future__ import annotations

from typing import Any

import pendulum
import time_machine
from airflow.jobs.job import Job
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models.dag import DAG, DagModel
from airflow.models.dagrun import DagRun
from airflow.models.serialized_dag import SerializedDagModel
from airflow.operators.empty import EmptyOperator
from airflow.utils.session import create_session

from tests.differential.cases import creation as cases


class Bag:
    """The DAGs of a look, as the scheduler asks for them."""

    def __init__(self, dags: dict[str, DAG]) -> None:
        self.dags, self.dags_hash = dags, {}

    def get_dag(self, dag_id: str, session: Any = None) -> DAG | None:
        """By id."""
        return self.dags.get(dag_id)


def dag_of(dag_id: str, case: cases.Case, look: int) -> DAG:
    """The DAG as its file has it at that look."""
    zone = pendulum.timezone(case.zone)
    with DAG(
        dag_id, schedule=cases.schedule_at(case, look), start_date=pendulum.parse(case.start, tz=zone), catchup=case.catchup,
        end_date=pendulum.parse(case.end, tz=zone) if case.end else None, max_active_runs=100_000,
    ) as dag:  # fmt: skip
        EmptyOperator(task_id="t")
    return dag


def play(world: str) -> dict[str, list[list[Any]]]:
    """case -> [look, logical date, start, end of interval] of each scheduled run, in the order of making."""
    mine = {cases.dag_id(n): (key, case) for n, (key, case) in enumerate(cases.CASES.items()) if case.world == world}
    runner = SchedulerJobRunner(job=Job())
    told: dict[str, list[list[Any]]] = {key: [] for key, _ in mine.values()}
    seen: set[int] = set()
    for look, moment in enumerate(cases.WORLDS[world].moments):
        with time_machine.travel(pendulum.parse(moment), tick=False), create_session() as session:
            dags = {dag_id: dag_of(dag_id, case, look) for dag_id, (_, case) in mine.items()}
            DAG.bulk_write_to_db(dags.values(), session=session)
            for dag_id, dag in dags.items():
                SerializedDagModel.write_dag(dag, min_update_interval=None, session=session)
                model = session.get(DagModel, dag_id)
                model.is_paused = cases.is_off(mine[dag_id][1], look)
            session.commit()
            runner.dagbag = Bag(dags)
            before: Any = None
            while True:
                # As dags_needing_dagruns does, whose clock is the database's own.
                wanted = session.query(DagModel).filter(
                    DagModel.dag_id.in_(mine), ~DagModel.is_paused, DagModel.is_active,
                    DagModel.next_dagrun_create_after <= pendulum.now("UTC"),
                )  # fmt: skip
                models = wanted.all()
                plan = [(model.dag_id, model.next_dagrun) for model in models]
                if not models or plan == before:
                    break
                before = plan
                runner._create_dag_runs(models, session)
                session.flush()
            session.commit()
            for run in session.query(DagRun).order_by(DagRun.id):
                if run.id not in seen and run.dag_id in mine:
                    seen.add(run.id)
                    dates = (run.execution_date, run.data_interval_start, run.data_interval_end)
                    told[mine[run.dag_id][0]].append([look, *map(cases.text, dates)])
    return told


def ask() -> Any:
    """case -> runs."""
    return {key: runs for world in cases.WORLDS for key, runs in play(world).items()}
