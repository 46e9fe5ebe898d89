"""What code reads while a DAG file is imported, seen by one audit hook per process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tradewind.sdk import current

_NETWORK = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "subprocess.Popen", "os.system"})
_active: Seen | None = None
_installed = False


class Seen:
    """Reads so far. Only files below ``root`` are kept: the rest belongs to the installation."""

    def __init__(self, root: Path) -> None:
        self.root = str(root) + "/"
        self.files: set[str] = set()
        self.variables: set[str] = set()
        self.connections: set[str] = set()
        self.volatile = False

    def note_file(self, name: str) -> None:
        """A file was opened or a folder listed."""
        if name.endswith(".pyc"):
            return
        place = name if name.startswith("/") else str(Path(name).absolute())
        if place.startswith(self.root) or place + "/" == self.root:
            self.files.add(place)

    def note_lookup(self, kind: str, name: str) -> None:
        """A variable or connection was asked for."""
        (self.variables if kind == "variable" else self.connections).add(name)


def _hook(event: str, args: tuple[Any, ...]) -> None:
    seen = _active
    if seen is None:
        return
    if event == "open":
        name, mode = args[0], args[1]
        if isinstance(name, str) and not (isinstance(mode, str) and set(mode) & set("wax+")):
            seen.note_file(name)
    elif event in {"os.listdir", "os.scandir"}:
        if isinstance(args[0], str) and not _by_the_importer():
            seen.note_file(args[0])
    elif event in _NETWORK:
        seen.volatile = True


def _by_the_importer() -> bool:
    frame = sys._getframe(2)
    return frame.f_code.co_filename.startswith("<frozen importlib")


@contextmanager
def watching(seen: Seen) -> Iterator[None]:
    """While the block runs, reads are noted in ``seen``."""
    global _active, _installed
    if not _installed:
        sys.addaudithook(_hook)
        _installed = True
    before, _active = _active, seen
    current.lookups.append(seen.note_lookup)
    try:
        yield
    finally:
        current.lookups.remove(seen.note_lookup)
        _active = before


def note_volatile() -> None:
    """The file that is being imported asked for something that changes by itself."""
    if _active is not None:
        _active.volatile = True
