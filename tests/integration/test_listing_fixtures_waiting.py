"""As ``test_listing_fixtures``, for DAGs that wait for files and for each other."""

from __future__ import annotations

import collections
import types
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.listings import FOLDER, Outside, make_outside
from tests.live_house import LiveHouse
from tradewind.clock import SystemClock
from tradewind.sdk.sensors import base as sensor_base

TODAY = SystemClock().now().replace(hour=0, minute=0, second=0, microsecond=0)
NOW = TODAY + timedelta(hours=18, minutes=30)


def before(days: int, hours: int = 0) -> datetime:
    return TODAY - timedelta(days=days) + timedelta(hours=hours)


THREE = [before(3, 16), before(2, 16), before(1, 16)]


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outside:
    """Time passes at once for sensors that wait in place."""
    hands = types.SimpleNamespace(now=0.0)

    def sleep(seconds: float) -> None:
        hands.now += seconds

    import time

    monkeypatch.setattr(
        sensor_base, "time", types.SimpleNamespace(monotonic=lambda: hands.now, sleep=sleep, time=time.time)
    )
    made = make_outside(tmp_path / "data", monkeypatch)
    monkeypatch.setenv("AIRFLOW_CONN_FS_DEFAULT", "fs://@?path=/")
    made.hands = hands
    return made


@pytest.fixture
def house(sqlite_store, outside) -> LiveHouse:
    return LiveHouse(sqlite_store, NOW)


def put(house: LiveHouse, name: str) -> list[str]:
    return house.load(FOLDER / "chapter06" / f"{name}.py", FOLDER)


def deliver(outside: Outside, *markets: int) -> None:
    for market in markets:
        folder = outside.home / f"supermarket{market}"
        folder.mkdir(exist_ok=True)
        for name in ("data.csv", "data-01.csv", "_SUCCESS"):
            (folder / name).write_text("1")


def missing_market(outside: Outside):
    """Orders of sensors whose market has delivered nothing."""
    return lambda order: (
        order.task_id.startswith("wait_for_supermarket")
        and not (outside.home / f"supermarket{order.task_id[-1]}").exists()
    )


@pytest.mark.spec("1/DF-24", "1/DF-35", "1/AU-16")
def test_runs_at_four_in_the_afternoon(house) -> None:
    for name in ("figure_6_1", "listing_6_3"):
        [dag_id] = put(house, name)
        house.live()
        assert house.dates(dag_id) == THREE
        assert house.run_states(dag_id) == ["success"] * 3
    assert house.specs["listing_6_03"].max_active_tasks == 50


@pytest.mark.spec("1/DF-25", "1/SN-22", "1/SN-23", "1/AU-14")
def test_sensors_at_the_head_of_each_chain(house, outside) -> None:
    [dag_id] = put(house, "figure_6_5")
    deliver(outside, 1)
    house.waits = missing_market(outside)
    house.live()
    first, second, third = house.runs(dag_id)
    states = house.states(first)
    assert states["process_supermarket_1"] == "success"
    assert [states[f"wait_for_supermarket_{n}"] for n in (2, 3, 4)] == ["running"] * 3
    assert states["create_metrics"] == "none"
    for later in (second, third):  # depends_on_past: one open sensor per market, and none of the others starts
        assert [house.states(later)[f"wait_for_supermarket_{n}"] for n in (2, 3, 4)] == ["none"] * 3
        assert house.states(later)["process_supermarket_1"] == "success"
    deliver(outside, 2, 3, 4)
    house.live()
    assert house.run_states(dag_id) == ["success"] * 3
    assert {s for run_id in (first, second, third) for s in house.states(run_id).values()} == {"success"}


@pytest.mark.spec("1/AU-14")
def test_a_failed_task_holds_back_its_later_selves_until_it_is_cleared(house, outside) -> None:
    from tradewind.actions.clear_tasks import clear_tasks

    [dag_id] = put(house, "figure_6_5")
    deliver(outside, 1, 2, 3, 4)
    sensor = house.dags[dag_id].task_dict["wait_for_supermarket_2"]
    sensor.filepath = "{{ no_such_name }}"
    house.live()
    runs = house.runs(dag_id)
    assert [house.states(r)["wait_for_supermarket_2"] for r in runs] == ["failed", "none", "none"]
    sensor.filepath = str(outside.home / "supermarket2" / "data.csv")
    clear_tasks(house.act, dag_id, runs[0], ["wait_for_supermarket_2"], downstream=True)
    house.scheduler.wake()
    house.live()
    assert [house.states(r)["wait_for_supermarket_2"] for r in runs] == ["success"] * 3


