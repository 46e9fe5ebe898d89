"""Deferrable tasks, sensors and assets in a real installation."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.house import House, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

WAITING = """
import asyncio, os
from datetime import datetime, timedelta
from airflow import DAG
from airflow.models.baseoperator import BaseOperator
from airflow.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sensors.external_task import ExternalTaskSensor
from airflow.sensors.filesystem import FileSensor
from airflow.operators.bash import BashOperator
from airflow.sensors.python import PythonSensor
from airflow.triggers.base import BaseTrigger, StartTriggerArgs, TriggerEvent

HERE = os.environ["PROBE"]

class Gate(BaseTrigger):
    def __init__(self, path):
        super().__init__()
        self.path = path
    def serialize(self):
        return f"{type(self).__module__}.Gate", {"path": self.path}
    async def run(self):
        self.log.info("watching %s", self.path)
        while not os.path.exists(self.path):
            await asyncio.sleep(0.02)
        yield TriggerEvent({"open": self.path})

class WaitForGate(BaseOperator):
    template_fields = ("path",)
    def __init__(self, path, **kwargs):
        super().__init__(**kwargs)
        self.path = path
    def execute(self, context):
        self.defer(trigger=Gate(self.path), method_name="go_on", kwargs={"said": "hello"})
    def go_on(self, context, event, said):
        with open(HERE + "/went.txt", "a") as f:
            f.write(f"{self.task_id} {said} {context['ti'].try_number}\\n")
        return event["open"]

with DAG("gates", start_date=datetime(2026, 1, 1), schedule=None):
    for i in range(3):
        WaitForGate(task_id=f"w{i}", path=HERE + "/{{ dag_run.conf['gate'] }}")

with DAG("below", start_date=datetime(2026, 1, 1), schedule=None):
    BashOperator(task_id="work", bash_command="sleep 0.3")

with DAG("above", start_date=datetime(2026, 1, 1), schedule=None):
    start = TriggerDagRunOperator(
        task_id="start", trigger_dag_id="below", wait_for_completion=True, deferrable=True, poke_interval=0.1,
        logical_date="{{ logical_date.isoformat() }}", trigger_run_id="sub",
    )
    both = ExternalTaskSensor(
        task_id="look", external_dag_id="below", external_task_id="work", deferrable=True, poke_interval=0.1,
        check_existence=True,
    )
    later = PythonSensor(
        task_id="later", mode="reschedule", poke_interval=0.2, python_callable=lambda: os.path.exists(HERE + "/later")
    )
"""


@pytest.fixture
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Path]]:
    home = tmp_path_factory.mktemp("home")
    house = House(home, PROBE=str(home))
    (house.dags / "waiting.py").write_text(WAITING)
    house.start()
    house.make_admin()
    yield house, home
    house.stop()


def test_a_killed_triggerer_is_replaced_and_every_task_goes_on_once(waiting: tuple[House, Path]) -> None:
    house, home = waiting
    house.wait_for_dag("gates")
    house.trigger("gates", "r1", {"gate": "g1"})
    until("all wait", lambda: set(house.states("gates", "r1").values()) == {"deferred"})
    until("the trigger logs", lambda: "watching" in house.log("gates", "r1", "w0"))
    os.kill(house.pid_of("tradewind.worker.triggerer"), signal.SIGKILL)
    (home / "g1").touch()
    assert house.wait_for_run("gates", "r1") == "success"
    assert sorted((home / "went.txt").read_text().splitlines()) == [f"w{i} hello 1" for i in range(3)]
    until("health tells of it", lambda: house.rest("GET", "/health")["triggerer"]["status"] == "healthy")


def test_a_killed_scheduler_finds_its_deferred_tasks_again(waiting: tuple[House, Path]) -> None:
    house, home = waiting
    house.wait_for_dag("gates")
    house.trigger("gates", "r2", {"gate": "g2"})
    until("all wait", lambda: set(house.states("gates", "r2").values()) == {"deferred"})
    os.kill(house.pid_of("tradewind.scheduler.main"), signal.SIGKILL)
    (home / "g2").touch()
    assert house.wait_for_run("gates", "r2") == "success"
    assert sorted((home / "went.txt").read_text().splitlines()) == [f"w{i} hello 1" for i in range(3)]


@pytest.mark.spec("1/TG-10", "1/ET-01", "1/SN-15")
def test_runs_wait_for_each_other_without_a_slot(waiting: tuple[House, Path]) -> None:
    house, home = waiting
    house.wait_for_dag("above")
    house.rest("PATCH", "/api/v1/dags/below", {"is_paused": False})
    house.trigger("above", "r1")
    until(
        "all but the last are done",
        lambda: house.states("above", "r1") | {"later": ""} == {"start": "success", "look": "success", "later": ""},
    )
    until("it gives its slot back", lambda: house.states("above", "r1")["later"] == "up_for_reschedule")
    assert house.run_state("below", "sub") == "success"
    (home / "later").touch()
    assert house.wait_for_run("above", "r1") == "success"
    assert house.log("above", "r1", "later").count("Poking callable") >= 2
