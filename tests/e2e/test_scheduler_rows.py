"""What people see of the scheduler from outside: its jobs, its log, heartbeats, exit codes, the states on their way."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.house import House, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

FILE = """
import os
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator

with DAG("codes", start_date=datetime(2026, 1, 1), schedule=None) as dag:
    BashOperator(task_id="zero", bash_command="exit 0")
    BashOperator(task_id="three", bash_command="exit 3")
    BashOperator(task_id="again", bash_command='test "{{ ti.try_number }}" = 2', retries=1, retry_delay=0)
    BashOperator(task_id="long", bash_command="while [ ! -e $GATE ]; do sleep 0.1; done", append_env=True)

def tell(ti):
    with open(os.environ["GATE"] + ".told", "a") as file:
        print(ti.task_id, ti.pool, ti.execution_date, file=file)

with DAG("hello_world", start_date=datetime(2020, 4, 1), schedule=None):
    PythonOperator(task_id="first", python_callable=tell) >> PythonOperator(task_id="second", python_callable=tell)
    BashOperator(task_id="bad", bash_command="exit 4")
"""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One ``tradewind scheduler`` and nothing else."""
    home = tmp_path_factory.mktemp("alone")
    house = House(home, AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC="0.3", GATE=str(home / "gate"))
    house.cli("db", "init")
    (house.dags / "codes.py").write_text(FILE)
    with (home / "scheduler.out").open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "tradewind", "scheduler"], env=house.env, stdout=sink, stderr=sink
        )
    try:
        until("the DAG is known", lambda: house.cli("dags", "unpause", "codes", check=False).returncode == 0, 60)
        house.cli("dags", "trigger", "codes", "-r", "one")
        yield house
    finally:
        (home / "gate").touch()
        process.terminate()
        process.wait(30)
        house.stop()


def states(house: House) -> dict[str, str | None]:
    rows = json.loads(house.cli("tasks", "states-for-dag-run", "codes", "one", "-o", "json").stdout)
    return {row["task_id"]: row["state"] for row in rows}


def jobs(house: House, kind: str) -> list[dict[str, Any]]:
    return list(json.loads(house.cli("jobs", "list", "--job-type", kind, "-o", "json").stdout))


def ask(house: House, text: str) -> list[tuple[Any, ...]]:
    store = sqlite3.connect(f"file:{house.home / 'tradewind.db'}?mode=ro", uri=True)
    try:
        return store.execute(text).fetchall()
    finally:
        store.close()


@pytest.mark.spec("3/SC-01", "3/SC-13", "3/SC-14", "3/SC-18")
def test_one_scheduler_reads_schedules_and_runs_and_is_seen_as_a_job(alone: House) -> None:
    house = alone
    wanted = {"zero": "success", "three": "failed", "again": "success", "long": "running"}
    until("all but the long one end", lambda: states(house) == wanted, 60)

    (scheduler,) = jobs(house, "SchedulerJob")
    assert scheduler["state"] == "running"
    assert Path(f"/proc/{scheduler['pid']}").exists()
    assert house.cli("jobs", "check", "--job-type", "SchedulerJob").stdout == "Found one alive job.\n"
    assert jobs(house, "DagProcessorJob")[0]["state"] == "running"

    (task,) = jobs(house, "LocalTaskJob")
    assert task["task"] == "codes.long of one"
    beats: set[str] = set()

    def heard() -> bool:
        (row,) = ask(house, "SELECT lease_until FROM attempt WHERE state = 'running'")
        beats.add(row[0])
        return len(beats) > 3

    until("its heartbeat goes on", heard, 30)

    (house.home / "gate").touch()
    until("the long one ends", lambda: states(house)["long"] == "success", 60)
    moves = ask(
        house,
        'SELECT j."after", j.actor FROM journal j JOIN task_instance t ON t.id = j.ti_id'
        " WHERE t.task_id = 'zero' ORDER BY j.id",
    )
    assert [state for state, _ in moves] == ["scheduled", "queued", "running", "success"]
    assert {actor for _, actor in moves} == {"scheduler"}
    tries = ask(
        house,
        "SELECT a.state FROM attempt a JOIN task_instance t ON t.id = a.ti_id WHERE t.task_id = 'again'"
        " ORDER BY a.try_number",
    )
    assert len(tries) == 2
    assert tries[-1] == ("success",)


@pytest.mark.spec("3/SC-12")
def test_the_old_command_form_runs_exactly_one_task_instance(alone: House) -> None:
    house, told = alone, alone.home / "gate.told"
    house.cli("dags", "trigger", "hello_world", "-e", "2020-04-04T00:00:00+00:00")  # paused: nobody else runs it
    run = ["tasks", "run", "hello_world"]
    date = ["2020-04-04T00:00:00+00:00", "--local", "--pool"]
    file = str(house.dags / "codes.py")
    house.cli(*run, "second", *date, "default_pool", "-sd", file)
    house.cli("pools", "set", "mine", "1", "")
    house.cli(*run, "first", *date, "mine", "-S", file, "-f", "-A", "-i", "-I", "--raw", "--job-id", "7")
    house.cli(*run, "first", *date, "mine", "--subdir", "DAGS_FOLDER/codes.py", "--cfg-path", "/tmp/x", "--ship-dag")
    day = "2020-04-04 00:00:00+00:00"
    lines = [line.replace("T", " ") for line in told.read_text().splitlines()]
    assert lines == [f"second default_pool {day}", f"first mine {day}", f"first mine {day}"]
    assert house.cli(*run, "bad", date[0], check=False).returncode == 1
    wrong = house.cli(*run, "first", *date, "defualt_pool", check=False)
    assert wrong.returncode == 1
    assert "Did you mean 'default_pool'?" in wrong.stderr
    until("it failed", lambda: states(house).get("three") in ("failed", "success"), 60)
    house.cli("tasks", "run", "codes", "three", "one", "--mark-success")
    assert states(house)["three"] == "success"
    assert len(told.read_text().splitlines()) == 3
