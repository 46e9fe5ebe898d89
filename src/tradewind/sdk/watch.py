"""What code reads while a DAG file is imported, seen by one audit hook per process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tradewind.sdk import current

_NETWORK = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "subprocess.Popen", "os.system"})
_METADATA = "importlib/metadata/__init__.py"
_active: Seen | None = None
_installed = False


def _installation() -> tuple[str, ...]:
    """Folders whose files change only with an installation, or are no real files."""
    ours = str(Path(__file__).resolve().parent.parent)
    places = {str(Path(os.__file__).parent), sys.prefix, sys.base_prefix, ours, "/usr", "/lib", "/lib64"}
    return (*(f"{place}/" for place in places if len(place) > 1), "/proc/", "/sys/", "/dev/", "/run/")


_INSTALLATION = _installation()
#: Read by our own libraries on the way, and by nobody's pipeline.
_NOT_OURS = frozenset(
    {"localtime", "hosts", "resolv.conf", "nsswitch.conf", "mime.types", "tradewind.cfg", "airflow.cfg"}
)


class Seen:
    """Reads so far: files below ``root``, and data files elsewhere that do not belong to the installation."""

    def __init__(self, root: Path) -> None:
        self.root = str(root) + "/"
        self.files: set[str] = set()
        self.written: set[str] = set()
        self.variables: set[str] = set()
        self.connections: set[str] = set()
        self.volatile = False

    def note_file(self, name: str) -> None:
        """A file was opened."""
        if name.endswith(".pyc"):
            return
        place = name if name.startswith("/") else str(Path(name).absolute())
        inside = place.startswith(self.root) or place + "/" == self.root
        if inside or (place not in self.written and self._from_outside(place)):
            self.files.add(place)

    def note_folder(self, name: str) -> None:
        """A folder was listed. Folders outside the root are no part of the pipeline."""
        place = (name if name.startswith("/") else str(Path(name).absolute())).rstrip("/")
        if f"{place}/".startswith(self.root):
            self.files.add(place)

    def note_write(self, name: str) -> None:
        """A file was opened to be written: reading one's own scratch file says nothing about the DAG."""
        self.written.add(name if name.startswith("/") else str(Path(name).absolute()))

    @staticmethod
    def _from_outside(place: str) -> bool:
        # Modules outside the root are installed code, whatever folder they lie in; data beside them is not.
        name = place.rpartition("/")[2]
        return not (place.startswith(_INSTALLATION) or name in _NOT_OURS or name.endswith((".py", ".so", ".pem")))

    def note_lookup(self, kind: str, name: str) -> None:
        """A variable or connection was asked for."""
        (self.variables if kind == "variable" else self.connections).add(name)


def _hook(event: str, args: tuple[Any, ...]) -> None:
    seen = _active
    if seen is None:
        return
    if event == "open":
        name, mode = args[0], args[1]
        if isinstance(name, str):
            writes = isinstance(mode, str) and set(mode) & set("wax+")
            (seen.note_write if writes else seen.note_file)(name)
    elif event in {"os.listdir", "os.scandir"}:
        if isinstance(args[0], str) and not _by_the_importer():
            seen.note_folder(args[0])
    elif event in _NETWORK:
        seen.volatile = True


def _by_the_importer() -> bool:
    """Looking for modules, or for what is installed, is no reading of the pipeline's."""
    name = sys._getframe(2).f_code.co_filename
    return name.startswith("<frozen importlib") or name.endswith(_METADATA)


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
