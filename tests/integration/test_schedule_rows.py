"""What users see of schedules, pauses, catching up and running history again, on a clock that jumps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent

import pytest

from tests.live_house import LiveHouse
from tradewind.actions.clear_tasks import clear_tasks
from tradewind.actions.pause_dag import pause_dag
from tradewind.domain.messages import WorkOrder
from tradewind.settings import load_settings
from tradewind.store.engine import Store, open_store

NOW = datetime(2019, 1, 4, 12, tzinfo=UTC)


def day(number: int) -> datetime:
    return datetime(2019, 1, number, tzinfo=UTC)


def write(folder: Path, text: str, name: str = "dags.py") -> Path:
    file = folder / name
    file.write_text(dedent(text))
    return file


@contextmanager
def opened(url: str, **environ: str) -> Iterator[Store]:
    store = open_store(load_settings({"TRADEWIND__DATABASE__SQL_ALCHEMY_CONN": url, **environ}))
    try:
        yield store
    finally:
        store.close()


THREE = """
    from datetime import datetime
    from airflow import DAG
    from airflow.operators.bash import BashOperator

    for name, more in (("silent", {}), ("all", {"catchup": True}), ("newest", {"catchup": False})):
        with DAG(name, start_date=datetime(2019, 1, 1), schedule_interval="@daily", **more) as dag:
            BashOperator(task_id="t", bash_command="true")
        globals()[name] = dag
"""


@pytest.mark.spec("1/BF-04")
@pytest.mark.parametrize(
    ("environ", "silent"),
    [
        ({}, [day(1), day(2), day(3)]),
        ({"AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT": "False"}, [day(3)]),
        ({"AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT": "True"}, [day(1), day(2), day(3)]),
    ],
)
def test_the_installation_says_whether_dags_that_say_nothing_catch_up(
    migrated_url: str, tmp_path: Path, environ: dict[str, str], silent: list[datetime]
) -> None:
    with opened(migrated_url, **environ) as store:
        house = LiveHouse(store, NOW)
        house.load(write(tmp_path, THREE))
        house.live()
        assert house.dates("silent") == silent
        assert house.dates("all") == [day(1), day(2), day(3)]
        assert house.dates("newest") == [day(3)]


@pytest.mark.spec("1/SC-25")
@pytest.mark.parametrize(("catchup", "after"), [(True, [3, 4, 5, 6]), (False, [3, 6])])
def test_while_a_dag_is_off_nothing_of_it_starts_and_on_resumes(
    store: Store, tmp_path: Path, catchup: bool, after: list[int]
) -> None:
    house = LiveHouse(store, NOW)
    text = f"""
        from datetime import datetime
        from airflow import DAG
        from airflow.operators.bash import BashOperator

        with DAG("d", start_date=datetime(2019, 1, 3), schedule_interval="@daily", catchup={catchup}):
            BashOperator(task_id="long", bash_command="true") >> BashOperator(task_id="next", bash_command="true")
    """
    house.waits = lambda order: order.task_id == "long"
    house.load(write(tmp_path, text))
    house.live()
    (first,) = house.runs("d")
    assert house.states(first) == {"long": "running", "next": "none"}

    pause_dag(house.act, "d", True)
    house.pass_time(3600)
    (order,) = house.executor.held.values()
    house.do(order)
    house.live()
    assert house.states(first) == {"long": "success", "next": "scheduled"}  # it ran on, and nothing follows
    for _ in range(3):
        house.pass_time(86400)
    assert house.runs("d") == [first]
    assert house.states(first) == {"long": "success", "next": "scheduled"}

    house.waits = lambda order: False
    pause_dag(house.act, "d", False)
    house.scheduler.wake()
    house.live()
    assert house.states(first) == {"long": "success", "next": "success"}
    assert house.dates("d") == [day(number) for number in after]
    assert set(house.run_states("d")) == {"success"}


HISTORY = """
    from datetime import datetime
    from airflow import DAG
    from airflow.operators.python import PythonOperator

    def fetch(**context):
        return "raw of " + context["ds"]

    def refine(ti, **context):
        return "{code}: " + ti.xcom_pull(task_ids="fetch")

    with DAG("history", start_date=datetime(2019, 1, 1), schedule_interval="@daily"):
        first = PythonOperator(task_id="fetch", python_callable=fetch)
        second = PythonOperator(task_id="refine", python_callable=refine)
        other = PythonOperator(task_id="other", python_callable=fetch)
        first >> second
        first >> other
