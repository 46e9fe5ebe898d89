"""Running a task, a task instance or a DAG by hand: no scheduler, no database, no home; the DAG object remembers."""

from __future__ import annotations

import importlib
import json
import runpy
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tradewind import compat
from tradewind.sdk import current
from tradewind.sdk.configuration import settings
from tradewind.sdk.dag import DAG
from tradewind.sdk.exceptions import AirflowDagCycleException, AirflowException, TaskNotFound
from tradewind.sdk.operators.bash import BashOperator
from tradewind.sdk.operators.empty import EmptyOperator
from tradewind.sdk.operators.python import PythonOperator
from tradewind.sdk.sensors.base import BaseSensorOperator
from tradewind.sdk.task_instance import TaskInstance

START = datetime(2019, 1, 1)


def make_dag(**more: Any) -> DAG:
    """As the fixtures of people's tests make it: the start stands in ``default_args`` only."""
    return DAG("test_dag", default_args={"owner": "airflow", "start_date": START}, schedule="@daily", **more)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No home, no settings, no database: nothing may be made there."""
    home = tmp_path / "no-home"
    for name in ("HOME", "TRADEWIND_HOME", "AIRFLOW_HOME"):
        monkeypatch.setenv(name, str(home))
    return home


@pytest.mark.spec("2/TS-20", "2/TS-21", "2/TS-22", "2/TS-23", "2/TS-19")
def test_each_date_once_until_it_is_cleared(nowhere: Path, tmp_path: Path) -> None:
    dag = make_dag(template_searchpath=str(tmp_path))
    ran: list[str] = []
    task = PythonOperator(
        task_id="t", dag=dag, python_callable=lambda ds, prev_ds, **_: ran.append(f"{prev_ds}>{ds}"), retries=2
    )
    start = dag.default_args["start_date"]
    task.run(start_date=start, end_date=start)
    assert ran == ["2018-12-31>2019-01-01"]
    task.run(start_date=start, end_date=start)
    assert len(ran) == 1, "it has succeeded"
    task.run(start_date=start, end_date=start, ignore_ti_state=True)
    assert len(ran) == 2
    assert dag.clear() == 1
    task.run(start_date=start, end_date=start + timedelta(days=2))
    assert ran[2:] == ["2018-12-31>2019-01-01", "2019-01-01>2019-01-02", "2019-01-02>2019-01-03"]
    assert dag.clear(start_date=datetime(2019, 1, 2), end_date=datetime(2019, 1, 2), dry_run=True)[0].task_id == "t"
    assert dag.clear(start_date=datetime(2019, 1, 2), end_date=datetime(2019, 1, 2)) == 1
    task.run(start_date=start, end_date=start + timedelta(days=2))
    assert ran[5:] == ["2019-01-01>2019-01-02"]
    twin = make_dag()
    PythonOperator(task_id="t", dag=twin, python_callable=ran.clear).run(start_date=start, end_date=start)
    assert ran == [], "another DAG object of the same id knows nothing of this one"
    assert not nowhere.exists()


@pytest.mark.spec("2/TS-24")
def test_the_trace_of_a_run_can_be_read() -> None:
    dag = make_dag()

    def fail() -> None:
        raise LookupError("nothing there")

    good = PythonOperator(
        task_id="good", dag=dag, python_callable=lambda: 5, pool="wide", queue="fast", priority_weight=7, retries=3,
        executor_config={"a": 1},
    )  # fmt: skip
    bad = PythonOperator(task_id="bad", dag=dag, python_callable=fail)
    good.run(start_date=START, end_date=START)
    with pytest.raises(LookupError, match="nothing there"):
        bad.run(start_date=START, end_date=START)
    [row] = good.get_task_instances()
    assert (row.dag_id, row.task_id, row.execution_date.isoformat()) == (
        "test_dag",
        "good",
        "2019-01-01T00:00:00+00:00",
    )
    assert (row.state, row.try_number, row.max_tries, row.job_id) == ("success", 1, 3, None)
    assert row.start_date <= row.end_date
    assert row.duration == (row.end_date - row.start_date).total_seconds()
    assert row.queued_dttm is not None
    assert row.hostname
    assert row.unixname
    assert row.pid > 0
    assert (row.pool, row.queue, row.priority_weight, row.operator) == ("wide", "fast", 7, "PythonOperator")
    assert row.executor_config == {"a": 1}
    assert {(r.task_id, r.state) for r in dag.get_task_instances()} == {("good", "success"), ("bad", "failed")}
    assert [r.task_id for r in dag.get_task_instances(state="failed")] == ["bad"]
    assert dag.clear(only_failed=True) == 1


def test_tasks_run_one_by_one_hand_values_over_and_what_fails_may_be_run_again() -> None:
    dag = make_dag()
    tries: list[int] = []

    def once_in_vain(ti: Any) -> str:
        tries.append(ti.try_number)
        if len(tries) == 1:
            raise ConnectionError("not yet")
        return "value"

    first = PythonOperator(task_id="first", dag=dag, python_callable=once_in_vain, retries=1)
    second = PythonOperator(task_id="second", dag=dag, python_callable=lambda ti: ti.xcom_pull(task_ids="first"))
    first >> second
    with pytest.raises(ConnectionError):
        first.run(start_date=START, end_date=START)
    assert first.get_task_instances()[0].state == "up_for_retry"
    first.run(start_date=START, end_date=START)
    second.run(start_date=START, end_date=START)
    assert tries == [1, 2]
    made = TaskInstance(second, execution_date=START)
    assert made.xcom_pull(task_ids="second") == "value"
    assert first.clear(downstream=True) == 2
    assert made.xcom_pull(task_ids="second") is None
    second.run(start_date=START, end_date=START, mark_success=True)
    assert second.get_task_instances()[0].state == "success"
    first.run(start_date=START, end_date=START, test_mode=True)
    assert first.get_task_instances() == []
    with pytest.raises(AirflowException, match="is in no DAG"):
        EmptyOperator(task_id="alone").run(start_date=START)


def test_a_sensor_that_gives_its_slot_back_is_waited_for() -> None:
    seen: list[int] = []

    class Third(BaseSensorOperator):
        def poke(self, context: Any) -> bool:
            seen.append(context["ti"].get_reschedule_count())
            return len(seen) == 3

    Third(task_id="wait", dag=make_dag(), mode="reschedule", poke_interval=0.01).run(start_date=START, end_date=START)
    assert seen == [0, 1, 2]


def test_a_run_and_its_instances_made_by_hand() -> None:
    with make_dag() as dag:
        bash = BashOperator(
            task_id="say", bash_command="echo {{ ds }} {{ dag_run.conf.get('x') }} {{ data_interval_end }}"
        )
        EmptyOperator(task_id="after")
    run = dag.create_dagrun(
        state="running", execution_date=START, data_interval=(START, START + timedelta(hours=5)), conf={"x": "why"},
        start_date=datetime(2019, 1, 2), run_type="manual",
    )  # fmt: skip
    ti = run.get_task_instance(task_id="say")
    assert ti.state is None
    ti.task = dag.get_task("say")
    ti.run(ignore_ti_state=True)
    assert ti.state == "success"
    assert ti.xcom_pull(task_ids="say") == "2019-01-01 why 2019-01-01T05:00:00+00:00"
    assert run.get_task_instance("nobody") is None
    other = TaskInstance(bash, START)  # Airflow 1's order of arguments
    assert other.get_template_context()["ds"] == "2019-01-01"
    assert other.render_templates().bash_command.startswith("echo 2019-01-01 None")
    assert bash.execute(other.get_template_context()).startswith("2019-01-01")
    assert TaskInstance(bash, run_id="scheduled__x", execution_date=START).run_id == "scheduled__x"


@pytest.mark.spec("2/TS-37")
def test_a_dag_is_run_over_dates_and_only_what_has_not_succeeded_again() -> None:
    ran: list[str] = []
    broken = {"2019-01-02"}

    def work(ds: str) -> None:
        ran.append(ds)
        if ds in broken:
            raise ValueError(ds)

    with make_dag() as dag:
        PythonOperator(task_id="work", python_callable=work) >> EmptyOperator(task_id="after")
    with pytest.raises(
        AirflowException, match=r"scheduled__2019-01-02T00:00:00\+00:00: work failed, after upstream_failed"
    ):
        dag.run(start_date=START, end_date=datetime(2019, 1, 3))
    assert ran == ["2019-01-01", "2019-01-02"]
    broken.clear()
    runs = dag.run(start_date=START, end_date=datetime(2019, 1, 3))
    assert [run.state for run in runs] == ["success"] * 3
    assert ran == ["2019-01-01", "2019-01-02", "2019-01-02", "2019-01-03"]
    assert runs[0].states == {"work": "success", "after": "success"}
    assert len(dag.get_task_instances()) == 6
    assert dag.clear() == 6
    dag.run(start_date=START, end_date=START, mark_success=True)
    assert len(ran) == 4
    assert dag.test(START).states == {"work": "success", "after": "success"}


@pytest.mark.spec("2/TS-04", "2/TS-05", "2/TS-06", "2/TR-01")
def test_a_circle_is_found_when_somebody_looks() -> None:
    compat.install()
    tester = importlib.import_module("airflow.utils.dag_cycle_tester")
    with make_dag() as dag:
        t0, t1, t2, t3 = (EmptyOperator(task_id=f"t{n}") for n in range(4))
        t0 >> t1 >> t2 >> t3
    assert not dag.test_cycle()
    assert not tester.test_cycle(dag)
    t3 >> t1
    for look in (dag.test_cycle, lambda: tester.check_cycle(dag)):
        with pytest.raises(AirflowDagCycleException, match=r"^Cycle detected in DAG. Faulty task: t3 to t1\b"):
            look()


FILE = """
import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator

