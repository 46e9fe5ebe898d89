"""``BaseTrigger``: waits without a slot, in the triggerer's loop."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any


class TriggerEvent:
    """What a trigger saw; the task gets ``payload`` as ``event``."""

    def __init__(self, payload: Any) -> None:
        self.payload = payload

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TriggerEvent) and other.payload == self.payload

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"TriggerEvent<{self.payload!r}>"


class BaseTaskEndEvent(TriggerEvent):
    """Ends the task from the trigger, without a worker. ``xcoms`` are pushed as if the task had."""

    task_instance_state: str = "success"

    def __init__(self, *, xcoms: dict[str, Any] | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("payload", self.task_instance_state)
        super().__init__(**kwargs)
        self.xcoms = xcoms


class TaskSuccessEvent(BaseTaskEndEvent):
    """The task succeeded."""

    task_instance_state = "success"


class TaskFailedEvent(BaseTaskEndEvent):
    """The task failed; no further try."""

    task_instance_state = "failed"


class TaskSkippedEvent(BaseTaskEndEvent):
    """The task is skipped."""

    task_instance_state = "skipped"


class BaseTrigger:
    """Subclasses write ``serialize`` (class path and arguments) and ``run`` (an async generator of events)."""

    def __init__(self, **kwargs: Any) -> None:
        self.task_instance: Any = None
        self.trigger_id: Any = None
        self.kwargs = kwargs

    @property
    def log(self) -> logging.Logger:
        """Its logger."""
        return logging.getLogger(f"airflow.triggers.{type(self).__name__}")

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments that make an equal trigger."""
        raise NotImplementedError("Triggers must implement serialize()")

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, then yield an event."""
        raise NotImplementedError("Triggers must implement run()")
        yield

    async def cleanup(self) -> None:
        """Called when the trigger ends, whatever the reason."""

    def __repr__(self) -> str:
        path, kwargs = self.serialize()
        return f"<{path} {', '.join(f'{k}={v}' for k, v in kwargs.items())}>"


class BaseEventTrigger(BaseTrigger):
    """A trigger that may update an asset from outside."""


@dataclass
class StartTriggerArgs:
    """How a task starts from a trigger with no worker."""

    trigger_cls: str
    next_method: str
    trigger_kwargs: dict[str, Any] | None = None
    next_kwargs: dict[str, Any] | None = None
    timeout: timedelta | None = None
