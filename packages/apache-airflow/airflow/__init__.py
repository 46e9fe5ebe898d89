"""The name ``airflow`` for Tradewind. Everything comes from ``tradewind.compat``, at first use."""

from __future__ import annotations

from typing import Any

from tradewind.compat import finder as _finder

_finder.install()
_door = _finder.door()

__version__: str = _door.__version__


def __getattr__(name: str) -> Any:
    """Every other name, from Tradewind's table."""
    return getattr(_door, name)


def __dir__() -> list[str]:
    """The names of the table."""
    return dir(_door)
