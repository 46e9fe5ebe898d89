"""Azure blob storage: Microsoft's own emulator azurite, from npm."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.require import missing
from tests.servers.process import answers, free_port, process, program

MODULES = Path(__file__).parent / "npm" / "node_modules"


@dataclass(frozen=True)
class Azure:
    """Where it answers. The account and its key are the emulator's own, known to everybody."""

    port: int
    account: str = "devstoreaccount1"
    key: str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

    @property
    def connection_string(self) -> str:
        """As Azure's clients take it."""
        return (
            f"DefaultEndpointsProtocol=http;AccountName={self.account};AccountKey={self.key};"
            f"BlobEndpoint=http://127.0.0.1:{self.port}/{self.account};"
        )

    @property
    def uri(self) -> str:
        """As a connection of type wasb."""
        return f"wasb://?connection_string={quote(self.connection_string, safe='')}"


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Azure]:
    """An empty account."""
    start = MODULES / "azurite" / "dist" / "src" / "blob" / "main.js"
    node = program("azure", "node", "nodejs")
    if not start.exists():
        missing("azure", f"azurite is not installed: npm ci --ignore-scripts in {MODULES.parent} (.ci/run does)")
    found = Azure(free_port())
    command: list[str | Path] = [
        node,
        start,
        "--blobHost",
        "127.0.0.1",
        "--blobPort",
        str(found.port),
        "--location",
        folder / "data",
    ]
    command += ["--skipApiVersionCheck", "--disableTelemetry", "--silent", "--loose"]
    with process("azure", command, log=folder / "log", ready=lambda: answers(found.port)):
        yield found
    shutil.rmtree(folder / "data", ignore_errors=True)
