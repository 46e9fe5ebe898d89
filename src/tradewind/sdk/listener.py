"""Marks listener functions of plugins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def hookimpl(function: Callable[..., Any] | None = None, **_: Any) -> Any:
    """Mark a function that wants to hear of events."""

    def mark(given: Callable[..., Any]) -> Callable[..., Any]:
        given.__tradewind_listener__ = True  # type: ignore[attr-defined]
        return given

    return mark if function is None else mark(function)
