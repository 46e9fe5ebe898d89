"""Sensors, triggered runs and waiting for other DAGs: real tasks on the real scheduler, the clock moved by hand."""

from __future__ import annotations

import itertools
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.live_house import LiveHouse
from tradewind.actions.clear_tasks import clear_tasks
from tradewind.actions.mark_task import mark_task
from tradewind.actions.pause_dag import pause_dag
from tradewind.errors import InvalidArgument
from tradewind.sdk.dag import DAG
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.operators.empty import EmptyOperator
from tradewind.sdk.operators.python import PythonOperator
from tradewind.sdk.operators.trigger_dagrun import TriggerDagRunOperator
from tradewind.sdk.sensors import base as sensor_base
from tradewind.sdk.sensors.external_task import ExternalTaskMarker, ExternalTaskSensor
from tradewind.sdk.sensors.python import PythonSensor
from tradewind.settings import load_settings
from tradewind.store.engine import run as run_sql

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def house(sqlite_store, monkeypatch: pytest.MonkeyPatch) -> LiveHouse:
    """Tasks and sensors read the clock of the house."""
    made = LiveHouse(sqlite_store, NOW)
    made.clock_of_tasks = made.clock
    monkeypatch.setattr(sensor_base, "_now", made.clock.now)
    return made


def manual(dag_id: str, **more: Any) -> DAG:
    return DAG(dag_id, schedule=None, start_date=START, **more)


def never() -> bool:
    return False


def starts(house: LiveHouse) -> list[int]:
    """Try numbers of the attempts so far."""
    return [order.try_number for order in house.executor.orders]


@pytest.mark.spec("1/SN-11", "1/SN-12", "1/SN-15")
def test_a_rescheduled_sensor_counts_its_time_out_from_the_first_check_of_the_try(house):
    with manual("d", default_args={"retries": 1, "retry_delay": timedelta(seconds=30)}) as dag:
        PythonSensor(task_id="s", python_callable=never, mode="reschedule", poke_interval=60, timeout=100)
    house.add(dag)
    run_id = house.trigger("d")
    house.live()
    assert house.states(run_id) == {"s": "up_for_reschedule"}
    house.pass_time(60)
    assert house.states(run_id) == {"s": "up_for_reschedule"}
    house.pass_time(60)  # 120 s after the first check: over
    assert house.states(run_id) == {"s": "up_for_retry"}
    assert "AirflowSensorTimeout" in house.log("d", run_id, "s")
    assert starts(house) == [1, 1, 1]
    house.pass_time(30)  # the retry starts a new clock
    house.pass_time(60)
    assert house.states(run_id) == {"s": "up_for_reschedule"}
    house.pass_time(60)
    assert house.states(run_id) == {"s": "failed"}
    assert starts(house) == [1, 1, 1, 2, 2, 2]


@pytest.mark.spec("1/SN-13")
def test_soft_fail_skips_when_no_try_is_left(house):
    with manual("d") as dag:
        wait = PythonSensor(
            task_id="s", python_callable=never, mode="reschedule", poke_interval=60, timeout=50, soft_fail=True
        )
        wait >> EmptyOperator(task_id="after")
    house.add(dag)
    run_id = house.trigger("d")
    house.live()
    house.pass_time(60)
    assert house.states(run_id) == {"s": "skipped", "after": "skipped"}


@pytest.mark.spec("1/SN-17")
def test_between_checks_a_rescheduled_sensor_holds_no_slot(house):
    with manual("d", max_active_tasks=1) as dag:
        for n in range(5):
            PythonSensor(task_id=f"s{n}", python_callable=never, mode="reschedule", poke_interval=60)
        PythonOperator(task_id="work", python_callable=int)
    house.add(dag)
    run_id = house.trigger("d")
    house.live()
    assert house.states(run_id) == {f"s{n}": "up_for_reschedule" for n in range(5)} | {"work": "success"}
    assert house.rows("SELECT COUNT(*) FROM task_instance WHERE state IN ('queued', 'running')")[0][0] == 0


def sensors(dag_id: str, number: int, **more: Any) -> DAG:
    with manual(dag_id, **more) as dag:
        for n in range(number):
            PythonSensor(task_id=f"s{n}", python_callable=never)
    return dag


def running(house: LiveHouse, dag_id: str | None = None) -> int:
    where = "" if dag_id is None else f" AND dag_id = '{dag_id}'"
    return house.rows(f"SELECT COUNT(*) FROM task_instance WHERE state = 'running'{where}")[0][0]


