"""The hand-over contract: what a scheduler may ask of an executor, and what it may hear back.

An executor moves messages; it decides nothing and holds no truth. The lease rows in the store are the truth; an
executor's memory is a cache that may be lost at any time. All methods are called from the scheduler's one thread and
must not block (apart from ``start`` and ``stop``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tradewind.domain.messages import (
    TaskReply,
    TaskRequest,
    TriggerFailed,
    TriggerFired,
    TriggerHealth,
    TriggerOrder,
    Up,
    WorkOrder,
)


class Executor(Protocol):
    """One way to get tasks run."""

    name: str

    def start(self) -> None:
        """Open connections, start or find worker hosts. Raises OutsideTrouble with a hint when it cannot."""
        ...

    def fileno(self) -> list[int]:
        """File descriptors that become readable when ``poll`` has something (may change between calls)."""
        ...

    def free_slots(self) -> int:
        """How many more orders it would take now without queueing them itself."""
        ...

    def submit(self, orders: Sequence[WorkOrder]) -> None:
        """Take orders. Accepting is not running: a later Started, Finished or Lost speaks of each. Resubmitting an
        attempt the executor still knows is harmless (it is idempotent by attempt id).
        """
        ...

    def cancel(self, attempt_id: str, why: str) -> None:
        """End the attempt's process if it is known; unknown ids are ignored."""
        ...

    def poll(self) -> list[Up]:
        """Everything heard since the last call, in order per attempt."""
        ...

    def acknowledge(self, attempt_ids: Sequence[str]) -> None:
        """The store holds the final reports of these attempts; they may be forgotten."""
        ...

    def reply(self, replies: Sequence[TaskReply]) -> None:
        """Answers to TaskRequests heard by ``poll``."""
        ...

    def known(self) -> set[str] | None:
        """Attempt ids the executor's workers hold (running, or finished but not acknowledged), used after a restart
        to find orders that never arrived. None: cannot tell (yet).
        """
        ...

    def stop(self, *, kill: bool) -> None:
        """Let go. ``kill``: also end the workers it started and their tasks, and keep what they said last for one more
        ``poll``; otherwise they run on and a later scheduler finds them.
        """
        ...


class Triggers(Protocol):
    """Where deferred task instances wait. Like an executor it holds no truth: the rows say who is deferred, and after a
    restart the same orders are given again.
    """

    def watch(self, orders: Sequence[TriggerOrder]) -> None:
        """Wait for these. An order it has already is ignored. Nothing runs before the first one is given."""
        ...

    def unwatch(self, attempt_ids: Sequence[str]) -> None:
        """Nobody waits for these any more: fired and written, timed out, cleared or marked. Unknown ids are ignored."""
        ...

    def poll(self) -> list[TriggerFired | TriggerFailed | TaskRequest]:
        """Everything heard since the last call. An event may come twice, never not at all."""
        ...

    def fileno(self) -> list[int]:
        """File descriptors that become readable when ``poll`` has something (may change between calls)."""
        ...

    def reply(self, replies: Sequence[TaskReply]) -> None:
        """Answers to requests heard by ``poll``; those of others are ignored."""
        ...

    def health(self) -> TriggerHealth | None:
        """How it does, if its loops came round lately; None: it is not running, or hangs."""
        ...

    def stop(self) -> None:
        """Let go of everything; the triggers end."""
        ...


class NoTriggers:
    """For a scheduler of a DAG that never defers, and for simulations: what is deferred waits for its time-out."""

    def watch(self, orders: Sequence[TriggerOrder]) -> None:
        """Ignore."""

    def unwatch(self, attempt_ids: Sequence[str]) -> None:
        """Ignore."""

    def poll(self) -> list[TriggerFired | TriggerFailed | TaskRequest]:
        """Nothing."""
        return []

    def fileno(self) -> list[int]:
        """None."""
        return []

    def reply(self, replies: Sequence[TaskReply]) -> None:
        """Ignore."""

    def health(self) -> TriggerHealth | None:
        """None."""
        return None

    def stop(self) -> None:
        """Nothing to let go of."""
