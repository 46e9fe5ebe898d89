"""XCom values on their way out."""

from __future__ import annotations

from typing import Any

import msgspec


def value_of(text: str) -> Any:
    """A value as it rests, to be put into an answer as it is; what is no JSON is shown as text."""
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return msgspec.Raw(text.encode())
