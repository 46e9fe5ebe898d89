"""What a sensor's check may return besides a truth value."""

from __future__ import annotations

from typing import Any


class PokeReturnValue:
    """Whether the sensor is done, and the value it then returns."""

    def __init__(self, is_done: bool, xcom_value: Any = None) -> None:
        self.is_done, self.xcom_value = is_done, xcom_value

    def __bool__(self) -> bool:
        return self.is_done
