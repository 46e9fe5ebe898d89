"""Google Cloud Storage: gcp-storage-emulator, in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers.process import answers, environment, free_port, process


@dataclass(frozen=True)
class Gcs:
    """Where it answers."""

    port: int

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """What Google's own client needs to speak to it."""
        return {"STORAGE_EMULATOR_HOST": self.url}


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Gcs]:
    """One without buckets."""
    found = Gcs(free_port())
    python = environment("servers", "gcs")
    command = [python, "-m", "gcp_storage_emulator", "start", "--host", "127.0.0.1", "--port", str(found.port), "-M"]
    with process("gcs", command, log=folder / "log", ready=lambda: answers(found.port), cwd=folder):
        yield found
