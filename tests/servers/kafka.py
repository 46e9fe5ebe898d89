"""Kafka: the mock broker inside librdkafka, a real listener of Kafka's protocol on this machine."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.servers.process import environment, process

PROGRAM = Path(__file__).parent / "programs" / "kafka.py"


@dataclass(frozen=True)
class Kafka:
    """Where it answers."""

    bootstrap: str

    def uri(self, **more: str) -> str:
        """As a connection; more settings of the client by their names, with ``_`` for ``.``."""
        extra = {"bootstrap.servers": self.bootstrap} | {name.replace("_", "."): value for name, value in more.items()}
        return f"kafka://?__extra__={quote(json.dumps(extra))}"


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Kafka]:
    """One broker; topics come into being when they are first used."""
    address = folder / "address"
    command = [environment("servers", "kafka"), PROGRAM, address]
    with process("kafka", command, log=folder / "log", ready=address.exists):
        yield Kafka(address.read_text())
