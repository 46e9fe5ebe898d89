"""Days of the week by name or ISO number."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any


class WeekDay(IntEnum):
    """Monday is 1."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7


def weekdays(given: Any) -> set[int]:
    """ISO numbers of one day or several."""
    items: Iterable[Any] = [given] if isinstance(given, (str, int)) else given
    found = set()
    for item in items:
        if isinstance(item, int):
            found.add(int(WeekDay(item)))
            continue
        try:
            found.add(int(WeekDay[str(item).strip().upper()]))
        except KeyError:
            raise AttributeError(
                f'Invalid Week Day passed: "{item}". Use one of {[d.name.title() for d in WeekDay]}.'
            ) from None
    return found
