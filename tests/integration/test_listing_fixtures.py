"""DAG files in the shapes of an older tutorial: each loads unchanged, gets the runs its schedule says, and runs to the end.

The scheduler, the store and the tasks are real (``tests.live_house``); the moment is today, 16:30 UTC.
"""

from __future__ import annotations

import collections
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.listings import FOLDER, Outside, make_outside
from tests.live_house import LiveHouse
from tradewind import compat
from tradewind.clock import SystemClock
from tradewind.sdk.freeze import freeze
from tradewind.sdk.loading import load_file

#: What each file declares: file, DAG id, tasks, edges.
DECLARED = """
chapter01/01_umbrella 01_umbrella 7 6
chapter02/download_rocket_launches download_rocket_launches 3 2
chapter02/listing_2_10 listing_2_10 3 2
chapter02/listing_2_2 listing_2_02 3 2
chapter02/listing_2_3 listing_2_03 0 0
chapter02/listing_2_4 listing_2_04 1 0
chapter02/listing_2_6 listing_2_06 2 1
chapter03/01_unscheduled 01_unscheduled 2 1
chapter03/02_daily_schedule 02_daily_schedule 2 1
chapter03/03_with_end_date 03_with_end_date 2 1
chapter03/04_time_delta 04_time_delta 2 1
chapter03/05_query_with_dates 05_query_with_dates 2 1
chapter03/06_templated_query 06_templated_query 2 1
chapter03/07_templated_query_ds 07_templated_query_ds 2 1
chapter03/08_templated_path 08_templated_path 2 1
chapter03/09_no_catchup 09_no_catchup 2 1
chapter03/10_non_atomic_send 10_non_atomic_send 2 1
chapter03/11_atomic_send 11_atomic_send 3 2
chapter04/listing_4_1 listing_4_01 1 0
chapter04/listing_4_3 listing_4_03 1 0
chapter04/listing_4_5 listing_4_05 1 0
chapter04/listing_4_7 listing_4_07 1 0
chapter04/listing_4_8 listing_4_08 1 0
chapter04/listing_4_13 listing_4_13 1 0
chapter04/listing_4_15 listing_4_15 3 2
chapter04/listing_4_18 listing_4_18 3 2
chapter04/listing_4_20 listing_4_20 4 3
chapter05/01_start 01_start 8 8
chapter05/02_branch_function 02_branch_function 8 8
chapter05/02_branch_task 02_branch_function 8 8
chapter05/03_branch_dag 03_branch_dag 11 12
chapter05/04_branch_dag_join 04_branch_dag_join 12 13
chapter05/05_condition_task 05_condition_function 12 13
chapter05/06_condition_dag 06_condition_dag 13 14
chapter05/07_condition_dag_op 07_condition_dag_op 13 14
chapter05/08_trigger_rules 08_trigger_rules 8 8
chapter05/09_xcoms 10_xcoms 8 8
chapter05/10_xcoms_template 10_xcoms_template 8 8
chapter05/11_xcoms_return 11_xcoms_return 8 8
chapter05/12_taskflow 12_taskflow 2 1
chapter05/13_taskflow_full 13_taskflow_full 8 8
chapter06/figure_6_1 figure_6_01 9 8
chapter06/figure_6_5 figure_6_05 13 12
chapter06/figure_6_6 figure_6_06 13 12
chapter06/figure_6_8 figure_6_08 9 8
chapter06/figure_6_9 figure_6_09 13 12
chapter06/figure_6_11 figure_6_11 16 12
chapter06/figure_6_12 figure_6_12 28 24
chapter06/figure_6_17 figure_6_17_example_1_dag_1 2 1
chapter06/figure_6_17 figure_6_17_example_1_dag_2 1 0
chapter06/figure_6_17 figure_6_17_example_2_dag_1 2 1
chapter06/figure_6_17 figure_6_17_example_2_dag_2 2 1
chapter06/figure_6_17 figure_6_17_example_2_dag_3 2 1
chapter06/figure_6_17 figure_6_17_example_2_dag_4 1 0
chapter06/figure_6_17 figure_6_17_example_3_dag_1 4 3
chapter06/figure_6_17 figure_6_17_example_3_dag_2 1 0
chapter06/figure_6_17 figure_6_17_example_3_dag_3 1 0
chapter06/figure_6_17 figure_6_17_example_3_dag_4 1 0
chapter06/figure_6_19 figure_6_19_dag_1 1 0
chapter06/figure_6_19 figure_6_19_dag_2 1 0
chapter06/figure_6_19 figure_6_19_dag_3 1 0
chapter06/figure_6_19 figure_6_19_dag_4 4 3
chapter06/figure_6_20 figure_6_20_dag_1 2 1
chapter06/figure_6_20 figure_6_20_dag_2 2 1
chapter06/listing_6_1 listing_6_01 1 0
chapter06/listing_6_2 listing_6_02 1 0
chapter06/listing_6_3 listing_6_03 1 0
chapter06/listing_6_4 listing_6_04_dag01 16 12
chapter06/listing_6_4 listing_6_04_dag02 3 1
chapter06/listing_6_8 listing_6_08 3 2
"""
ROWS = [line.split() for line in DECLARED.split("\n") if line]
TODAY = SystemClock().now().replace(hour=0, minute=0, second=0, microsecond=0)
NOW = TODAY + timedelta(hours=16, minutes=30)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def before(days: int) -> datetime:
    return TODAY - timedelta(days=days)


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outside:
    return make_outside(tmp_path / "data", monkeypatch)


