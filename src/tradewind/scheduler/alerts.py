"""What DAGs want to be told of, at the end of each pass: deadlines that have come, callbacks that are due or were heard of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tradewind.actions.task_door import Door
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.callbacks import Callbacks, Mine
from tradewind.scheduler.due_deadlines import DueDeadlines
from tradewind.scheduler.shelf import Shelf
from tradewind.settings import Settings


class Alerts:
    """Deadlines and callbacks of one scheduler."""

    def __init__(self, settings: Settings, shelf: Shelf, door: Door, new_id: Callable[[], str], executor: str) -> None:
        self.callbacks = Callbacks(settings, shelf, door, new_id, executor)
        self.deadlines = DueDeadlines(settings, shelf.versions)

    def is_due(self, now: datetime) -> bool:
        """True when some run is to be looked at now."""
        return self.deadlines.is_due(now)

    def next_at(self) -> datetime | None:
        """When the next one is."""
        return self.deadlines.next_at()

    def trouble(self) -> None:
        """A pass failed: what it was about to hand out is due still."""
        self.callbacks.wanted = True

    def attend(
        self, batch: Batch, mine: list[Mine], alive: set[str], held: set[str] | None, far: datetime, *, look: bool
    ) -> None:
        """The moves of the pass are in the rows by now. ``held`` is None unless it is time to look for the lost; ``look``:
        runs may have been made since the last time.
        """
        self.callbacks.take_in(batch, mine, alive)
        if held is not None:
            self.callbacks.expire(batch, held, far)
        if look:
            self.deadlines.refresh(batch.conn)
        if self.deadlines.is_due(batch.now):
            self.deadlines.check(batch)
            self.callbacks.wanted = True
        self.callbacks.hand_out(batch)