@pytest.mark.spec("1/SN-14", "1/SN-18")
def test_poking_sensors_hold_the_slots_of_their_dag_up_to_its_own_limit(house):
    house.waits = lambda order: True
    house.add(sensors("usual", 20))
    house.trigger("usual")
    house.live()
    assert running(house, "usual") == 16
    mark = house.rows("SELECT run_id FROM dag_run WHERE dag_id = 'usual'")[0][0]
    for n in range(20):
        mark_task(house.act, "usual", mark, f"s{n}", "success")
    house.scheduler.wake()
    house.live()
    house.add(sensors("wide", 20, concurrency=18))
    house.trigger("wide")
    house.live()
    assert running(house, "wide") == 18


@pytest.mark.spec("1/SN-19")
def test_parallelism_is_the_ceiling_over_all_dags(house):
    house.waits = lambda order: True
    for name in ("one", "two", "three"):
        house.add(sensors(name, 14))
        house.trigger(name)
    house.live()
    assert running(house) == 32
    with manual("other") as dag:
        PythonOperator(task_id="work", python_callable=int)
    house.add(dag)
    run_id = house.trigger("other")
    house.live()
    assert house.states(run_id, "other") == {"work": "scheduled"}


@pytest.mark.spec("1/SN-20")
def test_a_pool_holds_back_sensors_and_an_unknown_one_is_reported(house, caplog):
    with house.store.write() as conn:
        text = "INSERT INTO pool (name, slots, description, include_deferred) VALUES (?, ?, '', ?)"
        run_sql(conn, text, [("sensors", 2, False)])
    house.waits = lambda order: True
    with manual("d") as dag:
        for n in range(5):
            PythonSensor(task_id=f"s{n}", python_callable=never, pool="sensors")
        PythonSensor(task_id="lost", python_callable=never, pool="sensros")
    house.add(dag)
    with caplog.at_level(logging.WARNING, "tradewind.scheduler"):
        run_id = house.trigger("d")
        house.live()
    assert running(house) == 2
    assert house.states(run_id)["lost"] == "scheduled"
    assert "Task d.lost waits for pool 'sensros', which does not exist" in caplog.text
    assert caplog.text.count("sensros") >= 1


@pytest.mark.spec("1/SN-24")
@pytest.mark.parametrize("verb", ["success", "failed", "clear"])
def test_marking_a_poking_sensor_stops_its_process_at_once(house, verb):
    house.waits = lambda order: len(house.executor.orders) == 1
    with manual("d") as dag:
        PythonSensor(task_id="s", python_callable=lambda: True)
    house.add(dag)
    run_id = house.trigger("d")
    house.live()
    (order,) = house.executor.orders
    assert house.states(run_id) == {"s": "running"}
    if verb == "clear":
        clear_tasks(house.act, "d", run_id, ["s"])
    else:
        mark_task(house.act, "d", run_id, "s", verb)
    house.scheduler.wake()
    house.live()
    assert order.attempt_id in house.executor.cancelled
    assert house.states(run_id) == {"s": "success" if verb == "clear" else verb}


@pytest.mark.spec("1/SN-24")
def test_marking_a_sensor_between_its_checks_ends_the_checks(house):
    with manual("d") as dag:
        PythonSensor(task_id="s", python_callable=never, mode="reschedule", poke_interval=60)
    house.add(dag)
    run_id = house.trigger("d")
    house.live()
    mark_task(house.act, "d", run_id, "s", "success")
    house.pass_time(120)
    assert house.states(run_id) == {"s": "success"}
    assert len(house.executor.orders) == 1


@pytest.mark.spec("1/SN-25")
def test_backoff_grows_and_never_goes_beyond_the_time_that_is_left(house):
    checks: list[float] = []
    with manual("d") as dag:
        PythonSensor(
            task_id="s", mode="reschedule", poke_interval=10, timeout=200, exponential_backoff=True,
            python_callable=lambda: checks.append((house.clock.now() - NOW).total_seconds()),
        )  # fmt: skip
    house.add(dag)
    run_id = house.trigger("d")
    house.live()
    for _ in range(400):
        house.pass_time(1)
    assert house.states(run_id) == {"s": "failed"}
    pauses = [b - a for a, b in itertools.pairwise(checks)]
    assert len(pauses) >= 3
    assert pauses[:-1] == sorted(pauses[:-1])
    assert pauses[1] > pauses[0] >= 10
    assert checks[-1] <= 202


def target(house: LiveHouse) -> None:
    with manual("below") as dag:
        PythonOperator(task_id="work", python_callable=int)
    house.add(dag)