@pytest.fixture
def house(sqlite_store) -> LiveHouse:
    return LiveHouse(sqlite_store, NOW)


def put(house: LiveHouse, name: str) -> list[str]:
    return house.load(FOLDER / f"{name}.py", FOLDER)


def all_success(house: LiveHouse, dag_id: str) -> None:
    for run_id in house.runs(dag_id):
        assert set(house.states(run_id, dag_id).values()) <= {"success"}, run_id
    assert set(house.run_states(dag_id)) == {"success"}


@pytest.mark.spec("1/AU-04", "1/AU-22", "1/AU-23", "1/AU-08", "1/AU-17", "1/CF-14", "1/CF-15", "1/DP-06")
def test_every_file_loads_with_the_dags_tasks_and_edges_it_declares(outside) -> None:
    compat.install()
    found, files = [], sorted(FOLDER.rglob("*.py"))
    for file in files:
        loaded = load_file(file, FOLDER)
        name = str(file.relative_to(FOLDER).with_suffix(""))
        for dag_id, dag in loaded.dags.items():
            spec = freeze(dag, fileloc=str(file))
            found.append([name, dag_id, str(len(spec.tasks)), str(sum(len(t.upstream) for t in spec.tasks))])
    assert sorted(found) == sorted(ROWS)
    assert (len(files), len(found), len({row[1] for row in found})) == (56, 70, 69)
    chains = collections.Counter(row[0] for row in found)
    assert chains["chapter06/figure_6_17"] == 10
    assert chains["chapter06/figure_6_19"] == 4


@pytest.mark.spec("1/DF-01", "1/AU-01")
def test_01_umbrella(house) -> None:
    put(house, "chapter01/01_umbrella")
    house.live()
    assert house.dates("01_umbrella") == [before(days) for days in (5, 4, 3, 2, 1)]
    all_success(house, "01_umbrella")


@pytest.mark.spec("1/DF-02", "1/DF-03", "1/FH-06")
@pytest.mark.parametrize("name", ["download_rocket_launches", "listing_2_10", "listing_2_2"])
def test_rockets(house, outside, name) -> None:
    [dag_id] = put(house, f"chapter02/{name}")
    if name == "listing_2_2":
        house.live()
        assert house.runs(dag_id) == []
        house.trigger(dag_id)
    house.live()
    assert house.dates(dag_id) == ([] if name == "listing_2_2" else [before(days) for days in range(14, 0, -1)])
    all_success(house, dag_id)
    assert sorted(p.name for p in (outside.home / "images").iterdir()) == ["rocket0.jpg", "rocket1.jpg", "rocket2.jpg"]
    assert "There are now 3 images." in house.log(dag_id, house.runs(dag_id)[0], "notify")
    outside.broken = True
    run_id = house.trigger(dag_id, run_id="broken")
    house.live()
    assert house.states(run_id) == {
        "download_launches": "success",
        "get_pictures": "failed",
        "notify": "upstream_failed",
    }
    assert "no way to" in house.log(dag_id, run_id, "get_pictures")


