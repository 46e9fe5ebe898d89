"""The page answers "why is it not running?", and says so when nobody schedules. A real browser, real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.house import House, until
from tests.e2e.pages import log_in, needs_page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(420),
    needs_page,
]

FILE = """
import os, time
from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator

def hold():
    while not os.path.exists("{gate}"):
        time.sleep(0.1)

with DAG("load", start_date=datetime(2026, 1, 1), schedule=None) as dag:
    for n in range(3):
        PythonOperator(task_id=f"t{{n}}", python_callable=hold, pool="db", priority_weight=10 - n)
"""


class Apart:
    """A web process and a scheduler, each to be ended alone."""

    def __init__(self, home: Path) -> None:
        self.house = House(
            home,
            TRADEWIND__SCHEDULER__SCHEDULER_HEARTBEAT_SEC="0.5",
            TRADEWIND__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD="10",
        )
        self.gate = home / "gate"
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        with (self.house.home / f"{words[0]}.out").open("ab") as sink:
            command = [sys.executable, "-m", "tradewind", *words]
            self.processes.append(subprocess.Popen(command, env=self.house.env, stdout=sink, stderr=sink))
        return self.processes[-1]

    def health(self) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"{self.house.url}/health", timeout=5) as answer:
                return dict(json.load(answer))
        except OSError:
            return {}

    def stop(self) -> None:
        self.gate.touch()
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(30)
        self.house.stop()


@pytest.fixture
def apart(tmp_path: Path) -> Iterator[Apart]:
    apart = Apart(tmp_path)
    apart.house.cli("db", "migrate")
    apart.house.make_admin()
    apart.house.cli("pools", "set", "db", "2", "connections of the database")
    (apart.house.dags / "load.py").write_text(FILE.format(gate=apart.gate))
    apart.start("api-server")
    yield apart
    apart.stop()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(60_000)
    yield page
    page.close()


@pytest.mark.spec("3/SC-17", "3/PF-12", "3/PO-01")
def test_the_page_says_what_a_task_waits_for_and_that_nobody_schedules(apart: Apart, page: Any) -> None:
    house = apart.house
    apart.start("scheduler")
    until("the web process answers", lambda: apart.health().get("scheduler", {}).get("status") == "healthy", 120)
    until("the DAG is known", lambda: house.cli("dags", "unpause", "load", check=False).returncode == 0, 60)
    house.cli("dags", "trigger", "load", "-r", "one")
    sentence = "waits for pool db: 2 of 2 slots in use, held by load.t0 and load.t1"
    until("t2 waits", lambda: sentence in house.cli("tasks", "why", "load", "t2", "one").stdout, 60)

    page.goto(f"{house.url}/dags/load?run=one&task=t2")
    log_in(page)
    panel = page.get_by_role("region", name="Task t2")
    panel.get_by_text("Waits for pool db: 2 of 2 slots in use").first.wait_for()
    panel.get_by_role("tab", name="Why").click()
    panel.get_by_role("list", name="Held by").get_by_role("link", name="load.t0").click()
    page.get_by_role("region", name="Task t0").wait_for()

    page.goto(f"{house.url}/admin/pools")
    row = page.get_by_role("row").filter(has_text="connections of the database")
    row.get_by_text("2 running, 0 queued, 0 open, 1 waiting").wait_for()
    assert row.get_by_role("cell").nth(1).inner_text() == "2"
    page.get_by_role("row").filter(has_text="default_pool").get_by_text("128 open").wait_for()

    alert = page.get_by_role("alert").filter(has_text="No scheduler is running: the last one was heard of")
    assert alert.count() == 0
    pid = house.pid_of("tradewind.scheduler.main")
    os.kill(pid, signal.SIGSTOP)  # it hangs: nobody schedules, and it cannot say so itself
    try:
        alert.wait_for()
        assert apart.health()["scheduler"]["status"] == "unhealthy"
        told = house.cli("tasks", "why", "load", "t2", "one").stdout
        assert told.startswith("no scheduler is running: the last one was heard of ")
        assert "Warning: no scheduler is running" in house.cli("dags", "trigger", "load", "-r", "two").stderr
    finally:
        os.kill(pid, signal.SIGCONT)
    alert.wait_for(state="detached")
    assert apart.health()["scheduler"]["status"] == "healthy"
