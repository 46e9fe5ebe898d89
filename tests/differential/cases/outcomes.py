"""Small DAGs whose tasks have all ended: how did the run end?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

STATES = ("success", "failed", "skipped", "upstream_failed")
#: Tasks w are work, s setups, x teardowns, f teardowns whose failure fails the run.
SHAPES: dict[str, list[tuple[str, str]]] = {
    "chain": [("w1", "w2"), ("w2", "w3")],
    "fork": [("w1", "w2"), ("w1", "w3")],
    "join": [("w1", "w3"), ("w2", "w3")],
    "apart": [("w1", "w2"), ("w3", "w4")],
    "around": [("s", "w"), ("w", "x"), ("s", "x")],
    "around, loud": [("s", "w"), ("w", "f"), ("s", "f")],
    "nothing between": [("s", "x")],
    "nothing between, loud": [("s", "f")],
    "only teardown": [("w", "x")],
    "two teardowns": [("w", "x1"), ("w", "x2")],
    "teardown of a teardown": [("w", "x1"), ("x1", "x2")],
    "loud after quiet": [("w", "x"), ("x", "f")],
    "quiet after loud": [("w", "f"), ("f", "x")],
    "quiet and loud": [("w", "x"), ("w", "f")],
    "work after": [("s", "w1"), ("w1", "x"), ("s", "x"), ("x", "w2")],
    "nested": [("s1", "s2"), ("s2", "w"), ("w", "x2"), ("x2", "x1"), ("s1", "x1"), ("s2", "x2")],
    "two works": [("s", "w1"), ("s", "w2"), ("w1", "x"), ("w2", "x"), ("s", "x")],
    "a setup alone": [("s", "w")],
    "teardowns only": [("x1", "x2")],
}


def tasks_of(shape: str) -> list[str]:
    """Its tasks."""
    return sorted({end for edge in SHAPES[shape] for end in edge})


def ends(shape: str) -> Iterator[dict[str, str]]:
    """Every way its tasks may have ended."""
    names = tasks_of(shape)
    for states in product(STATES, repeat=len(names)):
        yield dict(zip(names, states, strict=True))
