"""Unit tests begin with a process that knows nothing: no client, no home, no secrets of tests that ran before."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tradewind.compat.finder import install
from tradewind.sdk import current, masking


@pytest.fixture(autouse=True)
def fresh_process() -> None:
    """What verbs and tasks that ran in this process before have left behind is forgotten."""
    current.set_client(None)
    current.ask_home_again()
    masking.forget()


def _of_airflow() -> list[str]:
    return [name for name in sys.modules if name.split(".")[0] == "airflow"]


@pytest.fixture
def door_for_one_test() -> Iterator[None]:
    """No module of ``airflow`` is imported yet, and those of this test are forgotten."""
    before = {name: sys.modules.pop(name) for name in _of_airflow()}
    install()
    yield
    for name in _of_airflow():
        del sys.modules[name]
    sys.modules.update(before)