@pytest.mark.spec("1/DF-04", "1/AU-11")
def test_small_beginnings(house, outside) -> None:
    for name, tasks in (("listing_2_3", 0), ("listing_2_4", 1), ("listing_2_6", 2)):
        [dag_id] = put(house, f"chapter02/{name}")
        house.live()
        assert house.runs(dag_id) == []
        run_id = house.trigger(dag_id)
        house.live()
        assert house.run_states(dag_id) == ["success"]
        assert len(house.states(run_id)) == tasks


FIVE = [datetime(2019, 1, day, tzinfo=UTC) for day in range(1, 6)]


@pytest.mark.spec("1/DF-05", "1/DF-06", "1/DF-07", "1/DF-08", "1/DF-09", "1/CF-13", "1/CF-16", "1/BF-03")
@pytest.mark.parametrize(
    ("name", "dates"),
    [
        ("01_unscheduled", []),
        ("02_daily_schedule", FIVE),
        ("03_with_end_date", FIVE),
        ("04_time_delta", [FIVE[0], FIVE[3]]),
        ("05_query_with_dates", FIVE),
        ("06_templated_query", FIVE),
        ("07_templated_query_ds", [FIVE[0], FIVE[3]]),
        ("08_templated_path", FIVE),
        ("09_no_catchup", []),
        ("10_non_atomic_send", FIVE),
        ("11_atomic_send", FIVE),
    ],
)
def test_events_of_chapter_3(house, outside, name, dates) -> None:
    [dag_id] = put(house, f"chapter03/{name}")
    house.live()
    assert house.dates(dag_id) == dates
    if not dates:
        assert house.runs(dag_id) == []
        return
    all_success(house, dag_id)
    asked = [url.partition("?")[2] for url in outside.asked]
    pairs = [(f"{d:%Y-%m-%d}", f"{d + (dates[1] - dates[0]):%Y-%m-%d}") for d in dates]
    if name >= "06":
        assert sorted(asked) == sorted(f"start_date={start}&end_date={end}" for start, end in pairs) or sorted(
            asked
        ) == sorted(f"start_date={start}" for start, _ in pairs)
    if name >= "08":
        days = [f"{d:%Y-%m-%d}" for d in dates]
        assert sorted(p.stem for p in (outside.home / "events").iterdir()) == days
        assert sorted(p.stem for p in (outside.home / "stats").iterdir()) == days
    if name == "10_non_atomic_send":
        assert "Sending stats of 2019-01-03." in house.log(dag_id, house.runs(dag_id)[2], "calculate_stats")
    if name == "11_atomic_send":
        assert "Sending 2 lines to user@example.com." in house.log(dag_id, house.runs(dag_id)[0], "send_stats")


@pytest.mark.spec("1/BF-10")
def test_a_failed_send_is_sent_again_without_computing_again(house, outside) -> None:
    from tradewind.actions.clear_tasks import clear_tasks

    [dag_id] = put(house, "chapter03/11_atomic_send")
    house.clock.jump(-(NOW - datetime(2019, 1, 2, 1, tzinfo=UTC)).total_seconds())
    send = house.dags[dag_id].task_dict["send_stats"]
    said, send.python_callable = send.python_callable, lambda **_: 1 / 0
    house.scheduler.wake()
    house.live()
    [run_id] = house.runs(dag_id)
    assert house.states(run_id) == {"fetch_events": "success", "calculate_stats": "success", "send_stats": "failed"}
    send.python_callable = said
    done = len(house.ran)
    clear_tasks(house.act, dag_id, run_id, ["send_stats"])
    house.scheduler.wake()
    house.live()
    assert [task for _, _, task in house.ran[done:]] == ["send_stats"]
    assert house.run_states(dag_id) == ["success"]


@pytest.mark.spec("1/DF-10", "1/TP-02")
def test_hours_since_three_days(house) -> None:
    put(house, "chapter04/listing_4_1")
    house.live()
    dates = house.dates("listing_4_01")
    assert dates == [before(3) + HOUR * number for number in range(72 + NOW.hour)]
    run_id = house.runs("listing_4_01")[7]
    at = dates[7]
    assert f"{at:%Y/%Y-%m}/pageviews-{at:%Y%m%d}-070000.gz" in house.log("listing_4_01", run_id, "get_data")


