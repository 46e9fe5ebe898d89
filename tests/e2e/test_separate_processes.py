"""Scheduler, web process and database are all it takes, typed as the book types them."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.house import House, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

FILE = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("minimal", start_date=datetime(2026, 1, 1), schedule_interval=None) as dag:
    BashOperator(task_id="say", bash_command="echo said it")
"""
USER = "users create --username tester --password secret --firstname A --lastname B --role Admin --email a@example.org"


@contextmanager
def running(house: House, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    output = house.home / f"{words[0]}.out"
    with output.open("wb") as sink:
        process = subprocess.Popen([sys.executable, "-m", "tradewind", *words], env=house.env, stdout=sink, stderr=sink)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.spec("1/RL-02", "1/RL-03", "1/RL-05", "1/RL-06", "1/RL-07", "1/RL-15")
def test_scheduler_webserver_and_database_are_enough(tmp_path: Path) -> None:
    house = House(tmp_path)
    env_port = house.env.pop("TRADEWIND__API__PORT")
    house.cli("db", "init")
    assert house.cli(*USER.split()).stdout == "Admin user tester created\n"
    (house.dags / "minimal.py").write_text(FILE)

    def healthy() -> bool:
        try:
            with urllib.request.urlopen(f"{house.url}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    try:
        with running(house, "webserver", "-p", env_port) as web, running(house, "scheduler") as scheduler:
            until("the web process answers", healthy, 60)
            until("the DAG is known", lambda: house.cli("dags", "unpause", "minimal", check=False).returncode == 0, 60)
            house.cli("dags", "trigger", "minimal", "-r", "one")
            until("the run ends", lambda: house.cli("dags", "state", "minimal", "one").stdout.startswith("success"), 60)
            assert "said it" in house.log("minimal", "one", "say")
            assert web.poll() is None
            assert scheduler.poll() is None
    finally:
        house.stop()


@pytest.mark.spec("1/RL-12")
@pytest.mark.parametrize("words", [["scheduler"], ["webserver"], ["dag-processor"]])
def test_a_process_without_a_schema_ends_and_names_the_way_out(tmp_path: Path, words: list[str]) -> None:
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "TRADEWIND"))}
    environ |= {"TRADEWIND_HOME": str(tmp_path), "TRADEWIND__API__PORT": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "tradewind", *words],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "tradewind db migrate" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
