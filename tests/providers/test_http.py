"""apache-airflow-providers-http on a local server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.providers.running import Run, run_dag
from tests.servers.http import Http

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ran(http_server: Http, home: Path) -> Run:
    return run_dag("http", home, conn_harbour=http_server.uri)


def test_hook_operator_sensor_and_notifier_work_deferred_too(ran: Run) -> None:
    ran.works("a local HTTP server", __file__, but={"refused": "failed"})
    assert "500" in ran.error("refused")


def test_the_server_saw_what_the_templates_say(ran: Run, http_server: Http) -> None:
    (posted,) = [one for one in http_server.seen if one["path"].startswith("/echo/2")]
    assert posted["method"] == "POST"
    assert posted["user"] == "captain"
    assert json.loads(posted["body"])["run"].startswith("manual__")
    assert [one["query"].get("cursor", "0") for one in http_server.seen if one["path"] == "/page"] == ["0", "1", "2"]


def test_sensors_asked_until_it_was_there(ran: Run, http_server: Http) -> None:
    assert http_server.asked["/later/sync"] == 3
    assert http_server.asked["/later/deferred"] >= 3


def test_the_notifier_told_with_its_templates_rendered(ran: Run, http_server: Http) -> None:
    (told,) = [one for one in http_server.seen if one["path"] == "/told"]
    assert json.loads(told["body"])["task"] == "notified"
