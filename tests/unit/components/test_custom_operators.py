"""Operators as teams write them, on ``BaseOperator``."""

from __future__ import annotations

import json
import logging
import pathlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.doubles import ratings
from tests.doubles.ratings_components import FetchRatingsOperator
from tests.scheduling import House
from tradewind import compat
from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.dag import DAG
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.freeze import freeze
from tradewind.sdk.local_run import LocalRun, make_facts, run_dag
from tradewind.sdk.memory_client import MemoryClient
from tradewind.sdk.operators.bash import BashOperator
from tradewind.sdk.operators.empty import EmptyOperator
from tradewind.sdk.operators.python import PythonOperator

START = datetime(2019, 1, 1)


@pytest.fixture
def movielens(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with ratings.serving() as service:
        monkeypatch.setenv("AIRFLOW_CONN_MOVIELENS", f"http://airflow:airflow@127.0.0.1:{service.port}")
        yield service


def on_schedule(dag: DAG, day: datetime) -> LocalRun:
    """The scheduled run of that day."""
    run_id = f"scheduled__{day.isoformat()}"
    return run_dag(dag, facts=make_facts(dag, day, run_id, run_type="scheduled"))


def daily(**kwargs: Any) -> DAG:
    return DAG("d", start_date=START, schedule="@daily", **kwargs)


@pytest.mark.spec("2/OP-01", "2/OP-07")
def test_a_subclass_needs_nothing_but_execute() -> None:
    compat.install()
    from airflow.models import BaseOperator as Imported

    calls: list[Any] = []

    class Small(Imported):  # type: ignore[misc,valid-type]
        def execute(self, context: Any) -> None:
            calls.append(context["ti"].try_number)
            if len(calls) == 1:
                raise RuntimeError("once more")

    assert Imported is BaseOperator
    with daily() as dag:
        Small(task_id="a", retries=1, retry_delay=0)
    assert dag.test(START, sleep=lambda _: None).states == {"a": "success"}
    assert calls == [1, 2]  # once per attempt
    with daily() as dag:
        BaseOperator(task_id="nothing")
    ended = dag.test(START)
    assert "NotImplementedError" in (ended.finished[("nothing", -1)].error or "")


@pytest.mark.spec("2/OP-12", "2/OP-30", "2/OP-19", "1/HK-08")
def test_the_window_of_the_run_is_the_default_and_a_rerun_rewrites_its_own_file(
    movielens: Any, tmp_path: pathlib.Path
) -> None:
    with daily() as dag:
        fetch = FetchRatingsOperator(
            task_id="fetch", conn_id="movielens", output_path=str(tmp_path / "ratings" / "{{ds}}.json")
        )
    days = [START, START + timedelta(days=1)]
    for day in days:
        ended = on_schedule(dag, day)
        assert ended.xcom("fetch") == 4
    assert fetch._output_path.endswith("{{ds}}.json")  # the next run renders anew
    files = {path.name: json.loads(path.read_text()) for path in (tmp_path / "ratings").iterdir()}
    assert sorted(files) == ["2019-01-01.json", "2019-01-02.json"]
    first_of_second = files["2019-01-02.json"][0]["timestamp"]
    assert first_of_second == int(datetime.fromisoformat("2019-01-02T00:00+00:00").timestamp())  # start inclusive
    assert all(record["timestamp"] < first_of_second for record in files["2019-01-01.json"])  # end exclusive
    movielens.records.append(movielens.records[0])
    on_schedule(dag, days[0])
    again = {path.name: json.loads(path.read_text()) for path in (tmp_path / "ratings").iterdir()}
    assert (len(again["2019-01-01.json"]), again["2019-01-02.json"]) == (5, files["2019-01-02.json"])


@pytest.mark.spec("2/OP-19")
def test_any_value_stays_as_it_was_given() -> None:
    seen: list[Any] = []

    class Keep(BaseOperator):
        template_fields = ("path", "text")

        def __init__(self, path: pathlib.Path, text: Any, other: str, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.path, self.text, self.other = path, text, other

        def execute(self, context: Any) -> None:
            seen.extend([self.path, self.text, self.other])

    where = pathlib.Path("/data/{{ ds }}")
    with daily() as dag:
        Keep(task_id="a", path=where, text=[1, "{{ ds }}", {"k": "{{ ds_nodash }}"}], other="{{ ds }}")
    assert dag.test(START).state == "success"
    assert seen == [where, [1, "2019-01-01", {"k": "20190101"}], "{{ ds }}"]


@pytest.mark.spec("2/OP-14")
def test_braces_of_format_survive_rendering() -> None:
    text = "INSERT INTO t (day, at) VALUES ({0}, '{{ macros.datetime.now() }}')"
    with daily() as dag:
        PythonOperator(task_id="a", python_callable=lambda sql: sql, op_kwargs={"sql": text})
    rendered = dag.test(START).xcom("a")
    assert rendered.startswith("INSERT INTO t (day, at) VALUES ({0}, '20")
    stamp = rendered.split("'")[1]
    assert 0 <= (datetime.now() - datetime.fromisoformat(stamp)).total_seconds() < 300  # noqa: TID251  macros.datetime is the class


@pytest.mark.spec("2/OP-09", "2/OP-10", "2/OP-16")
def test_execute_called_directly_returns_and_logs(caplog: pytest.LogCaptureFixture) -> None:
    class Loud(BaseOperator):
        def execute(self, context: Any) -> str:
            self.log.info("heard in %s", "any test")
            return "x"

    with caplog.at_level(logging.INFO):
        assert Loud(task_id="test").execute({}) == "x"
        assert BashOperator(task_id="echo", bash_command="echo a; echo hello!").execute({}) == "hello!"
    line = next(r for r in caplog.records if r.getMessage() == "heard in any test")
    assert line.filename == pathlib.Path(__file__).name
    assert line.lineno > 0
    with daily() as dag:
        Loud(task_id="a")
    assert dag.test(START).xcom("a") == "x"


@pytest.mark.spec("2/OP-15")
def test_a_logic_error_runs_finally_and_fails_the_attempt_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    closed: list[int] = []

    class Breaks(BaseOperator):
        def execute(self, context: Any) -> None:
            try:
                raise KeyError("a logic error")
            finally:
                closed.append(context["ti"].try_number)

    with daily() as dag:
        Breaks(task_id="a", retries=1, retry_delay=0)
    ended = dag.test(START, sleep=lambda _: None)
    assert ended.states == {"a": "failed"}
    assert closed == [1, 2]
    assert "Traceback (most recent call last)" in caplog.text
    assert 'raise KeyError("a logic error")' in caplog.text


@pytest.mark.spec("2/OP-17")
def test_a_task_attaches_by_argument_by_block_and_without_a_name() -> None:
    outside = daily()
    EmptyOperator(task_id="by_argument", dag=outside)
    with outside:
        EmptyOperator(task_id="by_block")
    assert sorted(outside.task_ids) == ["by_argument", "by_block"]
    alone = EmptyOperator(task_id="alone")
    with pytest.raises(AirflowException):
        _ = alone.dag


@pytest.mark.spec("2/OP-20")
def test_a_callable_gets_what_it_names_and_the_log_tells_its_value(caplog: pytest.LogCaptureFixture) -> None:
    seen: dict[str, Any] = {}

    def wide(templates_dict: Any, conn_id: str, **_: Any) -> str:
        seen.update(templates_dict, conn_id=conn_id)
        return "the value"

    def narrow(ds: str, conn_id: str) -> None:
        seen["narrow"] = (ds, conn_id)

    with daily() as dag:
        PythonOperator(
            task_id="wide",
            python_callable=wide,
            templates_dict={"start": "{{ ds }}", "end": "{{ next_ds }}"},
            op_kwargs={"conn_id": "movielens"},
        )
        PythonOperator(task_id="narrow", python_callable=narrow, op_kwargs={"conn_id": "{{ ds_nodash }}"})
    with caplog.at_level(logging.INFO):
        assert on_schedule(dag, START).state == "success"
    assert seen == {
        "start": "2019-01-01",
        "end": "2019-01-02",
        "conn_id": "movielens",
        "narrow": ("2019-01-01", "20190101"),
    }
    assert "Done. Returned value was: the value" in caplog.text


@pytest.mark.spec("2/OP-22")
def test_the_dummy_operator_does_no_work_under_both_paths() -> None:
    compat.install()
    from airflow.operators.dummy import DummyOperator
    from airflow.operators.dummy_operator import DummyOperator as Older

    assert DummyOperator is Older
    with daily() as dag:
        DummyOperator(task_id="a") >> Older(task_id="b")
    assert dag.test(START).states == {"a": "success", "b": "success"}
    assert [task.no_work for task in freeze(dag, fileloc="d.py").tasks] == [True, True]


@pytest.mark.spec("2/OP-23")
def test_a_template_file_is_read_and_rendered_and_colours_reach_the_page(tmp_path: pathlib.Path) -> None:
    (tmp_path / "query.sql").write_text("SELECT '{{ ds }}'")

    class Query(BaseOperator):
        template_fields = ("sql",)
        template_ext = (".sql",)
        template_fields_renderers = {"sql": "sql"}  # noqa: RUF012
        ui_color, ui_fgcolor = "#abcdef", "#123456"

        def __init__(self, sql: str, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.sql = sql

        def execute(self, context: Any) -> str:
            return self.sql

    with daily(template_searchpath=str(tmp_path)) as dag:
        Query(task_id="a", sql="query.sql")
    assert dag.test(START).xcom("a") == "SELECT '2019-01-01'"
    spec = freeze(dag, fileloc="d.py").tasks[0]
    assert (spec.ui_color, spec.ui_fgcolor) == ("#abcdef", "#123456")


@pytest.mark.spec("2/OP-25")
def test_a_task_runs_over_dates_from_code() -> None:
    seen: list[str] = []
    with daily() as dag:
        task = PythonOperator(task_id="a", python_callable=lambda ds: seen.append(str(ds)))
    task.run(start_date=START, end_date=START + timedelta(days=2))
    assert seen == ["2019-01-01", "2019-01-02", "2019-01-03"]
    task.run(start_date=START, end_date=START, ignore_ti_state=True, mark_success=True)
    assert len(seen) == 3
    assert dag.has_task("a")


@pytest.mark.spec("2/OP-29")
def test_the_dag_takes_the_arguments_of_the_book(sqlite_store: Any) -> None:
    dag = DAG("by_position", description="What it is for", start_date=START, schedule_interval="@daily")
    named = DAG(
        dag_id="named",
        start_date=START,
        end_date=START + timedelta(days=2),
        schedule_interval="@daily",
        default_args={"retries": 1},
        template_searchpath="/tmp",
    )
    assert (dag.dag_id, dag.description) == ("by_position", "What it is for")
    EmptyOperator(task_id="a", dag=named)
    spec = freeze(named, fileloc="named.py")
    house = House(sqlite_store)
    house.publish(spec)
    house.settle()
    dates = [row[0] for row in house.rows("SELECT run_id FROM dag_run ORDER BY logical_date")]
    assert dates == [f"scheduled__2019-01-0{day}T00:00:00+00:00" for day in (1, 2, 3)]


@pytest.mark.usefixtures("movielens")
def test_the_client_of_the_tests_is_left_alone(tmp_path: pathlib.Path) -> None:
    client = MemoryClient()
    with daily() as dag:
        FetchRatingsOperator(task_id="a", conn_id="movielens", output_path=tmp_path / "x.json")
    assert dag.test(START, client=client).state == "success"
    assert client.connections == {}
