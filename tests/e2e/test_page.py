"""The page in a real browser against a real installation: log in, unpause, trigger, watch, read, run again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.house import House
from tests.e2e.pages import log_in, needs_page, opened

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(180),
    needs_page,
]

DAG_FILE = """
import pendulum
from airflow.decorators import dag, task

@dag(schedule=None, start_date=pendulum.datetime(2026, 1, 1), params={"word": "wind"}, tags=["seen"])
def seen_dag():
    @task
    def speak(**context):
        print("the word is", context["params"]["word"])
        return {"said": context["params"]["word"]}

    @task
    def stumble(said):
        raise ValueError("stumbled on purpose")

    @task
    def never(nothing):
        pass

    never(stumble(speak()))

seen_dag()
"""


@pytest.fixture
def page(house: House, browser: Any) -> Iterator[Any]:
    (house.dags / "seen.py").write_text(DAG_FILE)
    with opened(browser) as page:
        page.goto(house.url + "/dags")
        yield page


@pytest.mark.spec("1/UI-01", "1/UI-03", "1/UI-04")
def test_a_run_started_on_the_page_is_followed_to_its_end_and_started_again(page: Any) -> None:
    log_in(page, "wrong")
    page.get_by_role("alert").wait_for()
    log_in(page)

    page.get_by_role("switch", name="Unpause seen_dag").click()
    page.get_by_role("switch", name="Pause seen_dag").wait_for()
    page.get_by_role("button", name="Trigger seen_dag").click()
    page.get_by_label("word").fill("gale")
    page.get_by_role("button", name="Trigger", exact=True).last.click()

    run = page.get_by_role("region", name="Run ")
    run.locator(".badge[data-state=failed]").first.wait_for()  # pushed: nobody reloads
    assert page.title().startswith("✕")

    page.get_by_role("row", name="speak").click()
    page.get_by_text("the word is gale").wait_for()
    page.get_by_role("tab", name="XCom").click()
    page.get_by_text('"gale"').wait_for()

    page.get_by_role("row", name="never").click()  # the tab stays from task to task
    page.get_by_role("tab", name="Log").click()
    page.get_by_text("This task did not run").wait_for()

    page.get_by_role("row", name="stumble").click()
    page.get_by_text("ValueError: stumbled on purpose").last.wait_for()
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Clear 2 tasks").click()
    page.get_by_role("combobox", name="Try", exact=True).wait_for()  # a second try came

    page.get_by_role("tab", name="Graph").click()
    page.get_by_role("button", name="task stumble, failed").wait_for()
    assert page.faults == []
