"""kill -9 of the scheduler in the middle of a wide fan-out: every task succeeds, each ran once, nothing is stuck."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.house import House, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

WIDTH = 1000
DAG_FILE = f"""
import os
from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator

def probe(name):
    with open(os.environ["PROBE"], "a") as f:
        f.write(name + "\\n")

with DAG("fan", start_date=datetime(2026, 1, 1), schedule=None, max_active_tasks=1000) as dag:
    root = PythonOperator(task_id="root", python_callable=probe, op_args=["root"])
    join = PythonOperator(task_id="join", python_callable=probe, op_args=["join"])
    for i in range({WIDTH}):
        root >> PythonOperator(task_id=f"t{{i}}", python_callable=probe, op_args=[f"t{{i}}"]) >> join
"""


@pytest.fixture
def probed(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, Path]:
    home = tmp_path_factory.mktemp("home")
    probe = home / "probe.txt"
    house = House(home, PROBE=str(probe))
    (house.dags / "fan.py").write_text(DAG_FILE)
    house.start()
    house.make_admin()
    yield house, probe  # type: ignore[misc]
    house.stop()


def lines(probe: Path) -> int:
    return probe.read_bytes().count(b"\n") if probe.exists() else 0


@pytest.mark.parametrize("kills", [1, 3])
def test_a_killed_scheduler_loses_nothing_and_repeats_nothing(probed: tuple[House, Path], kills: int) -> None:
    house, probe = probed
    house.wait_for_dag("fan")
    house.trigger("fan", "r1")
    for nth in range(1, kills + 1):
        goal = WIDTH * nth // (kills + 2)
        until(f"{goal} tasks ran", lambda goal=goal: lines(probe) >= goal, 60)
        os.kill(house.pid_of("tradewind.scheduler.main"), signal.SIGKILL)
    assert house.wait_for_run("fan", "r1", 150) == "success"
    ran = Counter(probe.read_text().split())
    assert len(ran) == WIDTH + 2
    assert {name: n for name, n in ran.items() if n != 1} == {}
    counts = house.rest("GET", "/ui/dags/fan/runs/r1")["counts"]
    assert counts == {"success": WIDTH + 2}
