"""Triggers that wait for time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tradewind.sdk import moments
from tradewind.sdk.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


class DateTimeTrigger(BaseTrigger):
    """Fires at a moment."""

    def __init__(self, moment: Any, *, end_from_trigger: bool = False) -> None:
        super().__init__()
        known = moments.utc(moment) if isinstance(moment, (datetime, str)) else None
        if known is None:
            raise TypeError(f"Expected datetime.datetime type for moment. Got {type(moment)}")
        if isinstance(moment, datetime) and moment.tzinfo is None:
            raise ValueError("You cannot pass naive datetimes")
        self.moment, self.end_from_trigger = known, end_from_trigger

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments."""
        return "tradewind.sdk.triggers.temporal.DateTimeTrigger", {
            "moment": self.moment,
            "end_from_trigger": self.end_from_trigger,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait for it, in steps: the clock may be set meanwhile."""
        while (left := (self.moment - _now()).total_seconds()) > 0:  # noqa: ASYNC110  the clock tells nobody
            await asyncio.sleep(min(left, 60.0))
        yield TaskSuccessEvent() if self.end_from_trigger else TriggerEvent(self.moment)


class TimeDeltaTrigger(DateTimeTrigger):
    """Fires after some time."""

    def __init__(self, delta: timedelta, *, end_from_trigger: bool = False) -> None:
        super().__init__(moment=_now() + delta, end_from_trigger=end_from_trigger)
