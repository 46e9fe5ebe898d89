"""Which tasks a clear touches, and which a branch skips, in small DAGs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from tests.differential.cases import outcomes, rules

#: Letters as in outcomes: w and t work, s setups, x and f teardowns.
SHAPES: dict[str, list[tuple[str, str]]] = {
    **outcomes.SHAPES,
    **{f"rules: {name}": edges for name, edges in rules.SHAPES.items()},
    "crossed": [("s1", "w1"), ("w1", "x1"), ("s1", "x1"), ("s2", "w1"), ("s2", "w2"), ("w2", "x2"), ("s2", "x2"), ("w1", "x2")],
    "in a row": [("s1", "w1"), ("w1", "x1"), ("s1", "x1"), ("x1", "s2"), ("s2", "w2"), ("w2", "x2"), ("s2", "x2")],
    "diamond": [("w1", "w2"), ("w1", "w3"), ("w2", "w4"), ("w3", "w4")],
    "setup in the middle": [("w1", "s"), ("s", "w2"), ("w2", "x"), ("s", "x"), ("w2", "w3")],
}  # fmt: skip
#: A branch b, and what lies below it.
BRANCHES: dict[str, list[tuple[str, str]]] = {
    "two arms": [("b", "a1"), ("b", "a2")],
    "joined": [("b", "a1"), ("b", "a2"), ("a1", "j"), ("a2", "j")],
    "empty arm": [("b", "a1"), ("b", "j"), ("a1", "j")],
    "long arm": [("b", "a1"), ("a1", "a2"), ("a2", "j"), ("b", "j"), ("b", "c")],
    "crossed arms": [("b", "a1"), ("b", "a2"), ("b", "a3"), ("a1", "a3"), ("a3", "a2")],
    "chain": [("b", "a1"), ("a1", "a2")],
}


def tasks_of(edges: list[tuple[str, str]]) -> list[str]:
    """The tasks of a shape."""
    return sorted({end for edge in edges for end in edge})


def kind_of(name: str) -> str:
    """work, setup, teardown or loud teardown."""
    return {"s": "setup", "x": "teardown", "f": "loud"}.get(name[0], "work")


def clears(shape: str) -> Iterator[tuple[str, list[str], bool, bool]]:
    """(name, tasks, upstream, downstream) of one task and of two."""
    names = tasks_of(SHAPES[shape])
    for chosen in [*combinations(names, 1), *combinations(names, 2)]:
        for upstream in (False, True):
            for downstream in (False, True):
                mark = f"{'<' if upstream else ''}{'+'.join(chosen)}{'>' if downstream else ''}"
                yield mark, list(chosen), upstream, downstream


def choices(shape: str) -> Iterator[list[str]]:
    """What the branch may return: nothing, one or two of the tasks below it."""
    names = [name for name in tasks_of(BRANCHES[shape]) if name != "b"]
    for size in range(3):
        for chosen in combinations(names, size):
            yield list(chosen)
