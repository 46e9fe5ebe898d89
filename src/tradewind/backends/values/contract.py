"""A value store: bytes under an address, for XComs too large for a row. Written by tasks, read by tasks and the page."""

from __future__ import annotations

from typing import Protocol


class ValueStore(Protocol):
    """Keeps values. A value is never changed: each write has a path of its own (it names the attempt)."""

    def put(self, path: str, data: bytes) -> None:
        """Keep ``data``; when this returns, any process of the installation can read it. Whole or not at all."""
        ...

    def get(self, path: str) -> bytes:
        """The bytes again. NotFound when nothing lies there."""
        ...

    def delete_below(self, prefix: str) -> int:
        """Remove everything whose path starts with these whole parts; how many. None there is no error."""
        ...
