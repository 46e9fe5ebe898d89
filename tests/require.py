"""What to do when a server or a browser that a test needs is missing: skip with the reason, or fail where it is required."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(what: str, why: str) -> NoReturn:
    """Skip; fail when TRADEWIND_REQUIRE (names separated by commas) demands it, as in CI."""
    required = {name.strip() for name in os.environ.get("TRADEWIND_REQUIRE", "").split(",")}
    if what in required:
        pytest.fail(f"{what} is required here (TRADEWIND_REQUIRE) but missing: {why}", pytrace=False)
    pytest.skip(f"{what} is missing: {why}")
