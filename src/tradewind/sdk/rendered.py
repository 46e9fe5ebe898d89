"""Rendered template fields as the page shows them: JSON-able, masked, cut."""

from __future__ import annotations

from typing import Any

from tradewind.sdk import masking
from tradewind.sdk.limits import RENDERED_MAX
from tradewind.sdk.template import field_names


def rendered_fields(task: Any) -> dict[str, Any]:
    """Name and value of each templated attribute."""
    return {name: shown(getattr(task, name, None), name) for name in field_names(task)}


def shown(value: Any, name: str | None = None) -> Any:
    """One value: plain JSON where it is, its text otherwise; long texts cut."""
    return _cut(_plain(masking.redact(value, name), 0))


def _plain(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str(value)
    if depth < 8:
        if isinstance(value, dict):
            return {str(key): _plain(item, depth + 1) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [_plain(item, depth + 1) for item in value]
    try:
        return str(value)
    except Exception as error:
        return f"<{type(value).__name__}: its text form failed: {error}>"


def _cut(value: Any) -> Any:
    text = value if isinstance(value, str) else None
    if text is None and len(repr(value)) <= RENDERED_MAX:
        return value
    text = text if text is not None else repr(value)
    if len(text) <= RENDERED_MAX:
        return text
    return f"Truncated. You can change this behaviour in the task itself. {text[:RENDERED_MAX]!r}..."
