"""``airflow.secrets.*``: the environment and files as backends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tradewind.compat import secret_places as places
from tradewind.sdk.exceptions import AirflowException


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_HARBOUR", "http://captain:x@harbour:80")
    monkeypatch.setenv("AIRFLOW_VAR_TIDE", "high")
    backend = places.EnvironmentVariablesBackend()
    assert backend.get_connection("harbour").login == "captain"
    assert (backend.get_variable("tide"), backend.get_variable("wind")) == ("high", None)


def test_files_of_each_kind(tmp_path: Path) -> None:
    (tmp_path / "v.env").write_text("# tides\n\ntide=high=er\n")
    (tmp_path / "v.json").write_text('{"tide": "low", "many": [1]}')
    connections = {"a": "http://h:80", "b": {"conn_type": "ftp", "extra_dejson": {"k": 1}}, "c": ["http://one"]}
    (tmp_path / "c.json").write_text(json.dumps(connections))
    assert places.load_variables(str(tmp_path / "v.env")) == {"tide": "high=er"}
    backend = places.LocalFilesystemBackend(str(tmp_path / "v.json"), str(tmp_path / "c.json"))
    assert (backend.get_variable("tide"), backend.get_variable("many")) == ("low", "[1]")
    found = backend.get_connection("b")
    assert found is not None
    assert (found.conn_id, found.conn_type, found.extra_dejson) == ("b", "ftp", {"k": 1})
    assert backend.get_connection("nobody") is None
    assert [one.host for one in places.load_connections(str(tmp_path / "c.json"))["c"]] == ["one"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("v.env", "tide\n", "line 1: 'tide' is no KEY=value"),
        ("v.env", "a=1\na=2\n", "line 2: 'a' is there twice"),
        ("v.toml", "a=1", r"must end in \.json"),
        ("v.json", "[1]", "must hold an object"),
        ("v.json", "{", "Failed to load the secrets file"),
        ("v.json", '{"c": {"hots": "h"}}', r"unknown fields \['hots'\]"),
        ("v.json", '{"c": 1}', "a text .URI. or an object"),
    ],
)
def test_a_wrong_file_is_told_of(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(AirflowException, match=told):
        places.load_connections_dict(str(tmp_path / name))
