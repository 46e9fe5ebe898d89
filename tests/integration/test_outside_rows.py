"""What starts a run from outside leaves in it: conf in templates, and links to the run that a task started."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.live_house import LiveHouse
from tradewind.actions.run_task import run_task
from tradewind.errors import Conflict, NotFound
from tradewind.store.reads.layouts import Layouts
from tradewind.store.reads.task_pages import task_page

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)

CONF = """
import pendulum
from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("reads_conf", start_date=pendulum.datetime(2026, 1, 1), schedule="@daily", params={"supermarket": 7}):
    BashOperator(task_id="conf", bash_command="echo conf=[{{ dag_run.conf['supermarket'] }}]")
    BashOperator(task_id="params", bash_command="echo params=[{{ params.supermarket }}]")
    BashOperator(task_id="whole", bash_command="echo whole=[{{ dag_run.conf }}]")
"""
STARTS = """
import pendulum
from airflow import DAG
from airflow.operators.dummy import DummyOperator
from airflow.operators.trigger_dagrun import TriggerDagRunOperator

with DAG("starter", start_date=pendulum.datetime(2026, 1, 1), schedule=None):
    TriggerDagRunOperator(task_id="start", trigger_dag_id="started_one")
    TriggerDagRunOperator(task_id="nobody", trigger_dag_id="nobody")
with DAG("started_one", start_date=pendulum.datetime(2026, 1, 1), schedule=None):
    DummyOperator(task_id="done")
"""


def put(house: LiveHouse, folder: Path, text: str) -> list[str]:
    file = folder / "dags.py"
    file.write_text(text)
    return house.load(file, folder)


@pytest.mark.spec("1/RC-09")
def test_conf_is_read_by_templates_and_empty_in_scheduled_runs(sqlite_store, tmp_path: Path) -> None:
    house = LiveHouse(sqlite_store, NOW)
    put(house, tmp_path, CONF)
    house.trigger("reads_conf", run_id="by_hand", conf={"supermarket": 3})
    house.live()

    def said(run_id: str, task_id: str) -> str:
        return house.log("reads_conf", run_id, task_id)

    assert "conf=[3]" in said("by_hand", "conf")
    assert "params=[3]" in said("by_hand", "params")
    [scheduled] = [run for run in house.runs("reads_conf") if run.startswith("scheduled__")]
    assert "whole=[{}]" in said(scheduled, "whole")
    assert "params=[7]" in said(scheduled, "params")
    assert house.states(scheduled) == {"conf": "failed", "params": "success", "whole": "success"}
    assert "no attribute 'supermarket'" in said(
        scheduled, "conf"
    )  # as with Airflow: asked for by name, it must be there


@pytest.mark.spec("1/TG-11", "1/UI-20")
def test_the_task_that_started_a_run_links_to_it(sqlite_store, tmp_path: Path) -> None:
    house = LiveHouse(sqlite_store, NOW)
    put(house, tmp_path, STARTS)
    house.trigger("starter", run_id="one")
    house.live()
    [[started]] = house.rows("SELECT run_id FROM dag_run WHERE dag_id = 'started_one'")
    with sqlite_store.read() as conn:
        links = task_page(conn, Layouts(), "starter", "one", "start", -1)["links"]
        none = task_page(conn, Layouts(), "starter", "one", "nobody", -1)["links"]
    address = f"/dags/started_one/grid?run={started.replace(':', '%3A').replace('+', '%2B')}"
    assert links == [{"name": "Triggered DAG", "url": address}]
    assert none == []


LINE = """
import pendulum
from airflow import DAG
from airflow.operators.python import PythonOperator

def fail():
    raise ValueError("on purpose")

with DAG("line", start_date=pendulum.datetime(2026, 1, 1), schedule=None):
    first = PythonOperator(task_id="first", python_callable=fail)
    second = PythonOperator(task_id="second", python_callable=lambda: print("second runs"))
    third = PythonOperator(task_id="third", python_callable=lambda: print("third runs"))
    first >> second >> third
"""


@pytest.mark.spec("1/FH-12")
def test_one_task_is_run_now_whatever_it_waits_for(sqlite_store, tmp_path: Path) -> None:
    house = LiveHouse(sqlite_store, NOW)
    put(house, tmp_path, LINE)
    house.trigger("line", run_id="one")
    house.live()
    assert house.states("one") == {"first": "failed", "second": "upstream_failed", "third": "upstream_failed"}

    run_task(house.act, "line", "one", "second")
    house.scheduler.wake()
    house.live()
    assert house.states("one") == {"first": "failed", "second": "success", "third": "upstream_failed"}
    assert "second runs" in house.log("line", "one", "second")
    assert house.run_states("line") == ["failed"]

    with pytest.raises(Conflict, match="second has succeeded"):
        run_task(house.act, "line", "one", "second")
    run_task(house.act, "line", "one", "second", ignore_task_state=True)
    with pytest.raises(Conflict, match="scheduled already"):
        run_task(house.act, "line", "one", "second", ignore_task_state=True)
    with pytest.raises(NotFound, match="secnd"):
        run_task(house.act, "line", "one", "secnd")
    house.scheduler.wake()
    house.live()
    assert house.states("one")["second"] == "success"
