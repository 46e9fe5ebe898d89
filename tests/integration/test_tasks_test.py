"""``tasks test``: one task in the terminal, in the words of Airflow's log, without a trace; a debugger can be used."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tradewind.settings import load_settings
from tradewind.store.engine import open_store, query

FILE = """
import os
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.python import PythonOperator

def say(test_mode, params, dag_run, **_):
    print("mode", test_mode, "word", os.environ.get("WORD"), "conf", dag_run.conf)

def fail():
    secret = "the local value"
    raise ValueError("on purpose")

def stop():
    number = 41
    import pdb; pdb.set_trace()
    number += 1
    print("number is", number)
    return number

with DAG("movielens_download", start_date=datetime(2019, 1, 1), schedule_interval="@daily") as dag:
    fetch = PythonOperator(task_id="fetch_data", python_callable=say)
    bad = PythonOperator(task_id="bad", python_callable=fail, retries=1)
    debug = PythonOperator(task_id="debug", python_callable=stop, execution_timeout=timedelta(seconds=1))
    shown = PythonOperator(task_id="shown", python_callable=print, templates_dict={"day": "{{ ds }}"})
    bad >> fetch
"""
LINE = re.compile(r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] \{[\w.]+\.py:\d+\} [A-Z]+ - (.*)$", re.MULTILINE)

Call = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "movies.py").write_text(FILE)
    return tmp_path


def environ(home: Path) -> dict[str, str]:
    return os.environ | {"TRADEWIND_HOME": str(home)}


def command(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tradewind", *words],
        env=environ(home), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.spec("2/TS-29", "2/TS-30", "2/TS-31", "2/TR-04", "2/TS-34")
def test_the_log_of_a_task_and_its_exit_code(home: Path) -> None:
    assert command(home, "db", "init").returncode == 0
    assert command(home, "db", "init").returncode == 0, "it may be said twice"
    assert (home / "tradewind.db").is_file()
    assert command(home, "upgradedb").returncode == 0
    for words in (("tasks", "test"), ("test",)):
        done = command(home, *words, "movielens_download", "fetch_data", "2019-01-01T12:00:00")
        assert done.returncode == 0, done.stderr
        told = LINE.findall(done.stdout)
        begins = [
            "Dependencies all met for <TaskInstance: movielens_download.fetch_data 2019-01-01T12:00:00+00:00 [None]>",
            "Starting attempt 1 of 1",
            "Executing <Task(PythonOperator): fetch_data> on 2019-01-01T12:00:00+00:00",
        ]
        assert told[:3] == begins
        assert "mode True word None conf {}" in done.stdout, "its upstream task has not run; it does not matter"
        assert told[-2] == "Done. Returned value was: None"
        assert re.fullmatch(
            r"Marking task as SUCCESS\. dag_id=movielens_download, task_id=fetch_data, execution_date=20190101T120000,"
            r" start_date=\d{8}T\d{6}, end_date=\d{8}T\d{6}",
            told[-1],
        )
    done = command(home, "tasks", "test", "movielens_download", "bad", "2019-01-01")
    assert done.returncode == 1
    assert "ValueError: on purpose" in done.stdout
    assert "Starting attempt 1 of 2" in done.stdout
    assert "Marking task as UP_FOR_RETRY. dag_id=movielens_download, task_id=bad" in done.stdout


@pytest.mark.spec("2/TS-29", "2/TS-32")
def test_its_options_and_no_trace(home: Path) -> None:
    done = command(home, "tasks", "test", "-n", "movielens_download", "shown", "2019-01-02", "-S", str(home / "dags"))
    assert done.returncode == 0, done.stderr
    assert "Rendering template for templates_dict: {'day': '2019-01-02'}" in done.stdout
    assert "Executing" not in done.stdout
    assert not (home / "tradewind.db").exists(), "a test makes no database"
    assert command(home, "db", "init").returncode == 0
    words = ("-t", json.dumps({"a": 1}), "--env-vars", json.dumps({"WORD": "here"}))
    done = command(home, "tasks", "test", "movielens_download", "fetch_data", "2019-01-02", *words)
    assert "mode True word here conf {'a': 1}" in done.stdout
    store = open_store(load_settings({"TRADEWIND_HOME": str(home)}))
    with store.read() as conn:
        for table in ("dag_run", "task_instance", "attempt", "journal", "xcom"):
            assert query(conn, f"SELECT COUNT(*) FROM {table}")[0][0] == 0, table
    store.close()
    done = command(home, "tasks", "test", "movielens_download", "fetch_data", "--env-vars", "WORD=here")
    assert done.returncode == 2
    assert "--env-vars is not JSON" in done.stderr


class Terminal:
    """A command on a terminal of its own, as a person at the keyboard sees it."""

    def __init__(self, home: Path, *words: str) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tradewind", *words],
            env=environ(home), stdin=slave, stdout=slave, stderr=slave, close_fds=True, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.seen = ""

    def wait_for(self, text: str, seconds: float = 60) -> str:
        """Everything up to that text, which must come."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            ready, _, _ = select.select([self.master], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{text!r} did not come: {self.seen}"
            try:
                data = os.read(self.master, 65536)
            except OSError:
                data = b""  # the other end is closed
            assert data, f"the command ended without {text!r}: {self.seen}"
            self.seen += data.decode()
        before, _, self.seen = self.seen.partition(text)
        return before + text

    def type(self, text: str) -> None:
        os.write(self.master, text.encode() + b"\n")

    def ends(self) -> int:
        while True:
            try:
                if not os.read(self.master, 65536):
                    break
            except OSError:
                break
        os.close(self.master)
        return self.process.wait(60)


@pytest.mark.spec("2/CI-07")
def test_a_person_can_stand_in_the_debugger_longer_than_the_tasks_time_limit(home: Path) -> None:
    terminal = Terminal(home, "tasks", "test", "movielens_download", "debug", "2019-01-01T12:00:00")
    terminal.wait_for("(Pdb)")
    terminal.wait_for("execution_timeout no longer counts", 30)  # it came and was let pass
    terminal.type("n")
    terminal.wait_for("(Pdb)")
    terminal.type("l")
    assert "number += 1" in terminal.wait_for("(Pdb)")
    terminal.type("p number")
    assert "42" in terminal.wait_for("(Pdb)")
    terminal.type("c")
    terminal.wait_for("number is 42")
    terminal.wait_for("Task debug: success")
    assert terminal.ends() == 0


@pytest.mark.spec("2/TS-29")
def test_the_debugger_opens_where_a_task_failed(home: Path) -> None:
    terminal = Terminal(home, "tasks", "test", "-m", "movielens_download", "bad", "2019-01-01")
    terminal.wait_for("(Pdb)")
    terminal.type("p secret")
    assert "the local value" in terminal.wait_for("(Pdb)")
    terminal.type("q")
    terminal.wait_for("Task bad: failed")
    assert terminal.ends() == 1
