"""Where values are kept: our JSON, an author's own class, pickles when allowed; never more than the limit."""

from __future__ import annotations

import fractions
import json
import sys
import types
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

import pytest

from tradewind.errors import InvalidArgument
from tradewind.sdk import configuration, limits, xcom
from tradewind.sdk.dag import DAG
from tradewind.sdk.decorators import task
from tradewind.sdk.operators.python import PythonOperator

DAYS = {"start_date": datetime(2018, 1, 1), "schedule": "@daily"}


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Set options by their environment names; what is read once is read again."""

    def use(**options: str) -> None:
        for name, value in options.items():
            monkeypatch.setenv(name, value)
        forget()

    def forget() -> None:
        configuration.settings.cache_clear()
        xcom.backend.cache_clear()
        limits.value_limit.cache_clear()

    yield use
    monkeypatch.undo()
    forget()


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """An importable module with storage classes that keep values on this shelf."""
    kept: dict[str, bytes] = {}
    module = types.ModuleType("own_storage")

    class Shelf(xcom.BaseXCom):
        @staticmethod
        def serialize_value(value: Any) -> Any:
            name = f"shelf://{len(kept)}"
            kept[name] = repr(value).encode()
            return xcom.BaseXCom.serialize_value(name)

        @staticmethod
        def deserialize_value(result: Any) -> Any:
            return eval(kept[xcom.BaseXCom.deserialize_value(result)])

    class Bytes(xcom.BaseXCom):
        seen: ClassVar[list[dict[str, Any]]] = []

        @staticmethod
        def serialize_value(value: Any, *, key: str, task_id: str, **more: Any) -> bytes:
            Bytes.seen.append({"key": key, "task_id": task_id, **more})
            return b"\xff" + repr(value).encode()

        @staticmethod
        def deserialize_value(result: Any) -> Any:
            assert isinstance(result.value, bytes)
            return eval(result.value[1:])

    module.Shelf, module.Bytes, module.Wrong = Shelf, Bytes, dict  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "own_storage", module)
    return kept


def chain() -> DAG:
    with DAG("d", **DAYS) as dag:

        @task
        def numbers() -> list[int]:
            return [1, 2, 3]

        @task
        def double(number: int) -> int:
            return number * 2

        @task
        def total(all_of_them: list[int]) -> int:
            return sum(all_of_them)

        total(double.expand(number=numbers()))
    return dag


@pytest.mark.spec("1/XC-11", "1/TF-12")
@pytest.mark.parametrize("name", ["Shelf", "Bytes"])
def test_an_authors_class_keeps_every_value(settings_of, shelf, name) -> None:
    settings_of(AIRFLOW__CORE__XCOM_BACKEND=f"own_storage.{name}")
    run = chain().test(datetime(2019, 1, 1))
    assert run.state == "success"
    assert run.xcom("total") == 12
    stored = json.loads(run.client.xcoms["d", run.run_id, "numbers", "return_value"][-1])
    if name == "Shelf":  # a page that shows what is stored shows this, and asks nobody
        assert stored == "shelf://0"
        assert shelf["shelf://0"] == b"[1, 2, 3]"
        record = xcom.BaseXCom("return_value", b'"shelf://0"')
        assert record.orm_deserialize_value() == "shelf://0"
    else:
        seen = sys.modules["own_storage"].Bytes.seen
        assert seen[0]["task_id"] == "numbers"
        assert seen[0]["key"] == "return_value"
        assert seen[0]["dag_id"] == "d"


@pytest.mark.spec("1/XC-11")
@pytest.mark.parametrize(
    ("path", "words"), [("own_storage.Wrong", "not a subclass of BaseXCom"), ("no_such_module.X", "no_such_module")]
)
def test_a_wrong_storage_class_is_refused_before_anything_is_kept(settings_of, shelf, path, words) -> None:
    settings_of(TRADEWIND__XCOM__BACKEND=path)
    with pytest.raises(InvalidArgument, match=words) as caught:
        xcom.backend()
    assert caught.value.hint
    run = chain().test(datetime(2019, 1, 1))
    assert run.states["numbers"] == "failed"
    assert not run.client.xcoms
    assert words in run.finished["numbers", -1].error


@pytest.mark.spec("1/XC-10")
@pytest.mark.parametrize("allowed", [True, False])
def test_pickles_travel_only_when_allowed(settings_of, allowed) -> None:
    settings_of(AIRFLOW__CORE__ENABLE_XCOM_PICKLING=str(allowed))
    with DAG("d", **DAYS) as dag:
        a = PythonOperator(task_id="a", python_callable=lambda: fractions.Fraction(1, 3))
        PythonOperator(task_id="b", python_callable=str, op_args=[a.output])
    run = dag.test(datetime(2019, 1, 1))
    if allowed:
        assert run.xcom("a") == fractions.Fraction(1, 3)
        assert run.xcom("b") == "1/3"
        settings_of(AIRFLOW__CORE__ENABLE_XCOM_PICKLING="False")
        with pytest.raises(Exception, match="enable_pickling"):
            run.xcom("a")
    else:
        assert run.states == {"a": "failed", "b": "upstream_failed"}
        assert "fractions.Fraction" in run.finished["a", -1].error


@pytest.mark.spec("1/XC-12", "1/TF-12")
def test_a_value_over_the_limit_fails_the_push_and_is_never_cut(settings_of) -> None:
    settings_of(TRADEWIND__XCOM__MAX_VALUE_BYTES="1000")
    with DAG("d", **DAYS) as dag:

        @task
        def big() -> str:
            return "x" * 999

        @task
        def pushed(ti: Any = None) -> None:
            ti.xcom_push("model", "é" * 600)

        big()
        pushed()
    run = dag.test(datetime(2019, 1, 1))
    assert run.states == {"big": "failed", "pushed": "failed"}
    for task_id, key in (("big", "return_value"), ("pushed", "model")):
        error = run.finished[task_id, -1].error
        assert key in error
        assert "1,000" in error
        assert "return the path" in error
    assert not run.client.xcoms


@pytest.mark.spec("1/XC-02")
def test_without_a_key_the_newest_value_comes() -> None:
    with DAG("d", **DAYS) as dag:

        @task
        def push(ti: Any = None) -> None:
            ti.xcom_push("one", 1)
            ti.xcom_push("two", 2)

        @task
        def pull(ti: Any = None) -> Any:
            return [ti.xcom_pull(task_ids="push", key=None), ti.xcom_pull(task_ids="push")]

        push() >> pull()
    assert dag.test(datetime(2019, 1, 1)).xcom("pull") == [2, None]
