from __future__ import annotations

import json
from typing import Any

import pytest

from tradewind.sdk import current, masking
from tradewind.sdk.connection import Connection, get_connection
from tradewind.sdk.exceptions import AirflowException, AirflowNotFoundException
from tradewind.sdk.hooks import BaseHook
from tradewind.sdk.memory_client import MemoryClient
from tradewind.sdk.variable import Variable

#: uri, type, host, port, login, password, schema, extra: the vectors of the specification
VECTORS: list[tuple[Any, ...]] = [
    ("postgres://insideairbnb:insideairbnb@insideairbnb:5432/insideairbnb", "postgres", "insideairbnb", 5432,
     "insideairbnb", "insideairbnb", "insideairbnb", None),
    ("postgresql://airflow:airflow@wiki_results:5432/airflow", "postgres", "wiki_results", 5432, "airflow", "airflow",
     "airflow", None),
    ("s3://secretaccess:secretkey@?host=locals3:9000", "s3", "", None, "secretaccess", "secretkey", "",
     {"host": "locals3:9000"}),
    ("s3://@?host=http://minio:9000&aws_access_key_id=AK&aws_secret_access_key=wJ/K7/bP", "s3", "", None, "", None, "",
     {"host": "http://minio:9000", "aws_access_key_id": "AK", "aws_secret_access_key": "wJ/K7/bP"}),
    ("s3://?aws_access_key_id=A&aws_secret_access_key=B", "s3", "", None, None, None, "",
     {"aws_access_key_id": "A", "aws_secret_access_key": "B"}),
    ("http://airflow:airflow@movielens", "http", "movielens", None, "airflow", "airflow", "", None),
    ("http://citibike:cycling@citibike_api:5000", "http", "citibike_api", 5000, "citibike", "cycling", "", None),
    ("fs://@?path=/", "fs", "", None, "", None, "", {"path": "/"}),
    ("wasb://acct:key==@azure", "wasb", "azure", None, "acct", "key==", "", None),
    ("odbc://u:p@h.x/db", "odbc", "h.x", None, "u", "p", "db", None),
    ("google-cloud-platform://?extra__google_cloud_platform__keyfile_dict=%7B%7D", "google_cloud_platform", "", None,
     None, None, "", {"extra__google_cloud_platform__keyfile_dict": "{}"}),
]  # fmt: skip


@pytest.mark.spec("2/CN-05", "2/CN-01")
@pytest.mark.parametrize(("uri", "kind", "host", "port", "login", "password", "schema", "extra"), VECTORS)
def test_an_address_is_read_exactly(
    uri: str, kind: str, host: str, port: int | None, login: str | None, password: str | None, schema: str, extra: Any
) -> None:
    conn = Connection(uri=uri)
    found = (conn.conn_type, conn.host, conn.port, conn.login, conn.password, conn.schema)
    assert found == (kind, host, port, login, password, schema)
    assert (json.loads(conn.extra) if conn.extra else None) == extra
    again = Connection(uri=conn.get_uri())
    assert {k: v or None for k, v in again.as_dict().items()} == {k: v or None for k, v in conn.as_dict().items()}


@pytest.mark.spec("2/CN-01", "2/CN-02")
def test_an_address_and_parts_do_not_mix() -> None:
    with pytest.raises(AirflowException, match="can't mix"):
        Connection(uri="http://x", host="y")
    assert Connection(extra="not json").extra_dejson == {}
    assert Connection().get_uri() == "//"


@pytest.mark.spec("2/CN-04", "2/CN-07", "2/CN-08", "1/HK-04")
def test_the_environment_is_asked_before_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    client = MemoryClient(connections={"db": {"conn_type": "http", "host": "store"}, "only": {"host": "h", "port": 1}})
    before = current.set_client(client)
    try:
        monkeypatch.setenv("AIRFLOW_CONN_DB", "postgres://u:sesame@env:5432/x")
        assert BaseHook.get_connection("db").host == "env"
        assert get_connection("only").port == 1
        with pytest.raises(AirflowNotFoundException, match="The conn_id `gone` isn't defined"):
            BaseHook.get_connection("gone")
    finally:
        current.set_client(before)
    assert masking.redact("the password is sesame") == "the password is ***"
    masking.forget()


@pytest.mark.spec("2/HK-01", "2/HK-02", "2/HK-04")
def test_hooks_impose_nothing() -> None:
    class Own(BaseHook):
        def __init__(self, conn_id: str, retry: int = 3) -> None:
            super().__init__(source=None)
            self.conn_id, self.retry = conn_id, retry

    hook = Own("x")
    hook.log.info("heard")
    with pytest.raises(NotImplementedError):
        hook.get_conn()


def test_variables_come_from_environment_then_store(monkeypatch: pytest.MonkeyPatch) -> None:
    before = current.set_client(MemoryClient(variables={"a": "1", "j": '{"k": [1]}'}))
    try:
        monkeypatch.setenv("AIRFLOW_VAR_E", "env")
        assert Variable.get("a") == "1"
        assert Variable.get("j", deserialize_json=True) == {"k": [1]}
        assert Variable.get("e") == "env"
        assert Variable.get("gone", default_var=None) is None
        Variable.set("new", {"x": 1}, serialize_json=True)
        assert Variable.get("new", deserialize_json=True) == {"x": 1}
        assert Variable.delete("new") == 1
        with pytest.raises(KeyError, match="gone"):
            Variable.get("gone")
    finally:
        current.set_client(before)


def test_secrets_are_blotted_out_by_name_and_by_text() -> None:
    masking.forget()
    assert masking.redact({"password": "x", "user": "u", "deep": [{"api_key": "k"}]}) == {
        "password": "***", "user": "u", "deep": [{"api_key": "***"}],
    }  # fmt: skip
    masking.register("hunter2")
    assert masking.redact(["a hunter2 b", ("hunter2",)]) == ["a *** b", ("***",)]
    masking.forget()
