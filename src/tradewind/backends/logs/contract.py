"""What a store of logs must do for a reader."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Piece(NamedTuple):
    """Part of a log. ``next_offset`` is where to go on; ``size`` what the log held when it was read."""

    text: str
    next_offset: int
    size: int

    @property
    def is_last(self) -> bool:
        """Whether the piece reached the end of what there was."""
        return self.next_offset >= self.size


class LogReader(Protocol):
    """Reads logs by a path relative to the log folder and an offset in bytes."""

    def read(self, path: str, offset: int = 0, limit: int = ...) -> Piece:
        """At most ``limit`` bytes from ``offset``, whole lines where possible.

        A log that does not exist (yet) is empty. An offset behind the end (the log was replaced by a shorter one)
        starts again at 0. Raises Forbidden for a path that leads out of the log folder.
        """
        ...

    def size(self, path: str) -> int:
        """Bytes there are; 0 when there is no such log."""
        ...
