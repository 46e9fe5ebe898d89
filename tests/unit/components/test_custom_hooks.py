"""Hooks as teams write them: on ``BaseHook``, against a service on this machine."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.doubles import ratings
from tests.doubles.ratings_components import RatingsHook
from tradewind.sdk.connection import Connection
from tradewind.sdk.dag import DAG
from tradewind.sdk.hooks import BaseHook
from tradewind.sdk.memory_client import MemoryClient
from tradewind.sdk.operators.python import PythonOperator


class Counted(MemoryClient):
    """Counts look-ups in the store."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.looked_up: list[str] = []

    def connection_get(self, *, conn_id: str) -> dict[str, Any] | None:
        self.looked_up.append(conn_id)
        return super().connection_get(conn_id=conn_id)


@pytest.fixture
def service() -> Iterator[Any]:
    with ratings.serving() as running:
        yield running


def connection(service: Any, **more: Any) -> dict[str, Any]:
    known = {"conn_type": "http", "host": "127.0.0.1", "port": service.port, "login": "airflow", "password": "airflow"}
    return known | more


def run(function: Any, client: MemoryClient) -> Any:
    with DAG("hooks", schedule=None) as dag:
        PythonOperator(task_id="use", python_callable=function)
    return dag.test(client=client)


@pytest.mark.spec("2/HK-13")
def test_the_service_of_the_tests_keeps_its_contract(service: Any) -> None:
    base = f"http://127.0.0.1:{service.port}"
    assert "hello" in requests.get(base + "/", timeout=5).json()
    assert requests.get(base + "/ratings", timeout=5).status_code == 401
    me = ("airflow", "airflow")
    whole = requests.get(base + "/ratings", auth=me, timeout=5).json()
    assert (whole["offset"], whole["limit"], whole["total"], len(whole["result"])) == (0, 100, 12, 12)
    period = {"start_date": "2019-01-02", "end_date": "2019-01-03", "offset": 3, "limit": 2}
    page = requests.get(base + "/ratings", params=period, auth=me, timeout=5).json()
    assert (page["offset"], page["limit"], page["total"]) == (3, 2, 4)
    assert [record["timestamp"] for record in page["result"]] == [1546398000]


@pytest.mark.spec("2/HK-03", "2/HK-06", "2/HK-07", "2/CN-09", "2/HK-10")
def test_a_hook_asks_the_store_once_and_again_only_after_close(service: Any) -> None:
    client = Counted(connections={"movielens": connection(service)})
    seen: list[Any] = []

    def use() -> None:
        hook = RatingsHook("movielens", retry=1)
        seen.append(len(client.looked_up))
        first = hook.get_conn()
        seen.append(hook.get_conn() == first)
        seen.append(list(client.looked_up))
        hook.close()
        hook.close()
        hook.get_conn()
        seen.append(list(client.looked_up))

    assert run(use, client).state == "success"
    assert seen == [0, True, ["movielens"], ["movielens", "movielens"]]


@pytest.mark.spec("2/HK-09", "2/HK-08")
def test_pages_are_asked_for_one_at_a_time(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MOVIELENS", f"http://airflow:airflow@127.0.0.1:{service.port}")
    with RatingsHook(conn_id="movielens") as hook:
        found = hook.get_ratings("2019-01-01", "2019-01-03", batch_size=3)
        assert service.asked == []
        assert next(found)["userId"] == 0
        assert len(service.asked) == 1
        assert len(list(found)) == 7
    assert len(service.asked) == 3
    assert hook._session is None  # __exit__ closed it


@pytest.mark.spec("2/HK-10", "2/CN-10")
def test_a_hook_works_without_a_task_and_fills_in_its_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_BARE", "http://airflow:airflow@movielens")
    session, base_url = RatingsHook("bare").get_conn()
    assert base_url == "http://movielens:5000"
    assert session.auth == ("airflow", "airflow")


@pytest.mark.spec("2/HK-05", "1/HK-05")
def test_an_empty_host_or_an_unknown_id_fails_the_task_in_words(caplog: pytest.LogCaptureFixture) -> None:
    client = Counted(connections={"hollow": {"conn_type": "http"}})
    ended = run(lambda: RatingsHook("hollow").get_conn(), client)
    assert ended.finished[("use", -1)].error == "ValueError: No host specified in connection hollow"
    ended = run(lambda: RatingsHook("nobody").get_conn(), client)
    assert ended.states == {"use": "failed"}
    assert "The conn_id `nobody` isn't defined" in ended.finished[("use", -1)].error


@pytest.mark.spec("2/HK-11")
def test_a_hook_logs_into_the_log_of_its_task(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert run(lambda: RatingsHook("x").log.info("from the hook"), MemoryClient()).state == "success"
    line = next(record for record in caplog.records if record.getMessage() == "from the hook")
    assert line.name.endswith("ratings_components.RatingsHook")
    assert line.name.startswith("airflow.task")  # the tree whose lines go to the file of the task


@pytest.mark.spec("2/CN-09")
def test_a_patched_look_up_is_called_once_with_the_id(service: Any) -> None:
    from unittest import mock

    known = Connection(conn_id="testconn", login="airflow", password="airflow", host="127.0.0.1", port=service.port)
    with mock.patch.object(BaseHook, "get_connection", return_value=known) as asked:
        list(RatingsHook("testconn").get_ratings("2019-01-01", "2019-01-02"))
    assert asked.call_count == 1
    asked.assert_called_with("testconn")


@pytest.mark.spec("2/CN-13")
def test_two_ids_in_one_task_are_two_look_ups_and_are_no_templates(service: Any, tmp_path: Path) -> None:
    client = Counted(connections={"one": connection(service), "two": connection(service, host="other")})
    urls: list[str] = []
    ended = run(lambda: urls.extend(RatingsHook(name).get_conn()[1] for name in ("one", "two")), client)
    assert ended.state == "success"
    assert client.looked_up == ["one", "two"]
    assert urls == [f"http://127.0.0.1:{service.port}", f"http://other:{service.port}"]
    from tests.doubles.ratings_components import FetchRatingsOperator

    with DAG("ids", schedule=None) as dag:
        FetchRatingsOperator(task_id="a", conn_id="{{ ds }}", output_path=str(tmp_path / "x.json"))
    failed = dag.test(client=Counted())
    assert "The conn_id `{{ ds }}` isn't defined" in failed.finished[("a", -1)].error


def test_the_ratings_arrive_whole(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_M", json.dumps(connection(service)))
    found = list(RatingsHook("m").get_ratings("2019-01-02", "2019-01-04", batch_size=5))
    assert found == [record for record in service.records if record["timestamp"] >= 1546387200]
