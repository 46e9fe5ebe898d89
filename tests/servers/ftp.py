"""An FTP server (pyftpdlib)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers.process import answers, environment, free_port, process


@dataclass(frozen=True)
class Ftp:
    """Where it answers; ``files`` is the folder that users see."""

    port: int
    files: Path
    host: str = "127.0.0.1"
    login: str = "sailor"
    password: str = "knots"

    @property
    def uri(self) -> str:
        """As a connection."""
        return f"ftp://{self.login}:{self.password}@{self.host}:{self.port}"


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Ftp]:
    """One with write access to an empty folder."""
    found = Ftp(free_port(), folder / "files")
    found.files.mkdir()
    command = [environment("servers", "ftp"), "-m", "pyftpdlib", "-i", found.host, "-p", str(found.port)]
    command += ["-d", found.files, "-u", found.login, "-P", found.password, "-w"]
    with process("ftp", command, log=folder / "log", ready=lambda: answers(found.port)):
        yield found
