"""Retries: delays, and the instances that are asked for theirs."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple


class Case(NamedTuple):
    """Seconds, and which try failed."""

    delay: float
    backoff: bool
    longest: float | None
    tried: int


CASES = [
    Case(delay, backoff, longest, tried)
    for delay, backoff, longest, tried in product(
        (0.0, 0.5, 1.0, 10.0, 300.0, 3600.0, 100_000.0), (False, True), (None, 30.0, 7200.0), (1, 2, 3, 5, 8, 60)
    )
    if backoff or tried in {1, 3}
]
#: As many instances: the jitter is different for each.
INSTANCES = 60