dag = DAG("small", start_date=datetime.datetime(2019, 1, 1), schedule="@daily")
a = BashOperator(task_id="a", bash_command="echo {{ ds }}", dag=dag)
b = BashOperator(task_id="b", bash_command="exit {{ dag_run.conf.get('code', 0) }}", dag=dag)
a >> b
if __name__ == "__main__":
    dag.cli()
"""


def test_a_dag_file_is_a_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compat.install()
    file = tmp_path / "small.py"
    file.write_text(FILE)

    def call(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", [str(file), *words])
        runpy.run_path(str(file), run_name="__main__")
        return capsys.readouterr().out

    assert call("list").split() == ["a", "b"]
    assert "bash_command: echo 2019-02-03" in call("render", "a", "2019-02-03")
    assert "a: success" in call("test", "a", "2019-02-03")
    assert "run manual__2019-02-03T00:00:00+00:00: success" in call("test", "2019-02-03")
    assert call("run", "-s", "2019-01-01", "-e", "2019-01-02").count(": success") == 2
    with pytest.raises(SystemExit) as left:
        call("test", "2019-02-03", "--conf", json.dumps({"code": 4}))
    assert left.value.code == 1
    with pytest.raises(TaskNotFound):
        call("test", "c")


def test_outside_of_tasks_the_home_of_the_environment_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tradewind.cli.main import main
    from tradewind.sdk.connection import Connection
    from tradewind.sdk.hooks import BaseHook
    from tradewind.sdk.variable import Variable

    homes = [tmp_path / "one", tmp_path / "two"]
    for number, home in enumerate(homes):
        monkeypatch.setenv("TRADEWIND_HOME", str(home))
        assert main(["db", "init"]) == 0
        assert (home / "tradewind.db").exists()
        assert main(["variables", "set", "number", str(number)]) == 0
        assert main(["connections", "add", "box", "--conn-uri", f"http://host{number}"]) == 0
    for number, home in enumerate(homes):
        monkeypatch.setenv("TRADEWIND_HOME", str(home))
        settings.cache_clear()
        current.ask_home_again()
        assert Variable.get("number") == str(number)
        found = BaseHook.get_connection("box")
        assert isinstance(found, Connection)
        assert found.host == f"host{number}"
        seen: list[str] = []
        task = PythonOperator(
            task_id="t", dag=make_dag(), python_callable=lambda s=seen: s.append(Variable.get("number"))
        )
        task.run(start_date=START, end_date=START)
        assert seen == [str(number)]
    settings.cache_clear()
    current.ask_home_again()
