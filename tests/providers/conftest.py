"""A home for each run of a DAG file."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runs of this module work."""
    return tmp_path_factory.mktemp("home")