"""


def values(house: LiveHouse, task_id: str) -> list[str]:
    text = (
        "SELECT x.value FROM xcom x JOIN dag_run r ON r.id = x.run_pk WHERE x.task_id = ? AND x.\"key\" = 'return_value'"
        " ORDER BY r.logical_date"
    )
    return [row[0].strip('"') for row in house.rows(text, task_id)]


def test_history_is_run_again_with_new_code_and_nothing_else_is(store: Store, tmp_path: Path) -> None:
    """The scheduler's part of 1/BF-06. A warm worker may still hold the code of the version the run is pinned to."""
    house = LiveHouse(store, NOW)
    house.load(write(tmp_path, HISTORY.format(code="old")))
    house.live()
    dates = ["2019-01-01", "2019-01-02", "2019-01-03"]
    assert values(house, "refine") == [f"old: raw of {date}" for date in dates]
    runs = house.runs("history")

    house.load(write(tmp_path, HISTORY.format(code="new")))
    house.live()
    assert len(house.ran) == 9  # an edit alone runs nothing
    house.clock.advance(60)
    for run_id in runs:
        clear_tasks(house.act, "history", run_id, ["refine"])
    house.scheduler.wake()
    house.live()
    assert sorted(house.ran[9:]) == [("history", run_id, "refine") for run_id in runs]
    assert values(house, "refine") == [f"new: raw of {date}" for date in dates]
    assert values(house, "fetch") == [f"raw of {date}" for date in dates]
    tries = house.rows(
        "SELECT task_id, MIN(try_number), MAX(try_number) FROM task_instance GROUP BY task_id ORDER BY 1"
    )
    assert tries == [("fetch", 1, 1), ("other", 1, 1), ("refine", 2, 2)]
    assert house.run_states("history") == ["success"] * 3


@pytest.mark.spec("1/BF-08")
def test_a_day_for_which_the_source_has_nothing_has_its_run_all_the_same(store: Store, tmp_path: Path) -> None:
    house = LiveHouse(store, NOW)
    text = """
        from datetime import datetime
        from airflow import DAG
        from airflow.exceptions import AirflowSkipException
        from airflow.operators.python import PythonOperator

        def strict(ds):
            if ds < "2019-01-03":
                raise ValueError("the source keeps nothing of " + ds)

        def lenient(ds):
            if ds < "2019-01-03":
                raise AirflowSkipException("nothing of " + ds)

        for name, function in (("strict", strict), ("lenient", lenient)):
            with DAG(name, start_date=datetime(2019, 1, 1), schedule_interval="@daily") as dag:
                PythonOperator(task_id="fetch", python_callable=function)
            globals()[name] = dag
    """
    house.load(write(tmp_path, text))
    house.live()
    assert house.dates("strict") == house.dates("lenient") == [day(1), day(2), day(3)]
    assert house.run_states("strict") == ["failed", "failed", "success"]
    assert house.run_states("lenient") == ["success"] * 3
    outcomes = [house.states(run_id, "lenient")["fetch"] for run_id in house.runs("lenient")]
    assert outcomes == ["skipped", "skipped", "success"]


@pytest.mark.spec("1/SC-24")
def test_each_pass_makes_due_runs_hands_ready_tasks_out_and_then_rests_until_the_next_tick(
    store: Store, tmp_path: Path
) -> None:
    """The loop by the fake clock; ``tests/e2e/test_scheduling.py`` shows the process."""
    house = LiveHouse(store, NOW)
    text = """
        from datetime import datetime, timedelta
        from airflow import DAG
        from airflow.operators.bash import BashOperator

        with DAG("d", start_date=datetime(2019, 1, 4, 11), schedule_interval=timedelta(seconds=3), catchup=False):
            BashOperator(task_id="a", bash_command="true") >> BashOperator(task_id="b", bash_command="true")
    """
    orders: list[WorkOrder] = house.executor.orders
    house.load(write(tmp_path, text))
    house.live()
    assert len(orders) == 2
    for number in range(2, 6):
        pause = house.scheduler.tick()
        assert 0 < pause <= 3.0  # it rests, and no longer than to the next tick
        house.clock.advance(3.0)
        house.live()
        assert len(orders) == 2 * number
    late = house.rows("SELECT started_at - run_after FROM dag_run WHERE run_type = 'scheduled'")
    assert {seconds for (seconds,) in late} == {0}
    assert house.clock.now() - NOW == timedelta(seconds=12)
