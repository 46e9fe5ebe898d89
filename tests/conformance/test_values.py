"""What every store of large values must do, tried on each implementation."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.require import missing
from tradewind.backends.values.contract import ValueStore
from tradewind.backends.values.local import LocalValues
from tradewind.backends.values.objects import ObjectValues
from tradewind.backends.values.opening import open_values
from tradewind.backends.values.paths import dag_prefix, run_prefix, value_path
from tradewind.errors import InvalidArgument, NotFound
from tradewind.settings import load_settings


@pytest.fixture(params=["local", "objects", "memory"])
def values(request: pytest.FixtureRequest, tmp_path: Path) -> ValueStore:
    if request.param == "local":
        return LocalValues(tmp_path / "values")
    try:
        import fsspec
    except ImportError as error:
        missing("fsspec", str(error))
    if request.param == "objects":
        return ObjectValues(f"file://{tmp_path}/objects")
    fsspec.filesystem("memory").store.clear()
    return ObjectValues("memory://bucket/prefix")


def test_what_was_put_comes_back(values: ValueStore) -> None:
    path = value_path("d", "manual__2026-01-01T00:00:00+00:00", "group.task", 3, "return_value", "a1")
    values.put(path, b"x" * 1_000_000)
    assert values.get(path) == b"x" * 1_000_000
    values.put(path, b"")
    assert values.get(path) == b""


def test_what_is_not_there_is_told_by_name(values: ValueStore) -> None:
    with pytest.raises(NotFound, match="a/b"):
        values.get("a/b")


def test_the_values_of_a_run_go_together_and_others_stay(values: ValueStore) -> None:
    for run in ("one", "one more"):
        for task in "ab":
            values.put(value_path("d", run, task, -1, "k", "a1"), b"1")
    assert values.delete_below(run_prefix("d", "one")) == 2
    assert values.delete_below(run_prefix("d", "one")) == 0
    assert values.get(value_path("d", "one more", "b", -1, "k", "a1")) == b"1"
    values.put(value_path("dd", "one", "a", -1, "k", "a1"), b"1")
    assert values.delete_below(dag_prefix("d")) == 2
    assert values.get(value_path("dd", "one", "a", -1, "k", "a1")) == b"1"


@pytest.mark.parametrize("path", ["../up", "a/../../b", "/etc/passwd", "", "a/./b/../.."])
def test_no_path_leads_out(values: ValueStore, path: str) -> None:
    for verb in (values.get, values.delete_below, lambda p: values.put(p, b"x")):
        with pytest.raises(InvalidArgument):
            verb(path)


@pytest.mark.parametrize("name", ["..", ".", "a/b", "ü: ?#%", "x" * 200])
def test_any_name_makes_a_path_that_stays_inside(values: ValueStore, name: str) -> None:
    path = value_path("d", name, "t", -1, name, name)
    values.put(path, b"v")
    assert values.get(path) == b"v"
    assert values.delete_below(run_prefix("d", name)) == 1


def test_the_setting_chooses(tmp_path: Path) -> None:
    base = {"TRADEWIND_HOME": str(tmp_path)}
    open_values(load_settings(base)).put("a/b", b"1")
    assert (tmp_path / "values" / "a" / "b").read_bytes() == b"1"
    elsewhere = base | {"TRADEWIND__XCOM__VALUE_STORE": str(tmp_path / "shared")}
    open_values(load_settings(elsewhere)).put("a/b", b"2")
    assert (tmp_path / "shared" / "a" / "b").read_bytes() == b"2"
    with pytest.raises(InvalidArgument, match="nowhere"):
        open_values(load_settings(base | {"TRADEWIND__XCOM__VALUE_STORE": "nowhere://x"}))
