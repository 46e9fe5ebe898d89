"""``airflow.stats``: counters of user code. They go to statsd when [metrics] statsd_on is set, else nowhere."""

from __future__ import annotations

import socket
import time
from functools import cache
from types import TracebackType
from typing import Any, Self

from tradewind.sdk.configuration import conf


@cache
def _target() -> tuple[Any, tuple[str, int], str] | None:
    """Socket, address and prefix of statsd; None when it is off."""
    if not conf.getboolean("metrics", "statsd_on", fallback=False):
        return None
    address = (
        conf.get("metrics", "statsd_host", fallback="localhost"),
        conf.getint("metrics", "statsd_port", fallback=8125),
    )
    prefix = conf.get("metrics", "statsd_prefix", fallback="airflow")
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM), address, f"{prefix}." if prefix else ""


def _send(name: str, value: str) -> None:
    target = _target()
    if target is None:
        return
    line, address, prefix = target
    try:
        line.sendto(f"{prefix}{name}:{value}".encode(), address)
    except OSError:
        return  # a counter is never a reason to fail


class Timer:
    """Measures a block, or from ``start`` to ``stop``; ``duration`` in milliseconds."""

    def __init__(self, name: str = "") -> None:
        self.name, self.duration = name, 0.0
        self._began = 0.0

    def start(self) -> Self:
        """The time runs."""
        self._began = time.perf_counter()
        return self

    def stop(self, send: bool = True) -> None:
        """It ends, and is sent."""
        self.duration = 1000 * (time.perf_counter() - self._began)
        if send and self.name:
            _send(self.name, f"{self.duration}|ms")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Stats:
    """Airflow's functions, called on the class."""

    @staticmethod
    def initialize(*_: Any, **__: Any) -> None:
        """Nothing to prepare."""

    @staticmethod
    def incr(stat: str, count: int = 1, rate: float = 1, *, tags: Any = None) -> None:
        """Count up."""
        _send(stat, f"{count}|c")

    @staticmethod
    def decr(stat: str, count: int = 1, rate: float = 1, *, tags: Any = None) -> None:
        """Count down."""
        _send(stat, f"{-count}|c")

    @staticmethod
    def gauge(stat: str, value: float, rate: float = 1, delta: bool = False, *, tags: Any = None, **_: Any) -> None:
        """Set a value, or move it."""
        _send(stat, f"{value:+}|g" if delta else f"{value}|g")

    @staticmethod
    def timing(stat: str, dt: Any, *, tags: Any = None, **_: Any) -> None:
        """A duration: a timedelta, or milliseconds."""
        _send(stat, f"{dt.total_seconds() * 1000 if hasattr(dt, 'total_seconds') else dt}|ms")

    @staticmethod
    def timer(stat: str = "", *, tags: Any = None, **_: Any) -> Timer:
        """Measure a block."""
        return Timer(stat)


incr, decr, gauge, timing, timer, initialize = (
    Stats.incr, Stats.decr, Stats.gauge, Stats.timing, Stats.timer, Stats.initialize,
)  # fmt: skip


def normalize_name_for_stats(name: str, log_warning: bool = True) -> str:
    """The name with every character that statsd does not take replaced by an underscore."""
    return "".join(letter if letter.isalnum() or letter in "_.-" else "_" for letter in name)
