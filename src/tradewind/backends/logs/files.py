"""Logs as plain files below one folder."""

from __future__ import annotations

from pathlib import Path

from tradewind.backends.logs.contract import Piece
from tradewind.errors import Forbidden

LIMIT = 1_000_000


class FileLogs:
    """Reads below ``folder`` and nowhere else, links included."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def _place(self, path: str) -> Path:
        root = self._folder.resolve()
        place = root if "\0" in path else (root / path).resolve()
        if not place.is_relative_to(root) or place == root:
            raise Forbidden(f"The log path {path!r} leads out of the log folder.")
        return place

    def size(self, path: str) -> int:
        """Bytes there are; 0 when there is no such log."""
        try:
            return self._place(path).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return 0

    def read(self, path: str, offset: int = 0, limit: int = LIMIT) -> Piece:
        """See the contract. A piece ends behind a line, or between two characters when a line is longer than it."""
        try:
            with self._place(path).open("rb") as log:
                size = log.seek(0, 2)
                if offset < 0 or offset > size:
                    offset = 0
                log.seek(offset)
                data = log.read(min(limit, size - offset))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return Piece("", 0, 0)
        if offset + len(data) < size:
            cut = data.rfind(b"\n") + 1
            data = data[:cut] if cut else _whole_characters(data)
        else:
            data = _whole_characters(data)  # the writer may be in the middle of one
        return Piece(data.decode(errors="replace"), offset + len(data), size)


def _whole_characters(data: bytes) -> bytes:
    """Without the beginning of a character at the end; what is not UTF-8 at all stays as it is."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80:
            return data
        if byte >= 0xC0:  # the first byte of a character of known length
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return data if back >= length else data[:-back]
    return data
