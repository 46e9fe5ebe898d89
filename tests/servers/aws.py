"""S3, SQS, Secrets Manager, SSM and more of AWS: moto's server. It enforces what S3 enforces, but checks no credentials."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.servers.process import answers, environment, free_port, process


@dataclass(frozen=True)
class Aws:
    """Where it answers."""

    port: int
    region: str = "eu-west-1"

    @property
    def url(self) -> str:
        """The endpoint of every service."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def uri(self) -> str:
        """As a connection of type aws."""
        return (
            f"aws://AKIAHARBOUR:{quote('sea/salt')}@/?region_name={self.region}&endpoint_url={quote(self.url, safe='')}"
        )

    @property
    def env(self) -> dict[str, str]:
        """For a process that uses the SDK's own chain of credentials."""
        return {
            "AWS_ACCESS_KEY_ID": "AKIAHARBOUR", "AWS_SECRET_ACCESS_KEY": "sea/salt",
            "AWS_DEFAULT_REGION": self.region, "AWS_ENDPOINT_URL": self.url,
        }  # fmt: skip


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Aws]:
    """An empty account."""
    found = Aws(free_port())
    command = [environment("servers", "aws"), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(found.port)]
    with process("aws", command, log=folder / "log", ready=lambda: answers(found.port)):
        yield found
