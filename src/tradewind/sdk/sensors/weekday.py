"""``DayOfWeekSensor``: waits for a day of the week."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from tradewind.sdk.sensors.base import BaseSensorOperator
from tradewind.sdk.weekdays import weekdays


class DayOfWeekSensor(BaseSensorOperator):
    """Waits until today (or the logical date, with ``use_task_logical_date``) is one of ``week_day``."""

    def __init__(
        self, *, week_day: Any, use_task_logical_date: bool = False, use_task_execution_day: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.week_day, self.use_task_logical_date = week_day, use_task_logical_date or use_task_execution_day
        self._days = weekdays(week_day)

    def poke(self, context: Any) -> bool:
        """Whether it is such a day."""
        self.log.info("Poking until weekday is in %s", sorted(self._days))
        day = context["logical_date"] if self.use_task_logical_date else datetime.fromtimestamp(time.time(), UTC)
        return day.isoweekday() in self._days
