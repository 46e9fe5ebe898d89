"""Every suite of this folder that asks for a store runs on each database we promise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import make_store
from tradewind.store.engine import Store


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A migrated, empty store."""
    opened = make_store(request, tmp_path, request.param)
    yield opened
    opened.close()
