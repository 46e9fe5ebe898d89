"""``TimeDeltaSensor``: waits some time after the run's interval ended."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tradewind.sdk import moments
from tradewind.sdk.sensors.base import BaseSensorOperator
from tradewind.sdk.triggers.temporal import DateTimeTrigger, TimeDeltaTrigger


class TimeDeltaSensor(BaseSensorOperator):
    """Waits until ``delta`` after the end of the data interval."""

    def __init__(self, *, delta: timedelta, deferrable: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.delta, self.deferrable = delta, deferrable

    def target(self, context: Any) -> datetime:
        """The moment."""
        end = moments.utc(context["data_interval_end"] or context["dag_run"].run_after)
        assert end is not None
        return end + self.delta

    def poke(self, context: Any) -> bool:
        """Whether it has come."""
        target = self.target(context)
        self.log.info("Checking if the delta has elapsed target_dttm=%s", target)
        return datetime.fromtimestamp(time.time(), UTC) > target

    def execute(self, context: Any) -> Any:
        """Wait here, or hand over to a trigger."""
        if not self.deferrable:
            return super().execute(context)
        self.defer(trigger=DateTimeTrigger(moment=self.target(context)), method_name="execute_complete")
        return None

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """The moment has come."""


class TimeDeltaSensorAsync(TimeDeltaSensor):
    """The same without a slot."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("deferrable", True)
        super().__init__(**kwargs)


class WaitSensor(BaseSensorOperator):
    """Waits for a length of time from the task's own start."""

    def __init__(self, *, time_to_wait: timedelta | int, deferrable: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.deferrable = deferrable
        self.time_to_wait = timedelta(minutes=time_to_wait) if isinstance(time_to_wait, int) else time_to_wait

    def execute(self, context: Any) -> None:
        """Wait."""
        del context
        if self.deferrable:
            self.defer(trigger=TimeDeltaTrigger(self.time_to_wait), method_name="execute_complete")
        time.sleep(self.time_to_wait.total_seconds())

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """Done."""