@pytest.mark.spec("1/TG-05")
def test_a_run_of_a_paused_dag_is_made_and_waits(house):
    target(house)
    pause_dag(house.act, "below", True)
    with manual("above") as dag:
        TriggerDagRunOperator(task_id="t", trigger_dag_id="below")
    house.add(dag)
    run_id = house.trigger("above")
    house.live()
    assert house.states(run_id, "above") == {"t": "success"}
    assert house.run_states("below") == ["queued"]
    pause_dag(house.act, "below", False)
    house.scheduler.wake()
    house.live()
    assert house.run_states("below") == ["success"]


@pytest.mark.spec("1/TG-06", "1/TG-07")
def test_clearing_does_not_cross_dags_and_a_cleared_trigger_makes_a_further_run(house):
    target(house)
    with manual("above") as dag:
        first = PythonOperator(task_id="first", python_callable=int)
        first >> TriggerDagRunOperator(task_id="t", trigger_dag_id="below")
    house.add(dag)
    run_id = house.trigger("above")
    house.live()
    (made,) = house.runs("below")
    before = house.ran.count(("below", made, "work"))
    clear_tasks(house.act, "above", run_id, ["first"])
    house.scheduler.wake()
    house.live()
    assert house.ran.count(("above", run_id, "first")) == 2
    assert house.ran.count(("below", made, "work")) == before  # untouched
    clear_tasks(house.act, "above", run_id, ["t"])
    house.scheduler.wake()
    house.live()
    assert len(house.runs("below")) == 2
    assert house.ran.count(("below", made, "work")) == before


@pytest.mark.spec("1/TG-10")
@pytest.mark.parametrize("ends", ["success", "failed"])
def test_a_task_may_wait_for_the_run_it_started(house, ends, monkeypatch):
    def work() -> None:
        if ends == "failed":
            raise AirflowException("no")

    with manual("below") as dag:
        PythonOperator(task_id="work", python_callable=work)
    house.add(dag)
    with manual("above") as dag:
        TriggerDagRunOperator(task_id="t", trigger_dag_id="below", wait_for_completion=True, poke_interval=1)
    house.add(dag)
    from tradewind.sdk.operators import trigger_dagrun

    def others_go_on(seconds: float) -> None:
        """While the task sleeps, the scheduler runs what it started."""
        house.scheduler.wake()
        house.settle()
        for order in list(house.executor.held.values()):
            if order.run.dag_id == "below":
                house.executor.begin(order)
                house.settle()
                house.do(order)
        house.settle()

    monkeypatch.setattr(trigger_dagrun.time, "sleep", others_go_on)
    run_id = house.trigger("above")
    house.live()
    assert house.run_states("below") == [ends]
    assert house.states(run_id, "above") == {"t": ends}


DAY = timedelta(days=1)


def day(n: int) -> datetime:
    return START + n * DAY


def made_on(house: LiveHouse, *days: int) -> None:
    for n in days:
        house.trigger("other", logical_date=day(n), run_id=f"day{n}")
    house.live()


def other(house: LiveHouse) -> None:
    with manual("other") as dag:
        PythonOperator(task_id="etl", python_callable=int)
    house.add(dag)


@pytest.mark.spec("1/ET-04", "1/ET-11")
def test_all_computed_dates_must_be_there_and_the_sensor_gives_its_slot_back_meanwhile(house):
    other(house)

    def dates(logical_date: datetime, ds: str) -> list[datetime]:
        assert ds == "2026-01-03"
        return [logical_date, logical_date - DAY]

    with manual("mine") as dag:
        ExternalTaskSensor(
            task_id="s", external_dag_id="other", external_task_id="etl", execution_date_fn=dates,
            mode="reschedule", poke_interval=60, timeout=600,
        )  # fmt: skip
    house.add(dag)
    run_id = house.trigger("mine", logical_date=day(2))
    made_on(house, 2)
    house.pass_time(60)
    assert house.states(run_id, "mine") == {"s": "up_for_reschedule"}
    made_on(house, 1)
    house.pass_time(60)
    assert house.states(run_id, "mine") == {"s": "success"}


@pytest.mark.spec("1/ET-11")
def test_a_sensor_of_another_dag_runs_out_of_time_as_any_other(house):
    other(house)
    with manual("mine") as dag:
        ExternalTaskSensor(
            task_id="s", external_dag_id="other", external_task_id="etl", mode="reschedule", poke_interval=60,
            timeout=50, soft_fail=True,
        )  # fmt: skip
    house.add(dag)
    run_id = house.trigger("mine", logical_date=day(5))
    house.live()
    house.pass_time(60)
    assert house.states(run_id, "mine") == {"s": "skipped"}


