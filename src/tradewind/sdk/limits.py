"""Sizes a task may not exceed."""

from __future__ import annotations

from functools import cache

from tradewind.sdk.configuration import settings


@cache
def value_limit() -> int:
    """[xcom] max_value_bytes."""
    return settings().get_int("xcom", "max_value_bytes")


@cache
def map_limit() -> int:
    """[core] max_map_length."""
    return settings().get_int("core", "max_map_length")


@cache
def inline_limit() -> int:
    """[xcom] inline_value_bytes."""
    return settings().get_int("xcom", "inline_value_bytes")


#: Rendered fields shown on the page are cut after so many characters.
RENDERED_MAX = 4096
