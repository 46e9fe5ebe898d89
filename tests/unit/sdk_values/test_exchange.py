"""Values on their way through the value store and through an installation's own XCom class."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tradewind.backends.values.local import LocalValues
from tradewind.backends.values.paths import value_path
from tradewind.errors import InvalidArgument
from tradewind.sdk import configuration, exchange, limits, xcom
from tradewind.sdk.dag import DAG
from tradewind.sdk.decorators import task
from tradewind.sdk.memory_client import MemoryClient
from tradewind.sdk.operators.python import PythonOperator
from tradewind.sdk.xcom import BaseXCom

START = datetime(2026, 1, 1)


def forget() -> None:
    for cached in (configuration.settings, limits.value_limit, limits.inline_limit, xcom.backend):
        cached.cache_clear()


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path))

    def choose(section: str, key: str, value: str) -> None:
        monkeypatch.setenv(f"TRADEWIND__{section.upper()}__{key.upper()}", value)
        forget()

    forget()
    yield choose
    exchange.use_store(None, None)
    monkeypatch.undo()
    forget()


def test_a_large_value_goes_to_the_store_by_itself_and_comes_back(setting: Any, tmp_path: Path) -> None:
    setting("xcom", "inline_value_bytes", "1000")
    exchange.use_store(lambda: LocalValues(tmp_path / "values"), value_path)
    with DAG("large", start_date=START, schedule=None) as dag:

        @task
        def make() -> list[str]:
            return ["ü" * 10] * 200

        @task
        def count(items: list[str]) -> int:
            return len(items)

        @task
        def one(item: str) -> int:
            return len(item)

        made = make()
        count(made)
        one.expand(item=made)
    client = MemoryClient()
    ended = dag.test(START, client=client)
    assert ended.state == "success"
    assert ended.xcom("count") == 200
    assert ended.xcom("one", map_index=199) == 10
    row = json.loads(client.xcoms["large", ended.run_id, "make", "return_value"][-1])
    assert row["__type__"] == "stored"
    assert json.loads((tmp_path / "values" / row["path"]).read_text()) == ["ü" * 10] * 200
    assert client.xcoms["large", ended.run_id, "count", "return_value"][-1] == "200"  # small ones stay in their row


def test_a_value_over_the_limit_is_an_error_with_advice_and_nothing_is_cut(setting: Any, tmp_path: Path) -> None:
    setting("xcom", "inline_value_bytes", "100")
    setting("xcom", "max_value_bytes", "5000")
    exchange.use_store(lambda: LocalValues(tmp_path / "values"), value_path)
    with DAG("huge", start_date=START, schedule=None) as dag:
        PythonOperator(task_id="a", python_callable=lambda: "x" * 5000)
        PythonOperator(task_id="b", python_callable=lambda ti: ti.xcom_push("k", "é" * 2600))
        PythonOperator(task_id="c", python_callable=lambda: "x" * 4990)
    ended = dag.test(START)
    assert ended.states == {"a": "failed", "b": "failed", "c": "success"}
    for name, key in (("a", "return_value"), ("b", "k")):
        said = ended.finished[(name, -1)].error or ""
        assert f"'{key}'" in said
        assert "5,000 ([xcom] max_value_bytes)" in said
        assert "return the path" in said


def test_a_store_that_cannot_be_read_fails_the_reader_in_words(setting: Any, tmp_path: Path) -> None:
    setting("xcom", "inline_value_bytes", "100")
    exchange.use_store(lambda: LocalValues(tmp_path / "values"), value_path)
    with DAG("gone", start_date=START, schedule=None) as dag:
        a = PythonOperator(task_id="a", python_callable=lambda: "x" * 500)
        wipe = PythonOperator(
            task_id="w", python_callable=lambda: LocalValues(tmp_path / "values").delete_below("gone")
        )
        b = PythonOperator(task_id="b", python_callable=lambda ti: ti.xcom_pull("a"))
        a >> wipe >> b
    said = dag.test(START).finished[("b", -1)].error or ""
    assert "is not in" in said
    assert "[xcom] value_store" in said


class Recorded(BaseXCom):
    """Writes beside the database, as the storage class of a team would."""

    @staticmethod
    def serialize_value(value: Any) -> Any:
        return b"mine:" + json.dumps(value).encode()

    @staticmethod
    def deserialize_value(result: Any) -> Any:
        assert result.value.startswith(b"mine:")
        return ["seen", json.loads(result.value[5:])]


class Informed(Recorded):
    """Newer form: told whose value it is. Its record is no text."""

    @staticmethod
    def serialize_value(value: Any, *, key: str, task_id: str, dag_id: str, run_id: str, **_: Any) -> Any:
        return b"\xff" + f"{dag_id}/{task_id}/{key}".encode()

    @staticmethod
    def deserialize_value(result: Any) -> Any:
        return result.value[1:].decode()


class Stranger:
    """No XCom class."""


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ModuleType("team_xcom")
    made.Recorded, made.Informed, made.Stranger = Recorded, Informed, Stranger  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "team_xcom", made)


@pytest.mark.usefixtures("module")
def test_a_class_of_ones_own_packs_each_push_and_unpacks_each_pull(setting: Any) -> None:
    client = MemoryClient()
    with DAG("own", start_date=START, schedule=None) as dag:
        a = PythonOperator(task_id="a", python_callable=lambda: {"n": 1})
        b = PythonOperator(task_id="b", python_callable=lambda ti: ti.xcom_pull("a"))
        a >> b
    setting("core", "xcom_backend", "team_xcom.Recorded")
    ended = dag.test(START, client=client)
    kept = json.loads(client.xcoms["own", ended.run_id, "a", "return_value"][-1])
    assert base64.b64decode(kept["value"]) == b'mine:{"n": 1}'
    assert ended.xcom("b") == ["seen", ["seen", {"n": 1}]]
    setting("core", "xcom_backend", "team_xcom.Informed")
    assert dag.test(START).xcom("a") == "own/a/return_value"


@pytest.mark.usefixtures("module")
def test_a_class_of_another_kind_is_refused(setting: Any) -> None:
    setting("core", "xcom_backend", "team_xcom.Stranger")
    with pytest.raises(InvalidArgument, match="not a subclass of BaseXCom"):
        xcom.backend()
    setting("core", "xcom_backend", "no_such_module_at_all.X")
    with pytest.raises(InvalidArgument, match="cannot be imported"):
        xcom.backend()
