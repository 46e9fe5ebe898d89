"""The pytest plugin: installed with Tradewind, its fixtures are there in every test suite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def run_dag() -> Callable[..., Any]:
    """``tradewind.testing.run_dag``."""
    from tradewind import testing  # noqa: PLC0415  suites that do not ask for it load nothing

    return testing.run_dag


@pytest.fixture
def run_task() -> Callable[..., Any]:
    """``tradewind.testing.run_task``."""
    from tradewind import testing  # noqa: PLC0415

    return testing.run_task
