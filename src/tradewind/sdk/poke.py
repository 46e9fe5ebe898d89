"""What a sensor's check may return besides a truth value."""

from __future__ import annotations

from typing import Any


class PokeReturnValue:
    """Whether the sensor is done, and the value it then returns."""

    def __init__(self, is_done: bool, xcom_value: Any = None) -> None:
        self.is_done, self.xcom_value = is_done, xcom_value

    def __bool__(self) -> bool:
        return self.is_done


def poke_mode_only(cls: type[Any]) -> type[Any]:
    """Class decorator of sensors that only work in mode ``poke``: another mode is a ValueError."""

    def mode(self: Any) -> str:
        return "poke"

    def set_mode(self: Any, value: str) -> None:
        if value != "poke":
            raise ValueError(f"Cannot set mode to {value!r}: {cls.__name__} only works in mode 'poke'.")

    cls.mode = property(mode, set_mode)
    return cls