def marked(house: LiveHouse, **more: Any) -> str:
    """ "up" marks "down.b", which marks "deep.c"; all have run for one date. The run id of up."""
    with manual("deep") as deep:
        EmptyOperator(task_id="c") >> PythonOperator(task_id="d", python_callable=int)
    with manual("down") as down:
        before = PythonOperator(task_id="before", python_callable=int)
        (
            before
            >> EmptyOperator(task_id="b")
            >> ExternalTaskMarker(task_id="m", external_dag_id="deep", external_task_id="c")
        )
    with manual("up") as up:
        first = PythonOperator(task_id="first", python_callable=int)
        first >> ExternalTaskMarker(task_id="m", external_dag_id="down", external_task_id="b", **more)
    for dag in (deep, down, up):
        house.add(dag)
        house.trigger(dag.dag_id, logical_date=day(1), run_id="r")
    house.live()
    return "r"


@pytest.mark.spec("1/ET-13")
def test_clearing_recursively_goes_on_behind_markers(house):
    run_id = marked(house)
    plain = clear_tasks(house.act, "up", run_id, ["first"], downstream=True, dry_run=True)
    assert {key.dag_id for key in plain} == {"up"}
    told = clear_tasks(house.act, "up", run_id, ["first"], downstream=True, recursive=True, dry_run=True)
    names = {f"{key.dag_id}.{key.task_id}" for key in told}
    assert names == {"up.first", "up.m", "down.b", "down.m", "deep.c", "deep.d"}
    ran = len(house.ran)
    clear_tasks(house.act, "up", run_id, ["first"], downstream=True, recursive=True)
    house.scheduler.wake()
    house.live()
    again = [f"{dag_id}.{task_id}" for dag_id, _, task_id in house.ran[ran:]]
    assert sorted(again) == ["deep.d", "up.first"]
    assert house.run_states("down") == house.run_states("deep") == ["success"]


@pytest.mark.spec("1/ET-13")
def test_a_marker_may_compute_its_date(house):
    run_id = marked(house, logical_date="{{ macros.ds_add(ds, 1) }}T00:00:00+00:00")
    told = clear_tasks(house.act, "up", run_id, ["m"], recursive=True, dry_run=True)
    assert [key.task_id for key in told] == ["m"]  # the other DAG has no run for the next day
    house.trigger("down", logical_date=day(2), run_id="next")
    house.live()
    told = clear_tasks(house.act, "up", run_id, ["m"], recursive=True, dry_run=True)
    assert ("down", "next", "b", -1) in told


@pytest.mark.spec("1/ET-13")
def test_markers_in_a_circle_end_with_a_sentence(house):
    for one, two in (("ping", "pong"), ("pong", "ping")):
        with manual(one) as dag:
            ExternalTaskMarker(
                task_id="m", external_dag_id=two, external_task_id="m", recursion_depth=2,
                logical_date="{{ macros.ds_add(ds, 1) }}T00:00:00+00:00",
            )  # fmt: skip
        house.add(dag)
    for n in range(6):
        for name in ("ping", "pong"):
            house.trigger(name, logical_date=day(n), run_id=f"r{n}")
    house.live()
    with pytest.raises(InvalidArgument, match="recursion_depth"):
        clear_tasks(house.act, "ping", "r0", ["m"], recursive=True)


@pytest.mark.spec("1/ET-12")
def test_the_ids_of_the_other_dag_may_be_templates(house):
    other(house)
    with manual("mine", params={"which": "other"}) as dag:
        ExternalTaskSensor(
            task_id="s", external_dag_id="{{ params.which }}", external_task_id="{{ 'et' ~ 'l' }}",
            mode="reschedule", poke_interval=60,
        )  # fmt: skip
    house.add(dag)
    made_on(house, 4)
    run_id = house.trigger("mine", logical_date=day(4))
    house.live()
    assert house.states(run_id, "mine") == {"s": "success"}
    assert "Poking for other.etl on 2026-01-05" in house.log("mine", run_id, "s")


@pytest.mark.spec("1/SN-21")
def test_the_keys_of_smart_sensors_are_tolerated(tmp_path):
    (tmp_path / "airflow.cfg").write_text(
        "[smart_sensor]\nuse_smart_sensor = True\nshards = 5\nshard_code_upper_limit = 10000\n"
        "sensors_enabled = NamedHivePartitionSensor\n"
    )
    load_settings({"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__SMART_SENSOR__USE_SMART_SENSOR": "True"})

    class Old(PythonSensor):
        poke_context_fields = ("python_callable",)

    with manual("d") as dag:
        Old(task_id="s", python_callable=never)
    assert dag.task_ids == ["s"]
