"""How every long-lived process waits and is woken: ``Bell`` rings over datagrams on one machine.

A bell carries no truth: who hears it reads the table. Each waiting process binds ``<home>/run/<kind>-<pid>.bell``;
``ring(home, kind)`` pokes every bell of that kind and removes those of dead processes. Losing a ring costs at most one
safety poll. (Between machines PostgreSQL LISTEN/NOTIFY does the same, see ``store.notices``.)
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import selectors
import socket
import tempfile
from pathlib import Path

from tradewind.errors import OutsideTrouble

#: AF_UNIX paths end at 108 bytes; longer homes use the system's temporary folder, keyed by the home's hash.
_PATH_MAX = 100


def run_folder(home: Path) -> Path:
    """Where the sockets of this home live; made when missing, open to its owner only."""
    folder = home / "run"
    if len(str(folder)) > _PATH_MAX - 40:
        folder = (
            Path(tempfile.gettempdir())
            / f"tradewind-{os.getuid()}-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.parent != home and folder.stat().st_uid != os.getuid():
        raise OutsideTrouble(
            f"The folder {folder} belongs to somebody else.", hint="Remove it, or set TRADEWIND_HOME to a shorter path."
        )
    return folder


def process_lives(pid: int) -> bool:
    """Whether a process of this machine has that number, whoever it belongs to."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Bell:
    """A waiting process's bell. Register ``fileno()`` in a selector or an event loop; ``clear()`` after waking."""

    def __init__(self, home: Path, kind: str) -> None:
        self.path = run_folder(home) / f"{kind}-{os.getpid()}.bell"
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(str(self.path))

    def fileno(self) -> int:
        """For selectors."""
        return self._socket.fileno()

    def clear(self) -> set[str]:
        """Empty the bell; the topics rung since last time (hints, never truth)."""
        topics: set[str] = set()
        while True:
            try:
                topics.add(self._socket.recv(4096).decode(errors="replace"))
            except BlockingIOError:
                return topics

    def wait(self, seconds: float | None) -> set[str]:
        """Sleep until rung or ``seconds`` passed; the topics rung."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.select(seconds)
        return self.clear()

    def close(self) -> None:
        """Take the bell down."""
        self._socket.close()
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()


_GONE = (errno.ECONNREFUSED, errno.ENOENT)


class Ringer:
    """Rings the bells of one home. Cheap: one socket, a directory listing cached until a bell is gone or missing."""

    def __init__(self, home: Path) -> None:
        self._folder = run_folder(home)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def ring(self, kind: str, topic: str = "") -> int:
        """Poke every bell of ``kind``; how many heard it. Never raises for a dead or a full bell."""
        heard = 0
        for path in self._folder.glob(f"{kind}-*.bell"):
            try:
                self._socket.sendto(topic.encode() or b"-", str(path))
                heard += 1
            except BlockingIOError:
                heard += 1  # its queue is full of rings: it will wake anyway
            except OSError as trouble:
                if trouble.errno not in _GONE:
                    raise
                with contextlib.suppress(FileNotFoundError):
                    path.unlink()
        return heard

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()
