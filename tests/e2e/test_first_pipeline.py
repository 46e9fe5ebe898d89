"""The book's first pipeline, typed from its text: runs from the CLI, by REST and from the page; its files are on disk."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.house import PASSWORD, House

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

DAG_FILE = """
import json
import pathlib

import airflow.utils.dates
import requests
import requests.exceptions as requests_exceptions
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator

dag = DAG(
    dag_id="download_rocket_launches",
    description="Download rocket pictures of recently launched rockets.",
    start_date=airflow.utils.dates.days_ago(14),
    schedule_interval=None,
)

download_launches = BashOperator(
    task_id="download_launches",
    bash_command="curl -o {place}/launches.json -L '{url}/launch/upcoming'",
    dag=dag,
)


def _get_pictures():
    # Ensure directory exists
    pathlib.Path("{place}/images").mkdir(parents=True, exist_ok=True)

    # Download all pictures in launches.json
    with open("{place}/launches.json") as f:
        launches = json.load(f)
        image_urls = [launch["image"] for launch in launches["results"]]
        for image_url in image_urls:
            try:
                response = requests.get(image_url)
                image_filename = image_url.split("/")[-1]
                target_file = f"{place}/images/{{image_filename}}"
                with open(target_file, "wb") as f:
                    f.write(response.content)
                print(f"Downloaded {{image_url}} to {{target_file}}")
            except requests_exceptions.MissingSchema:
                print(f"{{image_url}} appears to be an invalid URL.")
            except requests_exceptions.ConnectionError:
                print(f"Could not connect to {{image_url}}.")


get_pictures = PythonOperator(
    task_id="get_pictures", python_callable=_get_pictures, dag=dag
)

notify = BashOperator(
    task_id="notify",
    bash_command='echo "There are now $(ls {place}/images/ | wc -l) images."',
    dag=dag,
)

download_launches >> get_pictures >> notify
"""
DAG_ID = "download_rocket_launches"
PICTURES = {"Electron.jpg": b"\xff\xd8electron", "Ariane5.jpg": b"\xff\xd8ariane", "Soyuz.png": b"\x89PNGsoyuz"}


@pytest.fixture
def launch_server() -> Iterator[str]:
    """The launch list and its pictures, served here."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rsplit("/", 1)[-1]
            if self.path == "/launch/upcoming":
                base = f"http://127.0.0.1:{server.server_port}/pictures/"
                images = [{"image": base + p} for p in PICTURES] + [{"image": "no-scheme"}]
                body = json.dumps({"results": images}).encode()
            else:
                body = PICTURES[name]
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def place(house: House, launch_server: str, tmp_path: Path) -> Path:
    """The DAG file is in the DAGs folder and listed."""
    (house.dags / "download_rocket_launches.py").write_text(DAG_FILE.format(place=tmp_path, url=launch_server))
    house.wait_for_dag(DAG_ID)
    return tmp_path


def assert_downloaded(house: House, place: Path, run_id: str) -> None:
    assert house.states(DAG_ID, run_id) == dict.fromkeys(("download_launches", "get_pictures", "notify"), "success")
    assert {p.name: p.read_bytes() for p in (place / "images").iterdir()} == PICTURES
    assert "There are now 3 images." in house.log(DAG_ID, run_id, "notify")
    log = house.log(DAG_ID, run_id, "get_pictures")
    assert "Downloaded" in log
    assert "Electron.jpg" in log
    assert "no-scheme appears to be an invalid URL." in log


@pytest.mark.spec("1/AU-03", "1/AU-04", "1/OP-02", "1/OP-06", "1/OP-13")
def test_the_first_pipeline_runs_by_rest(house: House, place: Path) -> None:
    house.trigger(DAG_ID, "by-rest")
    assert house.wait_for_run(DAG_ID, "by-rest") == "success", house.log(DAG_ID, "by-rest", "get_pictures")
    assert_downloaded(house, place, "by-rest")


@pytest.mark.spec("1/AU-21", "1/AU-22")
def test_the_first_pipeline_runs_from_the_command_line(house: House, place: Path) -> None:
    house.cli("dags", "unpause", DAG_ID)
    house.cli("dags", "trigger", "-r", "by-cli", DAG_ID)
    assert house.wait_for_run(DAG_ID, "by-cli") == "success"
    assert_downloaded(house, place, "by-cli")
    assert "by-cli" in house.cli("dags", "list-runs", "-d", DAG_ID).stdout
    assert "success" in house.cli("tasks", "states-for-dag-run", DAG_ID, "by-cli").stdout
    assert "There are now 3 images." in house.cli("tasks", "logs", DAG_ID, "notify", "by-cli").stdout


@pytest.mark.spec("1/UI-01")
def test_the_first_pipeline_runs_from_the_page(house: House, place: Path, browser: Any) -> None:
    page = browser.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(f"{house.url}/dags")
    page.get_by_label("Username").fill("tester")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("alert").wait_for()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()

    row = page.get_by_role("row").filter(has_text=DAG_ID)
    row.get_by_role("switch").click()
    row.get_by_role("button", name=f"Trigger {DAG_ID}").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("summary").click()
    dialog.get_by_label("Run id").fill("by-page")
    dialog.get_by_role("button", name="Trigger", exact=True).click()

    page.goto(f"{house.url}/dags/{DAG_ID}?run=by-page&task=notify")
    page.get_by_text("There are now 3 images.").wait_for(timeout=60_000)
    assert house.wait_for_run(DAG_ID, "by-page") == "success"
    assert_downloaded(house, place, "by-page")
    assert trouble == []
    page.close()
