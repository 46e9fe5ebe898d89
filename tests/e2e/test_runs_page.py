"""Runs and what they leave, in a real browser: started with a conf, tasks run at once, values, links, colours."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.house import House, until
from tests.e2e.pages import log_in, needs_page, opened

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(480),
    needs_page,
]

DAG_FILE = """
import pendulum
from airflow import DAG
from airflow.exceptions import AirflowSkipException
from airflow.operators.python import PythonOperator
from airflow.operators.dummy import DummyOperator
from airflow.operators.trigger_dagrun import TriggerDagRunOperator

def fail():
    raise ValueError("on purpose")

def skip():
    raise AirflowSkipException("on purpose")

def push(ti):
    ti.xcom_push(key="model_id", value="m-1")
    return {"rows": 3}

with DAG("many", start_date=pendulum.datetime(2026, 1, 1), schedule=None, params={"city": "Amsterdam"}):
    PythonOperator(task_id="fails", python_callable=fail) >> DummyOperator(task_id="after")
    PythonOperator(task_id="skips", python_callable=skip)
    PythonOperator(task_id="retries", python_callable=fail, retries=1, retry_delay=3600)
    PythonOperator(task_id="pushes", python_callable=push)
    TriggerDagRunOperator(task_id="starts", trigger_dag_id="other")

with DAG("other", start_date=pendulum.datetime(2026, 1, 1), schedule=None):
    DummyOperator(task_id="done")
"""


@pytest.fixture
def page(house: House, browser: Any) -> Iterator[Any]:
    (house.dags / "many.py").write_text(DAG_FILE)
    with opened(browser, width=1500, height=900) as page:
        page.goto(house.url + "/dags")
        log_in(page)
        yield page


def hue(colour: str) -> str:
    """The name of a colour ``rgb(r, g, b)``, by its place on the wheel."""
    red, green, blue = (int(part) / 255 for part in re.findall(r"\d+", colour)[:3])
    angle, _, strong = colorsys.rgb_to_hls(red, green, blue)
    if strong < 0.15:
        return "gray"
    names = (
        (15, "red"),
        (40, "orange"),
        (65, "yellow"),
        (170, "green"),
        (190, "turquoise"),
        (250, "blue"),
        (290, "violet"),
    )
    return next((name for limit, name in names if angle * 360 < limit), "red" if angle * 360 > 345 else "pink")


@pytest.mark.spec("1/RC-11", "1/FH-01", "1/FH-12", "1/XC-07", "1/UI-13", "1/UI-06", "1/TG-11")
def test_a_run_is_started_with_a_conf_looked_at_and_helped_on(page: Any, house: House) -> None:
    dialog = page.get_by_role("dialog")

    # RC-11: the form, pre-filled with the params; JSON that is none is refused on it; a notice.
    house.wait_for_dag("other")
    house.rest("PATCH", "/api/v1/dags/other", {"is_paused": False})
    page.get_by_role("switch", name="Unpause many").click()
    page.get_by_role("button", name="Trigger many").click()
    dialog.get_by_role("tab", name="JSON").click()
    conf = dialog.locator("#conf")
    assert conf.input_value() == '{\n  "city": "Amsterdam"\n}'
    conf.fill('{"city": ')
    dialog.get_by_role("button", name="Trigger", exact=True).click()
    dialog.get_by_role("alert").wait_for()
    assert house.rest("GET", "/api/v1/dags/many/dagRuns")["total_entries"] == 0
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("link", name="many", exact=True).first.click()
    page.wait_for_url("**/dags/many**")
    page.get_by_role("button", name="Trigger", exact=True).click()
    dialog.get_by_role("tab", name="JSON").click()
    conf.fill('{"city": "Utrecht"}')
    dialog.get_by_role("button", name="Trigger", exact=True).click()
    page.get_by_text("many triggered").wait_for()
    [run] = house.rest("GET", "/api/v1/dags/many/dagRuns")["dag_runs"]
    assert run["conf"] == {"city": "Utrecht"}

    # FH-01, UI-06: the states have their colours in the legend, and light up their tasks.
    page.get_by_role("tab", name="Graph").click()
    page.get_by_role("button", name="task after, upstream_failed").wait_for()
    page.get_by_role("button", name="task starts, success").wait_for()
    page.get_by_role("button", name="task retries, up_for_retry").wait_for()
    legend = page.get_by_role("group", name="States")
    paint = "e => getComputedStyle(e.querySelector('i')).backgroundColor"
    colours = {each.inner_text().strip(): hue(each.evaluate(paint)) for each in legend.get_by_role("button").all()}
    assert colours == {
        "success": "green", "failed": "red", "upstream_failed": "orange", "up_for_retry": "yellow", "skipped": "pink",
    }  # fmt: skip
    every = page.evaluate(
        "() => Object.fromEntries([...document.documentElement.style].filter(n => n.startsWith('--st-'))"
        ".map(n => [n.slice(5), document.documentElement.style.getPropertyValue(n)]))"
    )
    assert {"none", "scheduled", "queued", "running", "up_for_reschedule", "removed", "deferred"} <= set(every)
    assert len(set(every.values())) == len(every)
    legend.get_by_role("button", name="upstream_failed").hover()
    shown = "() => [...document.querySelectorAll('.node-box')].map(e => [e.dataset.state, getComputedStyle(e).opacity])"
    bright = lambda: {state for state, opacity in page.evaluate(shown) if opacity == "1"}  # noqa: E731
    until("other boxes are dimmed", lambda: bright() == {"upstream_failed"})
    page.mouse.move(5, 5)

    # FH-12: what waits for a failed task is run all the same.
    page.get_by_role("button", name="task after, upstream_failed").click()
    page.get_by_role("button", name="Run", exact=True).click()
    dialog.get_by_role("button", name="Run now").click()
    page.get_by_role("button", name="task after, success").wait_for()
    assert house.states("many", run["dag_run_id"])["fails"] == "failed"
    page.get_by_role("button", name="Run", exact=True).click()
    dialog.get_by_role("button", name="Run now").click()
    dialog.get_by_text("after has succeeded").wait_for()
    dialog.get_by_role("button", name="Cancel").click()

    # TG-11: the button leads to the other DAG at the run that was started.
    page.get_by_role("button", name="task starts, success").click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Triggered DAG").click()
    [other] = house.rest("GET", "/api/v1/dags/other/dagRuns")["dag_runs"]
    opened.value.get_by_role("region", name="Run ").wait_for()
    assert other["dag_run_id"] in opened.value.get_by_role("region", name="Run ").inner_text()

    # XC-07: all values in one list, with filter and delete.
    page.goto(house.url + "/admin/xcoms")
    page.get_by_role("row", name="model_id").wait_for()
    heads = page.get_by_role("columnheader").all_inner_texts()
    assert heads[:6] == ["Key", "Value", "Timestamp", "Logical date", "Task", "DAG"]
    page.get_by_label("Key contains").fill("model")
    page.get_by_role("row", name="trigger_run_id").wait_for(state="detached")
    line = page.get_by_role("row", name="model_id").inner_text()
    assert '"m-1"' in line
    assert "pushes" in line
    assert "many" in line
    page.get_by_role("button", name="Delete model_id of pushes").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("Nothing matches").wait_for()
    left = house.rest("GET", f"/api/v1/dags/many/dagRuns/{run['dag_run_id']}/taskInstances/pushes/xcomEntries")
    assert [each["key"] for each in left["xcom_entries"]] == ["return_value"]
    assert page.faults == []
