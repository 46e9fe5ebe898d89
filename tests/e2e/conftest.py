"""Fixtures: a running installation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.house import House


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A fresh installation of its own, with the user "tester"."""
    house = House(tmp_path_factory.mktemp("home"))
    house.start()
    house.make_admin()
    yield house
    house.stop()
