"""``airflow.utils.timeout``: a block that may not take longer than some seconds."""

from __future__ import annotations

import os
import signal
from types import FrameType, TracebackType
from typing import Any, Self

from tradewind.sdk.exceptions import AirflowTaskTimeout
from tradewind.sdk.log import LoggingMixin


class timeout(LoggingMixin):
    """``with timeout(seconds=10):`` raises AirflowTaskTimeout in the block. Works in the main thread, as signals do."""

    def __init__(self, seconds: float = 1, error_message: str = "Timeout") -> None:
        super().__init__()
        self.seconds = seconds
        self.error_message = f"{error_message}, PID: {os.getpid()}"
        self._before: Any = None

    def handle_timeout(self, signum: int, frame: FrameType | None) -> None:
        """The time is over."""
        self.log.error("Process timed out, PID: %s", os.getpid())
        raise AirflowTaskTimeout(self.error_message)

    def __enter__(self) -> Self:
        try:
            self._before = signal.signal(signal.SIGALRM, self.handle_timeout)
            signal.setitimer(signal.ITIMER_REAL, self.seconds)
        except ValueError:
            self.log.warning("timeout can't be used in the current context")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before or signal.SIG_DFL)
        except ValueError:
            self.log.warning("timeout can't be used in the current context")


TimeoutPosix = timeout
