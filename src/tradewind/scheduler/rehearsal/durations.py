"""How long a task lasts in a rehearsal: as given, or drawn from a seed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import Any

from tradewind.domain.spec import TaskSpec
from tradewind.errors import InvalidArgument

#: Seconds a task lasts in the middle, if nobody says: each task draws its own from this span, evenly by magnitude.
DRAWN_FROM, DRAWN_TO = 5.0, 600.0
#: How widely the tries of one task differ: the standard deviation of the logarithm.
SPREAD = 0.35
_EXAMPLE = 'Write for example {"load": 120, "etl.transform": [60, 300], "*": {"median": 30, "spread": 0.5}}.'


class Durations:
    """Seconds per attempt. Keys are ``dag.task``, ``task`` or ``*``, the closest wins.

    A value is seconds; ``[low, high]``, drawn evenly between; ``{"median": 60, "spread": 0.5}``, drawn by a log-normal
    law; or ``{"one_of": [...]}``, such as durations that were measured. Whatever has no key is drawn from the seed.
    """

    def __init__(self, given: Mapping[str, Any] | None = None, *, seed: int = 0) -> None:
        self._given = dict(given or {})
        self._seed = seed
        for key, value in self._given.items():
            self._draw(value, Random(0), key)

    def of(self, dag_id: str, run_id: str, task: TaskSpec, map_index: int, try_number: int) -> float:
        """The same for the same attempt and seed, whatever else happened before."""
        rng = Random(f"{self._seed}/{dag_id}/{run_id}/{task.task_id}/{map_index}/{try_number}")
        for key in (f"{dag_id}.{task.task_id}", task.task_id, "*"):
            if key in self._given:
                return self._draw(self._given[key], rng, key)
        middle = Random(f"{self._seed}/{dag_id}/{task.task_id}").uniform(math.log(DRAWN_FROM), math.log(DRAWN_TO))
        return round(rng.lognormvariate(middle, SPREAD), 3)

    def _draw(self, value: Any, rng: Random, key: str) -> float:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
            return float(value)
        numbers = value.get("one_of") if isinstance(value, Mapping) else value
        if (
            isinstance(numbers, (list, tuple))
            and numbers
            and all(isinstance(n, (int, float)) and n >= 0 for n in numbers)
        ):
            if isinstance(value, Mapping):
                return float(rng.choice(numbers))
            if len(numbers) == 2 and numbers[0] <= numbers[1]:
                return rng.uniform(*numbers)
        if isinstance(value, Mapping) and set(value) <= {"median", "spread"} and value.get("median", 0) > 0:
            return round(rng.lognormvariate(math.log(value["median"]), value.get("spread", SPREAD)), 3)
        raise InvalidArgument(f"The duration of {key!r} is {value!r}.", field="durations", hint=_EXAMPLE)
