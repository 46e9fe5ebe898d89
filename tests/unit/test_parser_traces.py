"""Which DAG files end their process, because the next file would not start in it as if it were alone."""

from __future__ import annotations

import logging
import os
import signal
import sys
import types
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from tradewind.parser import traces

HARMLESS = """
from airflow import DAG
def f(x=1, *, y="a.b"):
    rows = {}
    rows["a"] = x
    return rows == y
class C:
    def __init__(self):
        self.x = 1
        self.y += 2
with DAG("d", schedule=None) as dag:
    f(x=2) >= 1
"""


def test_plain_files_may_be_followed() -> None:
    assert not traces.may_change_others(HARMLESS)


@pytest.mark.parametrize(
    "line",
    [
        "airflow.models.DAG.default = 1",
        "conf.x = 1",
        "json.loads = None",
        "decimal.getcontext().prec = 5",
        "things[0].name += 'a'",
        "module.TABLE['x'] = 1",
        "setattr(json, 'loads', None)",
        "vars(json)['loads'] = None",
        "del json.loads",
        "atexit.register(print)",
    ],
)
def test_code_that_reaches_into_other_things_ends_its_process(line: str) -> None:
    assert traces.may_change_others(HARMLESS + line + "\n")


def _module() -> Callable[[], object]:
    sys.modules["left_behind"] = types.ModuleType("left_behind")
    return lambda: sys.modules.pop("left_behind")


def _variable() -> Callable[[], object]:
    os.environ["LEFT_BEHIND"] = "1"
    return lambda: os.environ.pop("LEFT_BEHIND")


def _place() -> Callable[[], object]:
    sys.path.append("/somewhere")
    return lambda: sys.path.remove("/somewhere")


def _folder() -> Callable[[], object]:
    before = Path.cwd()
    os.chdir("/")
    return lambda: os.chdir(before)


def _descriptor() -> Callable[[], object]:
    fd = os.open("/dev/null", os.O_RDONLY)
    return lambda: os.close(fd)


def _handler() -> Callable[[], object]:
    before = signal.signal(signal.SIGUSR2, lambda *_: None)
    return lambda: signal.signal(signal.SIGUSR2, before)


def _filter() -> Callable[[], object]:
    before = list(warnings.filters)
    warnings.simplefilter("error")
    return lambda: warnings.filters.__setitem__(slice(None), before)  # type: ignore[attr-defined]


def _level() -> Callable[[], object]:
    before = logging.getLogger().level
    logging.getLogger().setLevel(3)
    return lambda: logging.getLogger().setLevel(before)


@pytest.mark.parametrize("change", [_module, _variable, _place, _folder, _descriptor, _handler, _filter, _level])
def test_what_is_left_in_the_process_is_seen(change: Callable[[], Callable[[], object]]) -> None:
    before = traces.state_of_process("/dags")
    assert traces.state_of_process("/dags") == before
    undo = change()
    try:
        assert traces.state_of_process("/dags") != before
    finally:
        undo()


def test_what_loading_itself_adds_is_none() -> None:
    before = traces.state_of_process("/dags")
    sys.path.insert(0, "/dags")
    sys.modules["tradewind_dag_0123_x"] = types.ModuleType("tradewind_dag_0123_x")
    try:
        assert traces.state_of_process("/dags") == before
    finally:
        sys.path.remove("/dags")
        del sys.modules["tradewind_dag_0123_x"]