@pytest.mark.spec("1/DF-26", "1/SN-09", "1/SN-11")
def test_a_condition_of_our_own_is_waited_for_ten_minutes(house, outside) -> None:
    [dag_id] = put(house, "figure_6_6")
    deliver(outside, 1, 2, 3)
    house.live()
    states = house.states(house.runs(dag_id)[0])
    assert states["wait_for_supermarket_1"] == "success"
    assert states["wait_for_supermarket_4"] == "failed"
    assert states["create_metrics"] == "upstream_failed"
    assert 600 < outside.hands.now <= 660 + 1
    assert "Snap. Time is OUT." in house.log(dag_id, house.runs(dag_id)[0], "wait_for_supermarket_4")
    deliver(outside, 4)
    run_id = house.trigger("figure_6_06", run_id="all-here")
    # depends_on_past is about the runs of the schedule before it
    for earlier in house.runs(dag_id)[:3]:
        from tradewind.actions.mark_task import mark_task

        mark_task(house.act, dag_id, earlier, "wait_for_supermarket_4", "success")
    house.scheduler.wake()
    house.live()
    assert house.states(run_id)["wait_for_supermarket_4"] == "success"


@pytest.mark.spec("1/DF-27", "1/SN-16", "1/SN-14", "1/AU-16")
def test_waiting_sensors_fill_the_dag(sqlite_store, outside) -> None:
    house = LiveHouse(sqlite_store, before(13, 17))
    [dag_id] = put(house, "figure_6_8")
    deliver(outside, 1)
    house.waits = missing_market(outside)
    house.live()
    held = [len(house.executor.held)]
    for _ in range(13):
        house.pass_time(86400)
        held.append(len(house.executor.held))
    assert held == [3, 6, 9, 12, 15] + [16] * 9
    assert len(house.dates(dag_id)) == 14
    states = collections.Counter(
        row[0] for row in house.rows("SELECT t.state FROM task_instance t JOIN dag_run r ON r.id = t.run_pk")
    )
    assert states["running"] == 16
    assert states["queued"] == 0
    assert states["scheduled"] > 0
    assert put(house, "listing_6_3") == ["listing_6_03"]
    house.live()
    assert house.run_states("listing_6_03") == ["success"] * 3


@pytest.mark.spec("1/DF-28", "1/SN-17", "1/SN-15")
def test_rescheduled_sensors_hold_nothing(house, outside) -> None:
    [dag_id] = put(house, "figure_6_9")
    deliver(outside, 1)
    house.live()
    for run_id in house.runs(dag_id):
        states = house.states(run_id)
        assert states["process_supermarket_1"] == "success"
        assert [states[f"wait_for_supermarket_{n}"] for n in (2, 3, 4)] == ["up_for_reschedule"] * 3
    assert not house.executor.held
    deliver(outside, 2, 3, 4)
    house.pass_time(61)
    assert house.run_states(dag_id) == ["success"] * 3
    tries = house.rows("SELECT DISTINCT try_number FROM task_instance WHERE task_id LIKE 'wait_for%'")
    assert [tuple(row) for row in tries] == [(1,)]


@pytest.mark.spec("1/DF-29")
def test_chains_of_their_own(house, outside) -> None:
    [dag_id] = put(house, "figure_6_11")
    deliver(outside, 1, 3)
    house.waits = missing_market(outside)
    house.live()
    states = house.states(house.runs(dag_id)[0])
    assert [states[f"create_metrics_{n}"] for n in (1, 2, 3, 4)] == ["success", "none", "success", "none"]
    deliver(outside, 2, 4)
    house.live()
    assert house.run_states(dag_id) == ["success"] * 3


@pytest.mark.spec("1/DF-30", "1/SN-10")
@pytest.mark.parametrize(("name", "sensors"), [("figure_6_12", 4), ("listing_6_2", 1)])
def test_a_wrong_argument_fails_the_sensor_at_its_first_check(house, outside, name, sensors) -> None:
    [dag_id] = put(house, name)
    house.live()
    states = house.states(house.runs(dag_id)[0])
    assert [states[f"wait_for_supermarket_{n}"] for n in range(1, sensors + 1)] == ["failed"] * sensors
    assert {s for t, s in states.items() if not t.startswith("wait")} <= {"upstream_failed"}
    assert outside.hands.now == 0
    assert "TypeError" in house.log(dag_id, house.runs(dag_id)[0], "wait_for_supermarket_1")


