"""``BranchDateTimeOperator``: chooses by whether now (or the logical date) lies in a window."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from datetime import time as time_of_day
from typing import Any

from tradewind.sdk import moments
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.operators.branch import BaseBranchOperator


class BranchDateTimeOperator(BaseBranchOperator):
    """Follows one list of tasks inside the window, another outside."""

    def __init__(
        self,
        *,
        follow_task_ids_if_true: str | Iterable[str],
        follow_task_ids_if_false: str | Iterable[str],
        target_lower: datetime | time_of_day | None,
        target_upper: datetime | time_of_day | None,
        use_task_logical_date: bool = False,
        use_task_execution_date: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if target_lower is None and target_upper is None:
            raise AirflowException(
                "Both target_upper and target_lower are None. At least one must be defined to be compared to the current datetime"
            )
        self.target_lower, self.target_upper = target_lower, target_upper
        self.follow_task_ids_if_true, self.follow_task_ids_if_false = follow_task_ids_if_true, follow_task_ids_if_false
        self.use_task_logical_date = use_task_logical_date or use_task_execution_date

    def choose_branch(self, context: Any) -> str | Iterable[str]:
        """Inside or outside."""
        now = (
            moments.utc(context["logical_date"])
            if self.use_task_logical_date
            else datetime.fromtimestamp(time.time(), UTC)
        )
        assert now is not None
        lower, upper = _on_day(self.target_lower, now), _on_day(self.target_upper, now)
        if lower is not None and upper is not None and upper < lower and isinstance(self.target_upper, time_of_day):
            # A window over midnight: outside of it is between its end and its beginning.
            inside = not upper < now < lower
        else:
            inside = (lower is None or lower <= now) and (upper is None or now <= upper)
        return self.follow_task_ids_if_true if inside else self.follow_task_ids_if_false


def _on_day(target: datetime | time_of_day | None, now: datetime) -> datetime | None:
    if isinstance(target, time_of_day):
        return datetime.combine(now.date(), target, target.tzinfo or UTC)
    return moments.utc(target)
