"""What authors count on, seen through the real scheduler: order, limits, values, dates, clearing, branches, rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.listings import FOLDER, make_outside
from tests.live_house import LiveHouse
from tests.scheduling import House, dag
from tradewind.actions.clear_tasks import clear_tasks
from tradewind.actions.create_run import create_run
from tradewind.actions.mark_task import mark_task
from tradewind.clock import SystemClock
from tradewind.domain.spec import TaskSpec
from tradewind.sdk.dag import DAG
from tradewind.sdk.decorators import task
from tradewind.sdk.operators.bash import BashOperator
from tradewind.sdk.operators.branch import BranchPythonOperator
from tradewind.sdk.operators.empty import EmptyOperator
from tradewind.sdk.operators.python import PythonOperator
from tradewind.sdk.operators.trigger_dagrun import TriggerDagRunOperator
from tradewind.settings import load_settings
from tradewind.store import migrate
from tradewind.store.engine import open_store

NOW = datetime(2019, 1, 4, 16, 30, tzinfo=UTC)
DAYS: dict[str, Any] = {"start_date": datetime(2019, 1, 1), "schedule": "@daily"}
BY_HAND: dict[str, Any] = {"start_date": datetime(2019, 1, 1), "schedule": None}
LATEST = {"start_date": datetime(2019, 1, 1), "schedule": "@daily", "catchup": False}


@pytest.fixture
def house(sqlite_store) -> LiveHouse:
    return LiveHouse(sqlite_store, NOW)


def again(house: LiveHouse, dag_id: str, run_id: str, task_ids: list[str], **how: Any) -> list[str]:
    """Clear, run to rest; what ran."""
    done = len(house.ran)
    clear_tasks(house.act, dag_id, run_id, task_ids, **how)
    house.scheduler.wake()
    house.live()
    return [task_id for _, _, task_id in house.ran[done:]]


@pytest.mark.spec("1/AU-01", "1/DP-09", "1/TR-15")
def test_a_task_starts_the_moment_its_last_parent_succeeds(store) -> None:
    house = House(store, lambda order: None)
    house.publish(dag("d", "fetch_weather>clean_weather>join fetch_sales>clean_sales>join", TaskSpec(task_id="alone")))
    run_id = house.trigger("d")
    house.settle()

    def end(task_id: str) -> set[str]:
        house.executor.finish(next(o for o in house.executor.held.values() if o.task_id == task_id))
        house.settle()
        return {o.task_id for o in house.executor.held.values()}

    held = {o.task_id for o in house.executor.held.values()}
    assert held == {"fetch_weather", "fetch_sales", "alone"}  # side by side; a task without edges starts with the run
    assert end("alone") == {"fetch_weather", "fetch_sales"}
    assert end("fetch_weather") == {"clean_weather", "fetch_sales"}  # no barrier between levels
    assert end("clean_weather") == {"fetch_sales"}
    assert end("fetch_sales") == {"clean_sales"}
    assert house.states(run_id)["join"] == "none"
    assert end("clean_sales") == {"join"}
    assert end("join") == set()
    assert house.run_state(run_id) == "success"


@pytest.mark.spec("1/AU-15")
def test_one_active_run_at_a_time_oldest_first(sqlite_store, tmp_path, monkeypatch) -> None:
    make_outside(tmp_path / "data", monkeypatch)
    today = SystemClock().now().replace(hour=0, minute=0, second=0, microsecond=0)
    house = LiveHouse(sqlite_store, today + timedelta(hours=2))
    house.load(FOLDER / "chapter04" / "listing_4_20.py", FOLDER)
    house.waits = lambda order: True
    seen: list[str] = []
    for number in range(4):
        house.live()
        runs = house.rows("SELECT run_id, state FROM dag_run ORDER BY logical_date")
        assert [state for _, state in runs] == ["failed"] * number + ["running"]
        seen.append(runs[-1][0])
        assert {order.run.run_id for order in house.executor.held.values()} == {seen[-1]}
        house.executor.finish(next(iter(house.executor.held.values())), outcome="failed")
    yesterday = today - timedelta(days=1)
    assert seen == [f"scheduled__{(yesterday + timedelta(hours=n)).isoformat()}" for n in range(4)]


@pytest.mark.spec("1/AU-16")
def test_the_fifty_first_task_of_a_dag_waits(tmp_path) -> None:
    store = open_store(load_settings({"TRADEWIND_HOME": str(tmp_path), "TRADEWIND__CORE__PARALLELISM": "100"}))
    migrate.upgrade(store)
    house = House(store, lambda order: None)
    spec = dag("wide", " ".join(f"t{n}" for n in range(60)))
    house.publish(spec, max_active_tasks=50)
    run_id = house.trigger("wide")
    house.settle()
    states = list(house.states(run_id).values())
    assert (states.count("queued"), states.count("scheduled")) == (50, 10)
    house.executor.finish(next(iter(house.executor.held.values())))
    house.settle()
    assert len(house.executor.held) == 50
    assert list(house.states(run_id).values()).count("scheduled") == 9
    store.close()


@pytest.mark.spec("1/OP-20")
def test_tasks_beyond_the_slots_wait_and_none_is_lost(store) -> None:
    house = House(store, lambda order: None, slots=3)
    house.publish(dag("many", " ".join(f"t{n}" for n in range(20))))
    run_id = house.trigger("many")
    most = 0
    for _ in range(100):
        house.settle()
        most = max(most, len(house.executor.held))
        if not house.executor.held:
            break
        house.executor.finish(next(iter(house.executor.held.values())))
        house.scheduler.wake()
    assert most == 3
    assert len(house.executor.orders) == 20
    assert house.run_state(run_id) == "success"


@pytest.mark.spec("1/EX-06", "1/CF-02", "1/EX-10")
def test_a_run_by_hand_has_its_moment_as_every_date(house) -> None:
    with DAG("d", **LATEST) as made:

        @task
        def dates(execution_date=None, next_ds=None, prev_ds=None, data_interval_start=None, dag_run=None) -> Any:
            facts = [str(execution_date), next_ds, prev_ds, str(data_interval_start)]
            return [*facts, dag_run.external_trigger, dag_run.conf, dag_run.state, dag_run.run_id]

        dates()
        BashOperator(task_id="text", bash_command="echo {{ next_execution_date }} {{ prev_execution_date }}")
    house.add(made)
    run_id = house.trigger("d")
    house.live()
    from tradewind.sdk.values import decode

    rows = house.rows(
        "SELECT x.task_id, x.value FROM xcom x JOIN dag_run r ON r.id = x.run_pk WHERE r.run_id = ?", run_id
    )
    found = {task_id: decode(value) for task_id, value in rows}
    moment = "2019-01-04T16:30:00+00:00"
    # Between two ticks: the schedule's own interval stands under the newer names.
    assert found["dates"] == [
        moment, "2019-01-04", "2019-01-04", "2019-01-03T00:00:00+00:00", True, {}, "running", f"manual__{moment}"
    ]  # fmt: skip
    assert found["text"] == f"{moment} {moment}"


@pytest.mark.spec("1/EX-08")
def test_the_run_id_says_how_the_run_started(house) -> None:
    with DAG("target", **BY_HAND) as target:
        EmptyOperator(task_id="t")
    with DAG("source", **LATEST) as source:
        TriggerDagRunOperator(task_id="go", trigger_dag_id="target")
    house.add(target)
    house.add(source)
    house.live()
    assert house.runs("source") == ["scheduled__2019-01-03T00:00:00+00:00"]
    assert house.runs("target") == ["manual__2019-01-04T16:30:00+00:00"]
    assert create_run(house.act, "target").run_id == "manual__2019-01-04T16:30:00.000001+00:00"
    made = create_run(house.act, "target", run_type="backfill", logical_date=datetime(2019, 1, 2, tzinfo=UTC))
    assert made.run_id == "backfill__2019-01-02T00:00:00+00:00"


@pytest.mark.spec("1/EX-09", "1/XC-13", "1/BF-09")
def test_an_old_run_that_is_cleared_keeps_its_dates_and_forgets_its_values(house) -> None:
    seen: list[Any] = []
    with DAG("d", **DAYS) as made:

        @task
        def facts(ti: Any = None, **context: Any) -> None:
            before = ti.xcom_pull(task_ids="facts", key="mark")
            names = ("ds", "next_ds", "prev_ds", "ts", "execution_date", "run_id", "data_interval_end", "yesterday_ds")
            seen.append(({name: str(context[name]) for name in names}, before))
            if len(seen) <= 3:
                ti.xcom_push("mark", len(seen))

        facts()
    house.add(made)
    house.live()
    first = house.runs("d")[0]
    assert len(seen) == 3
    house.pass_time(3600 * 5)
    assert again(house, "d", first, ["facts"]) == ["facts"]
    assert seen[3] == (seen[0][0], None)  # the same dates; the value of the earlier try was gone before this one began
    assert (
        house.rows("SELECT COUNT(*) FROM xcom x JOIN dag_run r ON r.id = x.run_pk WHERE r.run_id = ?", first)[0][0] == 0
    )


@pytest.mark.spec("1/BR-10")
@pytest.mark.parametrize("how", [{"downstream": False}, {"downstream": True}])
def test_a_branch_keeps_its_word_when_its_arms_are_cleared(house, how) -> None:
    with DAG("d", **LATEST) as made:
        pick = BranchPythonOperator(task_id="pick", python_callable=lambda: "a")
        a, b = (PythonOperator(task_id=name, python_callable=lambda: None) for name in "ab")
        below = PythonOperator(task_id="below", python_callable=lambda: None)
        join = PythonOperator(task_id="join", python_callable=lambda: None, trigger_rule="none_failed")
        pick >> [a, b]
        b >> below
        [a, below] >> join
    house.add(made)
    house.live()
    run_id = house.runs("d")[0]
    before = house.states(run_id)
    assert (before["b"], before["below"]) == ("skipped", "skipped")
    ran = again(house, "d", run_id, ["b"], **how)
    assert "b" not in ran
    assert "below" not in ran
    assert house.states(run_id) == before


@pytest.mark.spec("1/TR-12")
def test_a_join_that_forgives_skips_passes_failures_on(sqlite_store) -> None:
    house = LiveHouse(sqlite_store, SystemClock().now())
    [dag_id] = house.load(FOLDER / "chapter05" / "04_branch_dag_join.py", FOLDER)
    broken = PythonOperator(task_id="broken", python_callable=lambda: 1 / 0)
    made = house.dags[dag_id]
    sales = made.task_dict["fetch_sales_old"]
    broken.upstream_task_ids, broken.downstream_task_ids = sales.upstream_task_ids, sales.downstream_task_ids
    broken.task_id, broken._dag = "fetch_sales_old", made
    made.task_dict["fetch_sales_old"] = broken
    house.add(made)
    house.live()
    run_id = house.runs(dag_id)[0]  # before the change, so the old system is chosen
    states = house.states(run_id)
    assert states["fetch_sales_old"] == "failed"
    assert states["clean_sales_new"] == "skipped"
    for task_id in ("clean_sales_old", "join_erp_branch", "join_datasets", "train_model", "deploy_model"):
        assert states[task_id] == "upstream_failed", task_id
    assert states["clean_weather"] == "success"


@pytest.mark.spec("1/TR-13", "1/TR-04", "1/TR-15")
def test_an_alarm_starts_while_other_parents_still_run(store) -> None:
    house = House(store, lambda order: {"outcome": "failed"} if order.task_id == "p1" else None)
    house.publish(dag("d", "p1>alarm p2>alarm", TaskSpec(task_id="alarm", trigger_rule="one_failed")))
    run_id = house.trigger("d")
    house.settle()
    assert {order.task_id for order in house.executor.held.values()} == {"p2", "alarm"}
    assert house.states(run_id)["p1"] == "failed"


@pytest.mark.spec("1/TR-14", "1/FH-02")
@pytest.mark.parametrize(
    ("edges", "rule", "failing", "run_state", "last"),
    [
        ("a>b>last", "all_success", "b", "failed", "upstream_failed"),
        ("a>b>last", "all_done", "b", "success", "success"),  # a failed inner task, a leaf that succeeded
        ("a>b>last", "all_done", "last", "failed", "failed"),
        ("a>b a>last", "all_success", "b", "failed", "success"),  # one leaf of two failed
        ("a>last", "all_failed", "none", "success", "skipped"),
    ],
)
def test_the_leaves_say_what_became_of_the_run(store, edges, rule, failing, run_state, last) -> None:
    house = House(store, lambda order: {"outcome": "failed" if order.task_id == failing else "success"})
    house.publish(dag("d", edges, TaskSpec(task_id="last", trigger_rule=rule)))
    run_id = house.trigger("d")
    house.settle()
    assert (house.run_state(run_id), house.states(run_id)["last"]) == (run_state, last)


@pytest.mark.spec("1/TR-15")
def test_rules_are_judged_again_after_clearing_and_marking(store) -> None:
    outcomes = {"a": "failed"}
    house = House(store, lambda order: {"outcome": outcomes.get(order.task_id, "success")})
    house.publish(dag("d", "a>b>c"))
    run_id = house.trigger("d")
    house.settle()
    assert house.states(run_id) == {"a": "failed", "b": "upstream_failed", "c": "upstream_failed"}
    outcomes.clear()
    clear_tasks(house.act, "d", run_id, ["a"], downstream=True)
    house.scheduler.wake()
    house.settle()
    assert house.states(run_id) == {"a": "success", "b": "success", "c": "success"}
    mark_task(house.act, "d", run_id, "b", "failed")
    house.scheduler.wake()
    house.settle()
    assert house.states(run_id)["b"] == "failed"


@pytest.mark.spec("1/XC-03", "1/CF-12", "1/XC-01")
def test_values_of_other_dates_and_other_dags(house) -> None:
    with DAG("source", **DAYS) as source:

        @task
        def number(ds: str = "") -> str:
            return f"of {ds}"

        number()
    with DAG("reader", **BY_HAND) as reader:

        @task
        def read(ti: Any = None) -> Any:
            ask = {"task_ids": "number", "dag_id": "source"}
            here = ti.xcom_pull(**ask)
            prior = ti.xcom_pull(**ask, include_prior_dates=True)
            dated = ti.xcom_pull(**ask, execution_date=datetime(2019, 1, 2, tzinfo=UTC))
            return [here, prior, dated, ti.xcom_pull(**ask, execution_date=datetime(2018, 1, 1, tzinfo=UTC))]

        @task
        def past(ti: Any = None) -> None:
            ti.xcom_push("k", 1, execution_date=datetime(2019, 1, 1, tzinfo=UTC))

        read()
        past()
    house.add(source)
    house.add(reader)
    house.live()
    run_id = house.trigger("reader")
    house.live()
    assert "Returned value was: [None, 'of 2019-01-03', 'of 2019-01-02', None]" in house.log("reader", run_id, "read")
    assert house.states(run_id)["past"] == "failed"
    assert "execution_date can not be in the past" in house.log("reader", run_id, "past")


@pytest.mark.spec("1/XC-14", "1/XC-02")
def test_a_pull_draws_no_edge(house) -> None:
    with DAG("d", **LATEST) as made:
        PythonOperator(
            task_id="reader", python_callable=lambda ti: print("got", ti.xcom_pull(task_ids=["writer", "gone"]))
        )
        PythonOperator(task_id="writer", python_callable=lambda: 1)
    house.add(made)
    assert not made.task_dict["reader"].upstream_task_ids
    house.waits = lambda order: order.task_id == "writer"
    house.live()
    run_id = house.runs("d")[0]
    assert house.states(run_id) == {"reader": "success", "writer": "running"}
    assert "got [None, None]" in house.log("d", run_id, "reader")


@pytest.mark.spec("1/CF-06")
def test_nothing_is_tried_again_unless_somebody_says_so(house, monkeypatch) -> None:
    with DAG("d", **LATEST) as made:
        PythonOperator(task_id="t", python_callable=lambda: 1 / 0)
    house.add(made)
    house.live()
    assert house.states(house.runs("d")[0]) == {"t": "failed"}
    assert len(house.ran) == 1
    from tradewind.sdk import configuration

    monkeypatch.setenv("AIRFLOW__CORE__DEFAULT_TASK_RETRIES", "2")
    configuration.settings.cache_clear()
    try:
        with DAG("e", **BY_HAND):
            assert PythonOperator(task_id="t", python_callable=print).retries == 2
            assert PythonOperator(task_id="u", python_callable=print, retries=0).retries == 0
    finally:
        monkeypatch.undo()
        configuration.settings.cache_clear()
