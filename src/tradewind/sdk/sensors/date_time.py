"""``DateTimeSensor``: waits until a moment."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from tradewind.sdk import moments
from tradewind.sdk.sensors.base import BaseSensorOperator
from tradewind.sdk.triggers.temporal import DateTimeTrigger


class DateTimeSensor(BaseSensorOperator):
    """Waits until ``target_time``, a datetime or a template of one."""

    template_fields = ("target_time",)

    def __init__(self, *, target_time: str | datetime, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(target_time, datetime):
            self.target_time = target_time.isoformat()
        elif isinstance(target_time, str):
            self.target_time = target_time
        else:
            raise TypeError(f"Expected str or datetime.datetime type for target_time. Got {type(target_time)}")

    @property
    def moment(self) -> datetime:
        """The moment."""
        known = moments.aware(self.target_time)
        assert known is not None
        return known

    def poke(self, context: Any) -> bool:
        """Whether it has come."""
        del context
        self.log.info("Checking if the time (%s) has come", self.target_time)
        return datetime.fromtimestamp(time.time(), UTC) > self.moment


class DateTimeSensorAsync(DateTimeSensor):
    """The same without a slot: a trigger waits."""

    def __init__(self, *, end_from_trigger: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.end_from_trigger = end_from_trigger

    def execute(self, context: Any) -> Any:
        """Hand over to the trigger."""
        del context
        self.defer(
            trigger=DateTimeTrigger(moment=self.moment, end_from_trigger=self.end_from_trigger),
            method_name="execute_complete",
        )

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """The moment has come."""