@pytest.mark.spec("1/DF-31", "1/TG-04", "1/TG-01")
def test_dags_start_dags(house) -> None:
    ids = put(house, "figure_6_17")
    house.live()
    runs = {dag_id[len("figure_6_17_") :]: len(house.runs(dag_id)) for dag_id in ids}
    assert runs == {
        "example_1_dag_1": 3, "example_1_dag_2": 3,
        "example_2_dag_1": 3, "example_2_dag_2": 3, "example_2_dag_3": 3, "example_2_dag_4": 9,
        "example_3_dag_1": 3, "example_3_dag_2": 3, "example_3_dag_3": 3, "example_3_dag_4": 3,
    }  # fmt: skip
    assert {state for dag_id in ids for state in house.run_states(dag_id)} == {"success"}
    assert all(run_id.startswith("manual__") for run_id in house.runs("figure_6_17_example_2_dag_4"))


@pytest.mark.spec("1/DF-32", "1/ET-09")
def test_a_report_waits_for_tasks_of_other_dags_of_the_same_date(house, outside) -> None:
    put(house, "figure_6_19")
    house.live()
    same = house.trigger("figure_6_19_dag_4", run_id="same-date", logical_date=before(1))
    other = house.trigger("figure_6_19_dag_4", run_id="other-date", logical_date=NOW)
    house.waits = lambda order: order.run.run_id == "other-date"
    house.live()
    assert set(house.states(same).values()) == {"success"}
    states = house.states(other)
    assert [states[f"wait_for_etl_dag_{n}"] for n in (1, 2, 3)] == ["running"] * 3
    assert states["report"] == "none"
    house.waits = lambda order: False
    house.live()
    assert set(house.states(other).values()) == {"failed", "upstream_failed"}
    assert outside.hands.now >= 3 * 604800  # each waited for its seven days


@pytest.mark.spec("1/DF-33", "1/ET-10", "1/ET-03")
@pytest.mark.parametrize(("hours", "state"), [(6, "failed"), (2, "success")])
def test_an_offset_must_hit_a_tick(house, outside, hours, state) -> None:
    put(house, "figure_6_20")
    sensor = house.dags["figure_6_20_dag_2"].task_dict["wait_for_process_supermarket"]
    sensor.execution_delta = timedelta(hours=hours)
    house.live()
    assert house.dates("figure_6_20_dag_2") == [before(3, 18), before(2, 18), before(1, 18)]
    assert house.run_states("figure_6_20_dag_2") == [state] * 3
    run_id = house.runs("figure_6_20_dag_2")[0]
    said = house.log("figure_6_20_dag_2", run_id, "wait_for_process_supermarket")
    assert f"on {before(3, 18 - hours).isoformat()}" in said


@pytest.mark.spec("1/DF-34", "1/SN-04", "1/SN-03")
def test_a_file_is_waited_for(house, outside) -> None:
    [dag_id] = put(house, "listing_6_1")
    house.waits = missing_market(outside)
    house.live()
    run_id = house.runs(dag_id)[0]
    assert house.states(run_id) == {"wait_for_supermarket_1": "running"}
    deliver(outside, 1)
    house.live()
    assert house.run_states(dag_id) == ["success"] * 3
    said = house.log(dag_id, run_id, "wait_for_supermarket_1")
    assert f"Poking for file {outside.home}/supermarket1/data.csv" in said
    assert outside.hands.now == 0


@pytest.mark.spec("1/DF-36", "1/TG-03")
def test_four_triggers_in_one_run_make_four_runs(house, outside) -> None:
    deliver(outside, 1, 2, 3, 4)
    put(house, "listing_6_4")
    house.live()
    assert house.run_states("listing_6_04_dag01") == ["success"] * 3
    assert len(house.runs("listing_6_04_dag02")) == 12
    dates = house.rows("SELECT COUNT(DISTINCT logical_date) FROM dag_run WHERE dag_id = 'listing_6_04_dag02'")
    assert dates[0][0] == 12


@pytest.mark.spec("1/DF-37", "1/RC-10", "1/EX-10")
def test_each_run_prints_its_own_conf(house) -> None:
    [dag_id] = put(house, "listing_6_8")
    one = house.trigger(dag_id, run_id="one", conf={"supermarket": 1})
    two = house.trigger(dag_id, run_id="two", conf={"supermarket": 2})
    none = house.trigger(dag_id, run_id="none")
    house.live()
    for run_id, conf in ((one, "{'supermarket': 1}"), (two, "{'supermarket': 2}"), (none, "{}")):
        for task_id in ("copy_to_raw", "process", "create_metrics"):
            assert conf in house.log(dag_id, run_id, task_id).splitlines()
