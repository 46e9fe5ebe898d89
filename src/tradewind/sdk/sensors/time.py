"""``TimeSensor``: waits until a time of day."""

from __future__ import annotations

import time as clock
from datetime import UTC, datetime, time
from typing import Any

from tradewind.sdk import moments
from tradewind.sdk.sensors.base import BaseSensorOperator
from tradewind.sdk.triggers.temporal import DateTimeTrigger


class TimeSensor(BaseSensorOperator):
    """Waits until ``target_time`` of today, in the DAG's zone."""

    def __init__(self, *, target_time: time, deferrable: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_time, self.deferrable = target_time, deferrable

    @property
    def moment(self) -> datetime:
        """The moment of today."""
        zone = moments.zone(self.dag.timezone_name if self.has_dag() else "UTC")
        today = datetime.fromtimestamp(clock.time(), UTC).astimezone(zone)
        return datetime.combine(today.date(), self.target_time, self.target_time.tzinfo or zone)

    def poke(self, context: Any) -> bool:
        """Whether it has come."""
        del context
        self.log.info("Checking if the time (%s) has come", self.target_time)
        return datetime.fromtimestamp(clock.time(), UTC) > self.moment

    def execute(self, context: Any) -> Any:
        """Wait here, or hand over to a trigger."""
        if not self.deferrable:
            return super().execute(context)
        self.defer(trigger=DateTimeTrigger(moment=self.moment), method_name="execute_complete")
        return None

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """The moment has come."""


class TimeSensorAsync(TimeSensor):
    """The same without a slot."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("deferrable", True)
        super().__init__(**kwargs)
