"""``BaseSensorOperator``: checks a condition until it is true or out of time."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferralError,
    TaskDeferralTimeout,
)
from tradewind.sdk.poke import PokeReturnValue


class BaseSensorOperator(BaseOperator):
    """Subclasses write ``poke(context)``. The first check is at once.

    ``mode="poke"`` waits in the process, ``mode="reschedule"`` gives the slot back between checks. After ``timeout``
    seconds the sensor fails, or is skipped with ``soft_fail``.
    """

    ui_color = "#e6f1f2"
    valid_modes = ("poke", "reschedule")
    is_sensor = True

    def __init__(
        self,
        *,
        poke_interval: timedelta | float = 60,
        timeout: timedelta | float = 60 * 60 * 24 * 7,
        soft_fail: bool = False,
        mode: str = "poke",
        exponential_backoff: bool = False,
        max_wait: timedelta | float | None = None,
        silent_fail: bool = False,
        never_fail: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.poke_interval = self._positive(poke_interval, "poke_interval")
        self.timeout = self._positive(timeout, "timeout")
        self.max_wait = self._positive(max_wait, "max_wait") if max_wait is not None else None
        self.soft_fail, self.mode, self.exponential_backoff = soft_fail, mode, exponential_backoff
        self.silent_fail, self.never_fail = silent_fail, never_fail
        if mode not in self.valid_modes:
            raise AirflowException(
                f"The mode must be one of {list(self.valid_modes)}, '{self.dag_id}.{self.task_id}'; received '{mode}'."
            )
        if soft_fail and never_fail:
            raise ValueError("soft_fail and never_fail are mutually exclusive, you can not provide both.")

    def _positive(self, value: Any, name: str) -> float:
        seconds = value.total_seconds() if isinstance(value, timedelta) else value
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or seconds < 0:
            raise AirflowException(
                f"The {name} of task {self.task_id!r} must be a non-negative number, not {value!r}. "
                f"Write it in seconds; leave it out for the default."
            )
        return float(seconds)

    @property
    def reschedule(self) -> bool:
        """Whether it gives its slot back between checks."""
        return self.mode == "reschedule"

    def poke(self, context: Any) -> Any:
        """Whether the condition holds. Subclasses write it."""
        raise AirflowException("Override me.")

    def execute(self, context: Any) -> Any:
        """Check until it holds or time is up."""
        began, first = time.monotonic(), _ask(context, "get_first_reschedule_date") if self.reschedule else None
        # Seconds already waited in earlier stretches of a rescheduled try.
        before = (_now() - first).total_seconds() if first is not None else 0.0
        checks = 1 + (_ask(context, "get_reschedule_count") or 0 if self.reschedule else 0)
        while True:
            done = self._check(context)
            if done:
                self.log.info("Success criteria met. Exiting.")
                return done.xcom_value if isinstance(done, PokeReturnValue) else None
            waited = before + time.monotonic() - began
            if waited > self.timeout:
                self._time_is_up()
            pause = self.pause(checks, waited)
            if self.reschedule:
                raise AirflowRescheduleException(_now() + timedelta(seconds=pause))
            time.sleep(pause)
            checks += 1

    def _check(self, context: Any) -> Any:
        try:
            return self.poke(context)
        except (AirflowSensorTimeout, AirflowSkipException, AirflowFailException):
            raise
        except Exception as error:
            if self.silent_fail:
                self.log.exception("Sensor poke failed")
                return False
            if self.never_fail:
                raise AirflowSkipException("Skipping due to never_fail is set to True.") from error
            raise

    def _time_is_up(self) -> None:
        message = (
            f"Sensor has timed out; run duration exceeds the specified timeout of {self.timeout}. Snap. Time is OUT."
        )
        raise AirflowSensorTimeout(message)

    def pause(self, checks: int, waited: float) -> float:
        """Seconds until the next check; grows with ``exponential_backoff``, never beyond the time that is left."""
        pause = self.poke_interval
        if self.exponential_backoff:
            # A spread of a tenth keeps sensors that started together from checking together.
            spread = random.Random(f"{self.dag_id}.{self.task_id}.{checks}").uniform(1.0, 1.1)
            pause = min(self.poke_interval * 2 ** min(checks - 1, 30) * spread, 86400.0)
            if self.max_wait is not None:
                pause = min(pause, self.max_wait)
            pause = min(pause, max(self.timeout - waited, 0.0) + 0.001)
        return pause

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        """After a trigger fired; its time-out is the sensor's."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except TaskDeferralTimeout as error:
            raise AirflowSensorTimeout(str(error)) from error  # soft_fail is looked at where that is taken in
        except TaskDeferralError as error:
            if self.soft_fail:
                raise AirflowSkipException(str(error)) from error
            raise


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def _ask(context: Any, question: str) -> Any:
    """What the task instance knows of this try; None where a test hands in a context without one."""
    ti = context.get("ti") if hasattr(context, "get") else None
    find = getattr(ti, question, None)
    return find(context) if find is not None else None


def poke_mode_only(cls: type) -> type:
    """Class decorator: only ``mode="poke"`` makes sense for this sensor."""
    cls.valid_modes = ("poke",)  # type: ignore[attr-defined]
    return cls
