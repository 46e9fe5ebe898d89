"""Sensors as teams write them, on ``BaseSensorOperator``."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.doubles import ratings
from tests.doubles.ratings_components import RatingsSensor
from tradewind import compat
from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.dag import DAG
from tradewind.sdk.exceptions import AirflowException, AirflowSensorTimeout
from tradewind.sdk.local_run import make_facts, run_dag
from tradewind.sdk.operators.empty import EmptyOperator
from tradewind.sdk.sensors.base import BaseSensorOperator

START = datetime(2019, 1, 1)


class Counting(BaseSensorOperator):
    """True at the third look."""

    def __init__(self, needed: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.needed = needed
        self.pokes: list[int] = []

    def poke(self, context: Any) -> bool:
        self.pokes.append(1)
        return len(self.pokes) >= self.needed


@pytest.fixture
def movielens(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with ratings.serving() as service:
        monkeypatch.setenv("AIRFLOW_CONN_MOVIELENS", f"http://airflow:airflow@127.0.0.1:{service.port}")
        yield service


def daily() -> DAG:
    return DAG("d", start_date=START, schedule="@daily")


@pytest.mark.spec("2/SN-01")
def test_the_base_is_one_class_under_both_paths() -> None:
    compat.install()
    from airflow.sensors.base import BaseSensorOperator as New
    from airflow.sensors.base_sensor_operator import BaseSensorOperator as Old

    assert New is Old is BaseSensorOperator
    assert issubclass(New, BaseOperator)


@pytest.mark.spec("2/SN-02")
def test_the_check_must_be_written() -> None:
    with pytest.raises(AirflowException):
        BaseSensorOperator(task_id="a").poke({})


@pytest.mark.spec("2/SN-03", "2/SN-08")
def test_it_looks_again_until_true_and_only_then_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    with daily() as dag:
        wait = Counting(task_id="wait", poke_interval=0.001)
        wait >> EmptyOperator(task_id="after")
    with caplog.at_level(logging.INFO):
        assert dag.test(START).states == {"wait": "success", "after": "success"}
    assert len(wait.pokes) == 3
    assert "Success criteria met. Exiting." in caplog.text


@pytest.mark.spec("2/SN-03", "2/SN-08")
@pytest.mark.parametrize(
    ("soft", "state", "after"), [(False, "failed", "upstream_failed"), (True, "skipped", "skipped")]
)
def test_it_gives_up_after_its_time(soft: bool, state: str, after: str) -> None:
    with daily() as dag:
        wait = Counting(task_id="wait", needed=10**9, poke_interval=0.001, timeout=0.01, soft_fail=soft)
        wait >> EmptyOperator(task_id="after")
    ended = dag.test(START)
    assert ended.states == {"wait": state, "after": after}
    with pytest.raises(AirflowSensorTimeout):
        Counting(task_id="alone", needed=10**9, poke_interval=0.001, timeout=0.01).execute({})


@pytest.mark.spec("2/SN-03")
def test_the_defaults_are_the_usual_ones() -> None:
    sensor = Counting(task_id="a")
    assert (sensor.poke_interval, sensor.timeout, sensor.mode) == (60, 604800, "poke")
    assert (sensor.soft_fail, sensor.exponential_backoff) == (False, False)
    with pytest.raises(AirflowException, match="mode"):
        Counting(task_id="b", mode="pull")


@pytest.mark.spec("2/SN-03")
def test_in_reschedule_mode_each_look_is_an_execution_of_its_own() -> None:
    with daily() as dag:
        Counting(task_id="wait", mode="reschedule", poke_interval=30)
    slept: list[float] = []
    dag.test(START, sleep=slept.append)
    assert len(slept) == 2
    assert all(29 < seconds <= 30 for seconds in slept)


@pytest.mark.spec("2/SN-04", "2/SN-05", "2/SN-06")
def test_it_waits_for_the_period_of_the_run_and_leaks_nothing(movielens: Any, caplog: pytest.LogCaptureFixture) -> None:
    late = movielens.records
    movielens.records = []
    sensor = RatingsSensor(task_id="alone", conn_id="movielens", start_date="2019-01-02", end_date="2019-01-03")
    with caplog.at_level(logging.INFO):
        assert [sensor.poke({}) for _ in range(50)] == [False] * 50
    assert caplog.text.count("No ratings from 2019-01-02 to 2019-01-03, waiting...") == 50
    gc.collect()
    movielens.records = late
    assert sensor.poke({}) is True
    with daily() as dag:
        dag.default_args["conn_id"] = "movielens"
        RatingsSensor(task_id="wait", poke_interval=0.001)
    day = datetime(2019, 1, 2)
    ended = run_dag(dag, facts=make_facts(dag, day, "scheduled__2019-01-02T00:00:00+00:00", run_type="scheduled"))
    assert ended.state == "success"
    assert "start_date=2019-01-02&end_date=2019-01-03&offset=0&limit=1" in movielens.asked[-1]


@pytest.mark.spec("2/SN-07")
def test_an_error_of_the_check_fails_the_attempt_at_once() -> None:
    tries: list[int] = []

    class Broken(BaseSensorOperator):
        def poke(self, context: Any) -> bool:
            tries.append(context["ti"].try_number)
            raise ConnectionError("no route")

    with daily() as dag:
        Broken(task_id="a", poke_interval=0.001, retries=1, retry_delay=0)
    ended = dag.test(START, sleep=lambda _: None)
    assert ended.states == {"a": "failed"}
    assert tries == [1, 2]
    assert ended.finished[("a", -1)].error == "ConnectionError: no route"


@pytest.mark.spec("2/SN-09")
def test_the_check_can_be_called_by_itself(movielens: Any) -> None:
    there = RatingsSensor(task_id="t", conn_id="movielens", start_date="2019-01-01", end_date="2019-01-02")
    empty = RatingsSensor(task_id="u", conn_id="movielens", start_date="2030-01-01", end_date="2030-01-02")
    assert there.poke(context={}) is True
    assert empty.poke(context={}) is False
