"""States of upstream tasks, and the rules that look at them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement, product

STATES = ("success", "failed", "skipped", "upstream_failed", "none", "running")
#: With instances that are no longer part of the run, because a mapped task shrank.
WITH_REMOVED = ("success", "failed", "skipped", "removed", "none")
RULES = (
    "all_success", "all_failed", "all_done", "all_skipped", "one_success", "one_failed", "one_done", "none_failed",
    "none_failed_min_one_success", "none_skipped", "always",
)  # fmt: skip
#: How a task t hangs below setup tasks s, s1, s2 and work tasks w; x is a teardown of s.
SHAPES: dict[str, list[tuple[str, str]]] = {
    "direct": [("s", "t")],
    "direct_and_work": [("s", "t"), ("w", "t"), ("s", "w")],
    "behind_work": [("s", "w"), ("w", "t")],
    "inside": [("s", "w"), ("w", "t"), ("t", "x"), ("s", "x")],
    "outside": [("s", "w"), ("w", "x"), ("s", "x"), ("w", "t")],
    "two_setups": [("s1", "w"), ("s2", "w"), ("w", "t")],
    "setup_below_setup": [("s1", "s"), ("s", "t")],
    "is_setup": [("s1", "w"), ("w", "s")],
    "is_setup_inside": [("s1", "w"), ("w", "s"), ("s", "x"), ("s1", "x")],
    "is_teardown": [("s", "w"), ("s", "x"), ("w", "x")],
}


def upstreams(states: tuple[str, ...], most: int = 3) -> Iterator[tuple[str, ...]]:
    """Every mix of 1 to ``most`` states."""
    for size in range(1, most + 1):
        yield from combinations_with_replacement(states, size)


def teardown_upstreams() -> Iterator[tuple[str, ...]]:
    """Every mix of 1 to 3 states, each of a setup task (``setup:``) or of work."""
    kinds = [*STATES, *(f"setup:{state}" for state in STATES)]
    return upstreams(tuple(kinds))


def judged(shape: str) -> str:
    """The task that is looked at."""
    return {"is_teardown": "x", "is_setup": "s", "is_setup_inside": "s"}.get(shape, "t")


def below_setups(shape: str) -> Iterator[dict[str, str]]:
    """Every state of the tasks above the one that is looked at."""
    names = sorted({end for edge in SHAPES[shape] for end in edge} - {"x", judged(shape)})
    for states in product(STATES, repeat=len(names)):
        yield dict(zip(names, states, strict=True))
