"""The connection from a scheduler to one worker host, and what is remembered of each attempt there."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from pathlib import Path

import msgspec

from tradewind.domain.messages import Decoder, Hello, HostUp, WorkOrder, encode

#: Names that differ from one start to the next and mean nothing to a task.
_VOLATILE = {"_", "SHLVL", "PWD", "OLDPWD", "TERM", "COLUMNS", "LINES", "PYTEST_CURRENT_TEST", "WINDOWID", "SSH_TTY"}


def fingerprint(home: Path) -> str:
    """What a task could notice: our code, the interpreter, the environment, the settings file."""
    package = Path(__file__).parents[1]
    newest = max(file.stat().st_mtime_ns for file in package.rglob("*.py"))
    parts = [str(package), str(newest), sys.executable, str(home)]
    parts += [f"{k}={v}" for k, v in sorted(os.environ.items()) if k not in _VOLATILE]
    for name in ("tradewind.cfg", "airflow.cfg"):
        file = home / name
        if file.is_file():
            parts.append(file.read_text(encoding="utf-8", errors="replace"))
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()[:16]


class Link:
    """The connection to one host."""

    def __init__(self, path: Path, sock: socket.socket) -> None:
        self.path = path
        self.socket = sock
        self.hello: Hello | None = None
        self.draining = False
        self.decoder: Decoder[HostUp] = Decoder(HostUp)
        self._unsent = bytearray()

    def send(self, message: msgspec.Struct) -> None:
        """Send a frame, or as much as the socket takes now."""
        self._unsent += encode(message)
        self.flush()

    def flush(self) -> None:
        """Send what is left of earlier frames."""
        while self._unsent:
            try:
                del self._unsent[: self.socket.send(self._unsent)]
            except BlockingIOError:
                return
            except OSError:
                self._unsent.clear()  # its end of file follows; ``poll`` reports what was there
                return


class Held:
    """An attempt somewhere between ``submit`` and ``acknowledge``."""

    __slots__ = ("ended", "link", "order")

    def __init__(self, order: WorkOrder | None, link: Link | None) -> None:
        self.order = order
        self.link = link
        self.ended = False
