"""What authors count on that only real processes and the real page can show."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.house import House, until
from tests.e2e.pages import log_in, needs_page

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

NO_MEMORY = """
import os
from datetime import datetime
from airflow import DAG
from airflow.decorators import task

count = 0

with DAG("no_memory", start_date=datetime(2024, 1, 1), schedule=None, description="Tasks share nothing but values."):
    @task
    def first():
        global count
        count += 1
        return [count, os.getpid()]

    @task
    def second(before):
        global count
        count += 1
        print("counted", before[0], count, before[1] == os.getpid())

    second(first())
"""
EAGER = """
import time
from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator

with DAG("eager", start_date=datetime(2024, 1, 1), schedule=None):
    fails = PythonOperator(task_id="fails", python_callable=lambda: 1 / 0)
    slow = PythonOperator(task_id="slow", python_callable=lambda: time.sleep(60))
    alarm = PythonOperator(task_id="alarm", python_callable=lambda: print("help"), trigger_rule="one_failed")
    [fails, slow] >> alarm
"""


@pytest.mark.spec("1/OP-19")
def test_a_global_changed_in_one_task_is_unchanged_in_the_next(house: House) -> None:
    (house.dags / "no_memory.py").write_text(NO_MEMORY)
    house.wait_for_dag("no_memory")
    house.trigger("no_memory", "r")
    assert house.wait_for_run("no_memory", "r") == "success"
    assert "counted 1 1 False" in house.log("no_memory", "r", "second")


@pytest.mark.spec("1/TR-13")
def test_an_alarm_does_not_wait_for_the_slow(house: House) -> None:
    (house.dags / "eager.py").write_text(EAGER)
    house.wait_for_dag("eager")
    house.trigger("eager", "r")
    until("the alarm has run", lambda: house.states("eager", "r").get("alarm") == "success", 20)
    assert house.states("eager", "r")["slow"] == "running"
    house.rest("PATCH", "/api/v1/dags/eager/dagRuns/r", {"state": "failed"})


@needs_page
@pytest.mark.spec("1/AU-12")
def test_a_description_is_seen_in_the_list_and_on_the_page(house: House, browser: Any) -> None:
    (house.dags / "no_memory.py").write_text(NO_MEMORY)
    house.wait_for_dag("no_memory")
    page = browser.new_page()
    page.goto(f"{house.url}/dags")
    log_in(page)
    link = page.get_by_role("link", name="no_memory", exact=True).first
    assert link.get_attribute("title") == "Tasks share nothing but values."
    link.click()
    heading = page.get_by_role("heading", name="no_memory")
    assert heading.get_attribute("title") == "Tasks share nothing but values."
    page.get_by_text("Tasks share nothing but values.", exact=True).first.wait_for()
    page.close()
