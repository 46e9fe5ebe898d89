"""SIGTERM of standalone ends everything at once; what was ended is put back and runs at the next start."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.house import House, until
from tradewind.loop import run_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

DAG_FILE = """
import os, pathlib, signal, time
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator

GO = pathlib.Path({go!r})

def stubborn():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while not GO.exists():
        time.sleep(0.05)

with DAG("long", schedule=None, start_date=datetime(2026, 1, 1)) as dag:
    BashOperator(task_id="bash", bash_command="until [ -e {go} ]; do sleep 0.05; done")
    PythonOperator(task_id="stubborn", python_callable=stubborn)
"""


@pytest.fixture
def long_house(tmp_path_factory: pytest.TempPathFactory) -> House:
    home = tmp_path_factory.mktemp("home")
    house = House(home, TRADEWIND__CORE__KILLED_TASK_CLEANUP_TIME="1")
    (house.dags / "long.py").write_text(DAG_FILE.format(go=str(home / "go")))
    house.start()
    house.make_admin()
    house.wait_for_dag("long")
    house.trigger("long", "r1")
    until("both tasks run", lambda: set(house.states("long", "r1").values()) == {"running"})
    yield house  # type: ignore[misc]
    house.stop()


def reasons(house: House) -> list[str]:
    with closing(sqlite3.connect(house.home / "tradewind.db")) as conn:
        return [row[0] for row in conn.execute("SELECT why FROM journal WHERE ti_id IS NOT NULL ORDER BY id")]


def left(home: Path) -> list[str]:
    return [path.name for path in run_folder(home).iterdir() if path.suffix in (".sock", ".bell")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_of_a_stopped_house_and_its_tasks_run_at_the_next_start(
    long_house: House, number: signal.Signals
) -> None:
    house = long_house
    assert house.process is not None
    house.process.send_signal(number)
    assert house.process.wait(30) == 0
    until("the last zygote is gone", lambda: not house.processes(), 5)  # they end a moment after their host
    assert left(house.home) == []
    assert reasons(house).count("Tradewind was stopped; put back") == 2
    (house.home / "go").touch()
    house.start()
    assert house.wait_for_run("long", "r1") == "success"
    answer = house.rest("GET", "/api/v1/dags/long/dagRuns/r1/taskInstances")
    assert {ti["try_number"] for ti in answer["task_instances"]} == {1}  # it was no fault of theirs


def test_a_second_signal_does_not_wait(long_house: House) -> None:
    house = long_house
    assert house.process is not None
    house.process.send_signal(signal.SIGINT)
    house.process.send_signal(signal.SIGINT)
    house.process.wait(10)
    until("every process is gone", lambda: not [pid for pid in house.processes() if _is_ours(pid)], 10)
    assert [name for name in left(house.home) if name.endswith(".sock")] == []


def test_what_bash_started_ends_with_a_task_that_is_killed(long_house: House) -> None:
    """Cancelled by a mark; the task is stopped and cannot hear SIGTERM, so SIGKILL follows."""
    house = long_house

    def loops() -> list[int]:
        return [pid for pid in house.processes() if b"until [ -e" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    [bash] = until("bash runs", loops)
    task = int(Path(f"/proc/{bash}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(task, signal.SIGSTOP)  # it cannot hear SIGTERM, so it cannot end bash
    house.rest("PATCH", "/api/v1/dags/long/dagRuns/r1", {"state": "failed"})
    until("bash is gone", lambda: not Path(f"/proc/{bash}").exists(), 15)


def _is_ours(pid: int) -> bool:
    try:
        return b"tradewind" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def test_a_stopped_scheduler_lets_the_tasks_run_on(long_house: House) -> None:
    """Standalone starts another one at once, which takes them over."""
    house = long_house
    before = house.pid_of("tradewind.scheduler.main")
    host = house.pid_of("tradewind.worker.host")
    os.kill(before, signal.SIGTERM)
    until("another scheduler runs", lambda: house._find("tradewind.scheduler.main") not in (None, before))
    (house.home / "go").touch()
    assert house.wait_for_run("long", "r1") == "success"
    assert not any("put back" in why for why in reasons(house))
    until("the host of before has run out", lambda: not Path(f"/proc/{host}").exists(), 30)
