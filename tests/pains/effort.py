"""How much SQLite computes for a piece of work: steps of its virtual machine, which no load of the machine changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from tradewind.store.engine import Store

#: How many steps lie between two counts: small enough for one statement by key (some 30 steps) to be seen among others.
GRAIN = 10


class Effort:
    """Steps counted so far."""

    def __init__(self) -> None:
        self.steps = 0

    def _count(self) -> int:
        self.steps += GRAIN
        return 0  # anything else would interrupt the statement


@contextmanager
def effort_of(store: Store) -> Iterator[Effort]:
    """Count what every connection of this store computes within the block."""
    effort = Effort()

    def counted(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.set_progress_handler(effort._count, GRAIN)

    def left_alone(connection: Any, _record: Any) -> None:
        if connection is not None:
            connection.set_progress_handler(None, GRAIN)

    sa.event.listen(store.engine, "checkout", counted)
    sa.event.listen(store.engine, "checkin", left_alone)
    try:
        yield effort
    finally:
        sa.event.remove(store.engine, "checkout", counted)
        sa.event.remove(store.engine, "checkin", left_alone)
