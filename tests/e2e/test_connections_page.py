"""Connections in a real browser: made by command and by form, used by a task at once, tried out, removed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
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
from airflow import DAG
from airflow.hooks.base_hook import BaseHook
from airflow.operators.python import PythonOperator

def show():
    c = BaseHook.get_connection("movielens")
    print("seen:", (c.conn_type, c.host, c.schema, c.login, "-".join(c.password), c.port, c.extra_dejson))

with DAG("asks", start_date=pendulum.datetime(2026, 1, 1), schedule=None):
    PythonOperator(task_id="show", python_callable=show)
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "home", TRADEWIND__CORE__TEST_CONNECTION="Enabled")
    (house.dags / "asks.py").write_text(DAG_FILE)
    house.start()
    house.make_admin()
    yield house
    house.stop()


@pytest.fixture
def page(house: House, browser: Any) -> Iterator[Any]:
    with opened(browser, height=1000) as page:
        page.goto(house.url + "/admin/connections")
        log_in(page)
        yield page


@pytest.fixture
def service() -> Iterator[int]:
    """The port of something that answers every POST with 200."""

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def seen_by_a_task(house: House, run_id: str) -> str:
    house.trigger("asks", run_id)
    assert house.wait_for_run("asks", run_id) == "success", house.log("asks", run_id, "show")
    return house.log("asks", run_id, "show")


@pytest.mark.spec("2/CN-03", "1/HK-02")
def test_a_connection_made_on_the_page_is_what_the_next_task_gets(page: Any, house: House, service: int) -> None:
    house.cli(
        "connections", "add", "--conn-type", "postgres", "--conn-host", "localhost", "--conn-login", "postgres",
        "--conn-password", "mysecretpassword", "my_postgres",
    )  # fmt: skip
    house.wait_for_dag("asks")
    page.reload()
    page.get_by_role("button", name="my_postgres", exact=True).wait_for()  # made by command, seen here

    page.get_by_role("button", name="New connection").click()
    dialog = page.get_by_role("dialog")
    types = dialog.get_by_label("Connection type").locator("option").all_inner_texts()
    assert {"HTTP", "Postgres", "Amazon Web Services (aws)", "S3"} <= set(types)
    dialog.get_by_label("Connection type").select_option("postgres")
    dialog.get_by_label("Database").wait_for()  # as its hook names it
    dialog.get_by_label("Connection type").select_option("aws")
    dialog.get_by_label("AWS access key id").wait_for()
    assert dialog.get_by_label("Port").count() == 0
    assert "apache-airflow-providers-amazon" in dialog.inner_text()
    dialog.get_by_label("Connection type").select_option("http")
    for label, text in (
        ("Connection id", "movielens"), ("Host", "movielens"), ("Schema", "http"), ("Login", "airflow"),
        ("Password", "airflow"), ("Port", "5000"), ("Extra", '{"page": 3'),
    ):  # fmt: skip
        dialog.get_by_label(label).fill(text)
    assert dialog.get_by_label("Password").get_attribute("type") == "password"
    dialog.get_by_role("button", name="Save").click()
    dialog.get_by_role("alert").wait_for()  # extra is no JSON yet
    dialog.get_by_label("Extra").fill('{"page": 3}')
    dialog.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="movielens", exact=True).wait_for()
    assert "seen: ('http', 'movielens', 'http', 'airflow', 'a-i-r-f-l-o-w', 5000, {'page': 3})" in seen_by_a_task(
        house, "one"
    )

    page.get_by_role("button", name="movielens", exact=True).click()
    assert dialog.get_by_label("Password").input_value() == ""  # never shown again
    dialog.get_by_label("Host").fill("127.0.0.1")
    dialog.get_by_label("Port").fill(str(service))
    dialog.get_by_role("button", name="Save").click()
    dialog.wait_for(state="hidden")
    page.get_by_role("button", name="movielens", exact=True).click()
    dialog.get_by_role("button", name="Test").click()
    dialog.get_by_text("It works.").wait_for()
    dialog.get_by_label("Port").fill("1")
    dialog.get_by_role("button", name="Test").click()
    dialog.get_by_text("belong to another port").wait_for()
    dialog.get_by_role("button", name="Cancel").click()
    assert f"('http', '127.0.0.1', 'http', 'airflow', 'a-i-r-f-l-o-w', {service}, {{'page': 3}})" in seen_by_a_task(
        house, "two"
    )

    page.get_by_role("button", name="Delete movielens").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="movielens", exact=True).wait_for(state="detached")
    house.trigger("asks", "three")
    assert house.wait_for_run("asks", "three") == "failed"
    assert "The conn_id `movielens` isn't defined" in house.log("asks", "three", "show")
    assert page.faults == []
