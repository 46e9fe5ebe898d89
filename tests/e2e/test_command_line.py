"""The command line beside a running house: trigger, follow a log, clear; and the verbs that run the author's code."""

from __future__ import annotations

import json

import pytest

from tests.e2e.house import House, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

FILE = """
import time
from datetime import datetime

from airflow import DAG
from airflow.models import Variable
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator


def count(ti, params):
    for number in range(5):
        print("line", number, flush=True)
        time.sleep(0.1)
    print("variable", Variable.get("colour", default_var="none"))
    return number


def look(ti):
    print("pulled", ti.xcom_pull(task_ids="count"))


with DAG("spoken", start_date=datetime(2026, 1, 1), schedule_interval=None) as dag:
    count = PythonOperator(task_id="count", python_callable=count)
    look = PythonOperator(task_id="look", python_callable=look)
    say = BashOperator(task_id="say", bash_command="echo conf is {{ dag_run.conf.get('word', 'nothing') }} on {{ ds }}")
    count >> look >> say

with DAG("failing", start_date=datetime(2026, 1, 1), schedule_interval=None):
    BashOperator(task_id="fails", bash_command="exit 3")
"""


@pytest.mark.spec("1/RC-01", "1/RC-02", "1/RC-13", "1/RC-14", "1/RL-04")
def test_a_run_is_started_watched_and_repeated_by_command(house: House) -> None:
    house.cli("variables", "set", "colour", "green")
    (house.dags / "spoken.py").write_text(FILE)
    house.wait_for_dag("spoken")
    assert "paused: False" in house.cli("dags", "unpause", "spoken").stdout
    said = house.cli("dags", "trigger", "-c", '{"word": "hello"}', "spoken").stdout
    run_id = said.split(": ")[1].split(", externally")[0]

    followed = house.cli("tasks", "logs", "spoken", "count", run_id, "-f").stdout
    assert [f"line {number}" for number in range(5) if f"line {number}" in followed] == [f"line {n}" for n in range(5)]
    assert "variable green" in followed
    assert house.wait_for_run("spoken", run_id) == "success"
    assert house.cli("dags", "state", "spoken", run_id).stdout.startswith("success")
    states = json.loads(house.cli("tasks", "states-for-dag-run", "spoken", run_id, "-o", "json").stdout)
    assert {row["task_id"]: row["state"] for row in states} == {"count": "success", "look": "success", "say": "success"}
    assert "conf is hello" in house.cli("tasks", "logs", "spoken", "say", run_id).stdout

    assert (
        "Cleared 2 task instances"
        in house.cli("tasks", "clear", "spoken", "-t", "^look$", "-d", "-r", run_id, "-y").stdout
    )

    def second_try() -> bool:
        return "pulled 4" in house.log("spoken", run_id, "look", 2)

    until("the cleared task ran again", second_try)


@pytest.mark.spec("1/RL-04")
def test_the_authors_code_runs_in_the_terminal_without_a_trace(house: House) -> None:
    house.cli("variables", "set", "colour", "blue")
    (house.dags / "spoken.py").write_text(FILE)
    house.wait_for_dag("spoken")
    whole = house.cli("dags", "test", "spoken", "2026-01-05", "-c", '{"word": "hi"}')
    assert "variable blue" in whole.stdout
    assert "pulled 4" in whole.stdout
    assert "conf is hi on 2026-01-05" in whole.stdout
    one = house.cli("tasks", "test", "spoken", "say", "2026-01-05")
    assert "conf is nothing on 2026-01-05" in one.stdout
    assert "echo conf is nothing on 2026-01-05" in house.cli("tasks", "render", "spoken", "say", "2026-01-05").stdout
    assert json.loads(house.cli("dags", "list-runs", "-d", "spoken", "-o", "json").stdout) == []
    failed = house.cli("dags", "test", "failing", check=False)
    assert failed.returncode == 1
    assert house.cli("tasks", "test", "failing", "fails", check=False).returncode == 1
    unknown = house.cli("tasks", "test", "spoken", "conut", check=False)
    assert unknown.returncode == 1
    assert "Did you mean 'count'" in unknown.stderr
    assert "Traceback" not in unknown.stderr
