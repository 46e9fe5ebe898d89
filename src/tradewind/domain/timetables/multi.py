"""Several cron expressions, one schedule."""

from __future__ import annotations

from collections.abc import Sequence

from tradewind.domain.timetables.cron_trigger import CronTrigger
from tradewind.errors import InvalidArgument


class MultipleCronTrigger(CronTrigger):
    """Triggers at the ticks of every expression; a moment two of them name is one run."""

    def __init__(
        self,
        expressions: Sequence[str],
        timezone: str = "UTC",
        interval: float | dict[str, int] = 0,
        run_immediately: bool | float = False,
    ) -> None:
        if isinstance(expressions, str) or not expressions:
            raise InvalidArgument(
                "A schedule of several cron expressions needs at least one.",
                field="schedule",
                hint='Give a list such as ["0 6 * * *", "0 18 * * *"].',
            )
        super().__init__(expressions, timezone, interval, run_immediately)
