"""``tradewind.testing``: whole DAGs and single tasks in a test, on a clock that does not wait."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tradewind.errors import InvalidArgument
from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.connection import Connection
from tradewind.sdk.dag import DAG
from tradewind.sdk.decorators import dag as dag_decorator
from tradewind.sdk.decorators import task
from tradewind.sdk.exceptions import AirflowNotFoundException
from tradewind.sdk.hooks import BaseHook
from tradewind.sdk.operators.bash import BashOperator
from tradewind.sdk.operators.empty import EmptyOperator
from tradewind.sdk.operators.python import PythonOperator
from tradewind.sdk.sensors.date_time import DateTimeSensorAsync
from tradewind.sdk.sensors.python import PythonSensor
from tradewind.sdk.variable import Variable
from tradewind.testing import given, load_dags, run_dag, run_task

DAY = datetime(2024, 3, 1, tzinfo=UTC)


@pytest.mark.spec("2/PN-24", "2/PN-28")
def test_a_run_tells_states_values_and_logs() -> None:
    with DAG("ferry", start_date=DAY, schedule="@daily") as dag:

        @task
        def count(ds: str | None = None) -> dict[str, int]:
            print(f"counting {ds}")
            return {"boats": int(Variable.get("boats", deserialize_json=True)["n"])}

        @task
        def dock(found: dict[str, int]) -> str:
            return f"{found['boats']} at {BaseHook.get_connection('harbour').host}"

        dock(count()) >> BashOperator(task_id="told", bash_command="echo {{ ti.xcom_pull('dock') }}")
    result = run_dag(
        dag, "2024-03-05", variables={"boats": {"n": 3}}, connections={"harbour": "http://quay:80"}, conf={"a": 1}
    )
    assert result.success, result
    assert result.states == {"count": "success", "dock": "success", "told": "success"}
    assert result.xcom("dock") == result.xcom("told") == "3 at quay"
    assert result.xcoms["count"]["boats"] == 3
    assert "counting 2024-03-05" in result.log("count")
    assert "3 at quay" in result.log("told")
    assert result.rendered["told"]["bash_command"] == "echo 3 at quay"
    assert (result.logical_date, result.conf) == (datetime(2024, 3, 5, tzinfo=UTC), {"a": 1})
    assert result.took == timedelta(0)


def test_a_failed_run_is_no_exception_and_says_why() -> None:
    with DAG("storm", start_date=DAY) as dag:
        PythonOperator(task_id="sink", python_callable=lambda: 1 / 0) >> EmptyOperator(task_id="after")
    result = run_dag(dag)
    assert not result.success
    assert result.states == {"sink": "failed", "after": "upstream_failed"}
    assert "ZeroDivisionError" in result.errors["sink"]
    assert "sink: failed (ZeroDivisionError" in repr(result)
    assert "ZeroDivisionError" in result.log("sink")


def test_a_retry_waits_its_delay_on_the_clock_only() -> None:
    seen: list[float] = []

    def third_time() -> None:
        seen.append(time.time())
        if len(seen) < 3:
            raise ValueError("not yet")

    with DAG("tries", start_date=DAY, schedule="@daily") as dag:
        PythonOperator(
            task_id="t", python_callable=third_time, retries=2, retry_delay=timedelta(hours=1),
            retry_exponential_backoff=False,
        )  # fmt: skip
    result = run_dag(dag, DAY)
    assert (result.state, result.tries["t"]) == ("success", 3)
    assert [moment - seen[0] for moment in seen] == [0, 3600, 7200]
    assert seen[0] == (DAY + timedelta(days=1)).timestamp()
    assert result.took == timedelta(hours=2)


@pytest.mark.parametrize("mode", ["poke", "reschedule"])
def test_a_sensor_asks_again_after_its_interval_on_the_clock_only(mode: str) -> None:
    checks: list[float] = []

    def there() -> bool:
        checks.append(time.time())
        return len(checks) == 4

    with DAG("waits", start_date=DAY) as dag:
        PythonSensor(task_id="s", python_callable=there, mode=mode, poke_interval=600)
    result = run_dag(dag)
    assert result.success
    assert [round(after - checks[0]) for after in checks] == [0, 600, 1200, 1800]
    assert result.took == timedelta(minutes=30)


@pytest.mark.parametrize("mode", ["poke", "reschedule"])
def test_a_sensor_runs_out_of_time_on_the_clock(mode: str) -> None:
    with DAG("never", start_date=DAY) as dag:
        PythonSensor(task_id="s", python_callable=lambda: False, mode=mode, poke_interval=60, timeout=3600)
    result = run_dag(dag)
    assert result.states["s"] == "failed"
    assert "Sensor has timed out" in result.errors["s"]
    assert timedelta(hours=1) <= result.took <= timedelta(minutes=62)


def test_a_deferred_task_waits_for_its_trigger_on_the_clock() -> None:
    with DAG("later", start_date=DAY) as dag:
        DateTimeSensorAsync(task_id="d", target_time=DAY + timedelta(days=40))
    result = run_dag(dag, now=DAY)
    assert result.success
    assert timedelta(days=40) <= result.took < timedelta(days=40, minutes=2)


def test_sleep_in_a_task_moves_the_clock() -> None:
    with DAG("naps", start_date=DAY) as dag:
        PythonOperator(task_id="t", python_callable=lambda: time.sleep(86400))
    before = time.sleep
    assert run_dag(dag).took == timedelta(days=1)
    assert time.sleep is before


@pytest.mark.spec("2/PN-30")
def test_stubs_stand_for_tasks() -> None:
    @dag_decorator(start_date=DAY, schedule=None)
    def chain() -> None:
        @task
        def fetch() -> list[int]:
            raise AssertionError("not in a test")

        @task
        def double(number: int) -> int:
            return number * 2

        @task
        def total(numbers: list[int]) -> int:
            return sum(numbers)

        total(double.expand(number=fetch()))

    made = chain()
    result = run_dag(made, stubs={"fetch": [1, 2, 3]})
    assert result.xcoms["double"]["return_value"] == [2, 4, 6]
    assert result.xcom("total") == 12
    assert result.states["double[1]"] == "success"
    asked = run_dag(made, "2024-05-01", stubs={"fetch": lambda context: [context["logical_date"].month]})
    assert asked.xcom("total") == 10
    assert run_dag(made).states["fetch"] == "failed", "the DAG itself is not changed"
    with pytest.raises(InvalidArgument, match="Did you mean 'fetch'"):
        run_dag(made, stubs={"fetsh": 1})
    with pytest.raises(InvalidArgument, match="is mapped"):
        run_dag(made, stubs={"double": 1})
    with pytest.raises(InvalidArgument, match="call it"):
        run_dag(chain)


def test_nothing_is_known_that_was_not_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path / "none"))
    with DAG("alone", start_date=DAY) as dag:
        PythonOperator(task_id="v", python_callable=lambda: Variable.get("boats"))
        PythonOperator(task_id="c", python_callable=lambda: BaseHook.get_connection("harbour"))
    result = run_dag(dag)
    assert result.states == {"v": "failed", "c": "failed"}
    assert "boats" in result.errors["v"]
    assert "harbour" in result.errors["c"]
    assert not (tmp_path / "none").exists()


class Greet(BaseOperator):
    template_fields = ("name",)

    def __init__(self, name: str, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.name = name

    def execute(self, context: object) -> str:
        return f"hello {self.name}"


@pytest.mark.spec("2/PN-26")
def test_one_task_with_its_templates() -> None:
    result = run_task(Greet(task_id="greet", name="{{ ds }}"), "2024-02-29")
    assert (result.state, result.xcom("greet")) == ("success", "hello 2024-02-29")
    with DAG("two", start_date=DAY) as dag:
        first, second = Greet(task_id="a", name="a"), Greet(task_id="b", name="{{ params.who }}", params={"who": "x"})
        first >> second
    assert run_task(dag.get_task("b")).states == {"b": "success"}


@pytest.mark.spec("2/PN-25")
def test_given_answers_in_between_and_not_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path))
    with given(connections={"a": Connection(host="h", login="me"), "b": {"conn_type": "ftp"}}, variables={"v": [1]}):
        assert (BaseHook.get_connection("a").login, BaseHook.get_connection("b").conn_type) == ("me", "ftp")
        assert Variable.get("v", deserialize_json=True) == [1]
    with pytest.raises(AirflowNotFoundException):
        BaseHook.get_connection("a")


def test_dags_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from airflow import DAG\nimport pendulum\nit = DAG('mine', start_date=pendulum.datetime(2024, 1, 1))\n"
    )
    assert list(load_dags(file)) == ["mine"]


def test_an_unknown_task_of_a_result_is_named() -> None:
    with DAG("one", start_date=DAY) as dag:
        EmptyOperator(task_id="only")
    result = run_dag(dag)
    with pytest.raises(KeyError, match="Did you mean 'only'"):
        result.states["onyl"]
    with pytest.raises(KeyError, match="no task 'other'"):
        result.xcom("other")


def test_the_plugin_gives_its_fixtures_to_a_suite_that_knows_nothing_of_us(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(
        "from datetime import datetime\n"
        "def test_it(run_dag, run_task):\n"
        "    from tradewind import DAG\n"
        "    from tradewind.sdk.operators.empty import EmptyOperator\n"
        "    with DAG('d', start_date=datetime(2024, 1, 1)) as dag:\n"
        "        EmptyOperator(task_id='t')\n"
        "    assert run_dag(dag).states == {'t': 'success'}\n"
        "    assert run_task(dag.get_task('t')).success\n"
    )
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