@pytest.mark.spec("1/DF-11", "1/EX-05")
@pytest.mark.parametrize("name", ["listing_4_3", "listing_4_7", "listing_4_8"])
def test_the_context_is_printed(house, name) -> None:
    [dag_id] = put(house, f"chapter04/{name}")
    house.live()
    assert house.dates(dag_id) == [before(3), before(2), before(1)]
    said = house.log(dag_id, house.runs(dag_id)[0], "print_context")
    if name == "listing_4_8":
        assert f"Start: {before(3):%Y-%m-%dT00:00:00+00:00}, end: {before(2):%Y-%m-%dT00:00:00+00:00}" in said
    else:
        assert f"'ds': '{before(3):%Y-%m-%d}'" in said
        assert "'execution_date'" in said


@pytest.mark.spec("1/DF-12", "1/DF-13")
@pytest.mark.parametrize("name", ["listing_4_5", "listing_4_13", "listing_4_15", "listing_4_18"])
def test_page_views_of_every_hour(house, outside, name) -> None:
    [dag_id] = put(house, f"chapter04/{name}")
    house.live()
    dates = [before(1) + HOUR * number for number in range(24 + NOW.hour)]
    assert house.dates(dag_id) == dates
    all_success(house, dag_id)
    assert outside.fetched == [f"https://views.example/{d.year}/{d:%m/%d-%H}.gz" for d in dates]
    if name == "listing_4_15":
        assert "'Google': 7" in house.log(dag_id, house.runs(dag_id)[0], "fetch_pageviews")
    if name in {"listing_4_15", "listing_4_18"}:  # one run at a time: its tasks stand together
        order = [run_id for _, run_id, _ in house.ran]
        assert order == [run_id for run_id in house.runs(dag_id) for _ in range(3)]


@pytest.mark.spec("1/DF-14", "1/HK-05", "1/HK-07", "1/OP-16", "1/TP-09")
def test_page_views_end_in_postgres(house, outside, postgres_url, monkeypatch) -> None:
    import psycopg

    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute("CREATE TABLE pageview_counts (pagename TEXT, pageviewcount INT, datetime TIMESTAMPTZ)")
    monkeypatch.setenv("AIRFLOW_CONN_MY_POSTGRES", postgres_url)
    [dag_id] = put(house, "chapter04/listing_4_20")
    house.live()
    dates = [before(1) + HOUR * number for number in range(24 + NOW.hour)]
    assert house.dates(dag_id) == dates
    all_success(house, dag_id)
    with psycopg.connect(postgres_url) as conn:
        rows = conn.execute("SELECT datetime, COUNT(*), MAX(pageviewcount) FROM pageview_counts GROUP BY 1 ORDER BY 1")
        assert [(at.astimezone(UTC), count, most) for at, count, most in rows] == [(d, 5, 11) for d in dates]
    monkeypatch.delenv("AIRFLOW_CONN_MY_POSTGRES")
    run_id = house.trigger(dag_id, run_id="no-connection")
    house.live()
    assert house.states(run_id)["write_to_postgres"] == "failed"
    assert "my_postgres" in house.log(dag_id, run_id, "write_to_postgres")


THREE = [before(3), before(2), before(1)]


def three_runs(house: LiveHouse, name: str) -> tuple[str, list[str]]:
    [dag_id] = put(house, f"chapter05/{name}")
    house.live()
    assert house.dates(dag_id) == THREE
    return dag_id, house.runs(dag_id)


@pytest.mark.spec("1/DF-15")
def test_01_start(house) -> None:
    dag_id, _ = three_runs(house, "01_start")
    all_success(house, dag_id)


@pytest.mark.spec("1/DF-16", "1/BR-01")
def test_a_branch_inside_a_function(house) -> None:
    dag_id, runs = three_runs(house, "02_branch_function")
    all_success(house, dag_id)
    for run_id, word in zip(runs, ["OLD", "OLD", "NEW"], strict=True):
        assert f"Fetching {word}" in house.log(dag_id, run_id, "fetch_sales")
        assert f"Cleaning {word}" in house.log(dag_id, run_id, "clean_sales")


@pytest.mark.spec("1/DF-17", "1/BR-05", "1/BR-08", "1/TR-11")
@pytest.mark.parametrize("name", ["03_branch_dag", "04_branch_dag_join"])
def test_a_branch_in_the_graph(house, name) -> None:
    dag_id, runs = three_runs(house, name)
    for run_id, chosen, other in zip(runs, ["old", "old", "new"], ["new", "new", "old"], strict=True):
        states = house.states(run_id)
        assert {t for t, s in states.items() if s == "skipped"} == {f"fetch_sales_{other}", f"clean_sales_{other}"}
        assert states[f"clean_sales_{chosen}"] == states["join_datasets"] == states["deploy_model"] == "success"
    assert set(house.run_states(dag_id)) == {"success"}


