"""``BranchDayOfWeekOperator``: chooses by the day of the week."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tradewind.sdk.operators.branch import BaseBranchOperator
from tradewind.sdk.weekdays import weekdays


class BranchDayOfWeekOperator(BaseBranchOperator):
    """Follows one list of tasks on the given days, another on others."""

    def __init__(
        self,
        *,
        follow_task_ids_if_true: str | Iterable[str],
        follow_task_ids_if_false: str | Iterable[str],
        week_day: Any,
        use_task_logical_date: bool = False,
        use_task_execution_day: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.follow_task_ids_if_true, self.follow_task_ids_if_false = follow_task_ids_if_true, follow_task_ids_if_false
        self.week_day, self.use_task_logical_date = week_day, use_task_logical_date or use_task_execution_day
        self._days = weekdays(week_day)

    def choose_branch(self, context: Any) -> str | Iterable[str]:
        """By the day."""
        day = context["logical_date"] if self.use_task_logical_date else datetime.fromtimestamp(time.time(), UTC)
        return self.follow_task_ids_if_true if day.isoweekday() in self._days else self.follow_task_ids_if_false
