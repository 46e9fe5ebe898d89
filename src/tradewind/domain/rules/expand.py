"""How many instances a mapped task has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tradewind.domain.rules.views import TaskPlan
from tradewind.domain.spec import MapInput, MapSpec, XComRef

#: The length of what a task pushed under a key, or None while unknown.
LengthOf = Callable[[XComRef], int | None]


def count(task: TaskPlan, length_of: LengthOf) -> int | None:
    """Instances of a mapped task: the product over the groups around it and itself; None while a length is unknown."""
    total = 1
    for spec in task.maps:
        one = _count_one(spec, length_of)
        if one is None:
            return None
        total *= one
    return total


def _count_one(spec: MapSpec, length_of: LengthOf) -> int | None:
    total = 1
    for given in spec.inputs:
        length = _length(given, length_of)
        if length is None:
            return None
        total *= length
    return total


def _length(given: MapInput, length_of: LengthOf) -> int | None:
    if not given.refs:
        return given.length
    lengths: list[int] = []
    for ref in given.refs:
        one = length_of(ref)
        if one is None:
            return None
        lengths.append(one)
    if given.length is not None:
        lengths.append(given.length)
    return combine(given.combine, lengths)


def combine(how: str, lengths: Sequence[int]) -> int:
    """The length of several values put together."""
    if how == "concat":
        return sum(lengths)
    if how == "zip":
        return min(lengths)
    return max(lengths)  # zip_longest, or the only one
