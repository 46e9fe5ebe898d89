"""One task at a time: ``SequentialExecutor`` through a worker host, ``InlineExecutor`` by a function handed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tradewind.clock import Clock, SystemClock
from tradewind.domain.messages import Finished, Lost, Started, TaskReply, Up, WorkOrder
from tradewind.executor.local import LocalExecutor
from tradewind.settings import Settings


class SequentialExecutor(LocalExecutor):
    """As the local executor, with one slot."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        super().__init__(settings, name="sequential", slots=1, clock=clock)


class InlineExecutor:
    """Calls ``run(order)`` inside ``submit``. For tests and simulations: no process, no socket, no waiting."""

    def __init__(
        self, run: Callable[[WorkOrder], Finished], *, name: str = "inline", slots: int = 1, clock: Clock | None = None
    ) -> None:
        self.name = name
        self._run = run
        self._slots = slots
        self._clock = clock or SystemClock()
        self._out: list[Up] = []
        self._final: dict[str, Finished | Lost] = {}

    def start(self) -> None:
        """Nothing to open."""

    def fileno(self) -> list[int]:
        """Nothing to wait for: what ``submit`` ran is heard by the next ``poll``."""
        return []

    def free_slots(self) -> int:
        """Slots less the reports not yet acknowledged."""
        return max(0, self._slots - len(self._final))

    def submit(self, orders: Sequence[WorkOrder]) -> None:
        """Run each order now, once."""
        for order in orders:
            if order.attempt_id in self._final:
                continue
            self._out.append(Started(attempt_id=order.attempt_id, at=self._clock.now(), host="inline", pid=0))
            try:
                final: Finished | Lost = self._run(order)
            except Exception as error:
                final = Lost(attempt_id=order.attempt_id, why=f"{type(error).__name__}: {error}")
            self._final[order.attempt_id] = final
            self._out.append(final)

    def cancel(self, attempt_id: str, why: str) -> None:
        """Too late: what was submitted has ended."""

    def poll(self) -> list[Up]:
        """What ``submit`` ran since the last call."""
        heard, self._out = self._out, []
        return heard

    def acknowledge(self, attempt_ids: Sequence[str]) -> None:
        """Forget them."""
        for attempt_id in attempt_ids:
            self._final.pop(attempt_id, None)

    def reply(self, replies: Sequence[TaskReply]) -> None:
        """Nothing here asks."""

    def known(self) -> set[str] | None:
        """Attempts whose report is not acknowledged."""
        return set(self._final)

    def stop(self, *, kill: bool) -> None:
        """Nothing to let go of."""
