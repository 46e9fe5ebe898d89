"""The scheduler as a process: it reads files, makes the runs that are due, and runs their tasks, again and again."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.e2e.house import House, until
from tradewind.settings import load_settings
from tradewind.store.engine import open_store, query

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

FILE = """
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("often", start_date=datetime(2026, 1, 1), schedule_interval=timedelta(seconds=10), catchup=False) as dag:
    BashOperator(task_id="one", bash_command="echo {{ ts }}") >> BashOperator(task_id="two", bash_command="true")
"""
HISTORY = """
from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator

def fetch(ds):
    print("fetching")
    return "raw of " + ds

def refine(ti):
    print("CODE " + ti.xcom_pull(task_ids="fetch"))

with DAG(
    "history", start_date=datetime(2019, 1, 1), end_date=datetime(2019, 1, 3), schedule_interval="@daily", catchup=True
):
    PythonOperator(task_id="fetch", python_callable=fetch) >> PythonOperator(task_id="refine", python_callable=refine)
"""
#: "Within seconds of its tick", with room for a machine that is busy with other tests.
SECONDS = 30.0


@pytest.mark.spec("1/SC-24")
def test_the_scheduler_reads_files_makes_due_runs_and_starts_them_soon(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.cli("db", "init")
    store = open_store(load_settings(house.env))

    def ended() -> list[tuple[int, int]]:
        with store.read() as conn:
            text = "SELECT run_after, started_at FROM dag_run WHERE dag_id = 'often' AND state = 'success'"
            return [(after, started) for after, started in query(conn, text)]

    with (house.home / "scheduler.out").open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "tradewind", "scheduler"], env=house.env, stdout=sink, stderr=sink
        )
    try:
        (house.dags / "often.py").write_text(FILE)  # while it runs
        until("the DAG is known", lambda: house.cli("dags", "unpause", "often", check=False).returncode == 0, 60)
        until("three runs ended by themselves", lambda: len(ended()) >= 3, 90)
        late = [(started - after) / 1e6 for after, started in sorted(ended())][1:]  # the first was due long before
        assert max(late) < SECONDS
        assert min(late) >= 0
        dates = sorted(after for after, _ in ended())
        assert all((two - one) % 10_000_000 == 0 for one, two in pairwise(dates))
        assert datetime.fromtimestamp(dates[0] / 1e6).second % 10 == 0
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        store.close()
        house.stop()
