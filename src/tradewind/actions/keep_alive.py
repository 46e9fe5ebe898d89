"""A process of the house says that it lives, and when it leaves in good order."""

from __future__ import annotations

import os
import socket
from datetime import datetime
from typing import Any

from tradewind.store.engine import Store
from tradewind.store.writes import processes


def identity_of(kind: str, started: datetime) -> str:
    """A name for this process that no later one with the same number gets."""
    return f"{kind}@{socket.gethostname()}:{os.getpid()}:{int(started.timestamp())}"


def beat(store: Store, identity: str, kind: str, now: datetime, details: dict[str, Any]) -> None:
    """Write that this process lives. Raises DatabaseTrouble."""
    store.check_file()
    store.retry(lambda conn: processes.beat(conn, identity, kind, socket.gethostname(), os.getpid(), now, details))


def leave(store: Store, identity: str) -> None:
    """Take the line away: a process that ended in good order is not missed."""
    store.retry(lambda conn: processes.leave(conn, identity))