@pytest.mark.spec("1/DF-18", "1/CN-01")
def test_a_condition_inside_a_function(house) -> None:
    dag_id, runs = three_runs(house, "05_condition_task")
    assert [house.states(run_id)["deploy_model"] for run_id in runs] == ["success"] * 3
    assert ["Deploying model" in house.log(dag_id, run_id, "deploy_model") for run_id in runs] == [False, False, True]


@pytest.mark.spec("1/DF-19", "1/DF-20", "1/CN-03", "1/CN-04", "1/CN-05", "1/CF-11")
@pytest.mark.parametrize(("name", "gate"), [("06_condition_dag", "skipped"), ("07_condition_dag_op", "success")])
def test_a_condition_in_the_graph(house, name, gate) -> None:
    dag_id, runs = three_runs(house, name)
    assert [house.states(run_id)["latest_only"] for run_id in runs] == [gate, gate, "success"]
    assert [house.states(run_id)["deploy_model"] for run_id in runs] == ["skipped", "skipped", "success"]
    assert set(house.run_states(dag_id)) == {"success"}
    manual = house.trigger(dag_id, run_id="by-hand", logical_date=NOW)
    house.live()
    # The built-in gate lets every run started by hand through; the window of the written one lies ahead of it.
    assert house.states(manual)["deploy_model"] == ("success" if name == "07_condition_dag_op" else "skipped")


@pytest.mark.spec("1/DF-21", "1/TR-10", "1/DP-13")
def test_a_failure_stops_what_depends_on_it_only(house) -> None:
    dag_id, runs = three_runs(house, "08_trigger_rules")
    assert house.run_states(dag_id) == ["success", "success", "failed"]
    states = house.states(runs[2])
    assert states == {
        "start": "success",
        "fetch_weather": "success",
        "clean_weather": "success",
        "fetch_sales": "failed",
        "clean_sales": "upstream_failed",
        "join_datasets": "upstream_failed",
        "train_model": "upstream_failed",
        "deploy_model": "upstream_failed",
    }


@pytest.mark.spec("1/DF-22", "1/XC-05", "1/XC-06", "1/TP-14")
@pytest.mark.parametrize("name", ["09_xcoms", "10_xcoms_template", "11_xcoms_return"])
def test_a_value_goes_from_task_to_task(house, name) -> None:
    dag_id, runs = three_runs(house, name)
    all_success(house, dag_id)
    said = set()
    for run_id in runs:
        line = next(x for x in house.log(dag_id, run_id, "deploy_model").splitlines() if "Deploying model" in x)
        said.add(line.rsplit(" ", 1)[1])
        key = "return_value" if name == "11_xcoms_return" else "model_id"
        kept = house.rows(
            "SELECT x.value FROM xcom x JOIN dag_run r ON r.id = x.run_pk WHERE r.run_id = ? AND x.key = ?", run_id, key
        )
        assert len(kept) == 1
        assert line.rsplit(" ", 1)[1] == ("None" if name == "11_xcoms_return" else kept[0][0].strip('"'))
    assert len(said) == (1 if name == "11_xcoms_return" else 3)


@pytest.mark.spec("1/DF-23", "1/TF-05", "1/TF-06", "1/TF-11", "1/DP-14")
@pytest.mark.parametrize("name", ["12_taskflow", "13_taskflow_full"])
def test_taskflow(house, name) -> None:
    dag_id, runs = three_runs(house, name)
    all_success(house, dag_id)
    assert house.dags[dag_id].task_dict["deploy_model"].upstream_task_ids == {"train_model"}
    above = house.dags[dag_id].task_dict["train_model"].upstream_task_ids
    assert above == ({"join_datasets"} if name == "13_taskflow_full" else set())
    returned = [x for x in house.log(dag_id, runs[0], "train_model").splitlines() if "Returned value was" in x]
    uuid = returned[0].rsplit(" ", 1)[1].strip("'")
    assert len(uuid) == 36
    assert f"Deploying model {uuid}" in house.log(dag_id, runs[0], "deploy_model")
