"""Order, reach and circles of task graphs."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.domain import graph
from tradewind.errors import CycleError

DIAMOND = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": ["e"], "e": []}


def test_order_puts_upstream_first_and_keeps_the_order_written() -> None:
    assert graph.topological_order({"z": ["y"], "m": ["y"], "y": [], "a": []}) == ["z", "m", "y", "a"]
    assert graph.topological_order(DIAMOND) == ["a", "b", "c", "d", "e"]


def test_reach_in_both_directions() -> None:
    assert graph.descendants(DIAMOND, "b") == {"d", "e"}
    assert graph.ancestors(DIAMOND, "d") == {"a", "b", "c"}
    assert graph.subset(DIAMOND, ["c"], upstream=True) == ["a", "c"]
    assert graph.subset(DIAMOND, ["c"], downstream=True) == ["c", "d", "e"]
    assert graph.roots(DIAMOND) == ["a"]
    assert graph.leaves(DIAMOND) == ["e"]
    assert graph.induced(DIAMOND, ["a", "b", "e"]) == {"a": ["b"], "b": [], "e": []}


def test_a_circle_is_named_along_its_path() -> None:
    circle = {"a": ["b"], "b": ["c"], "c": ["d", "b"], "d": []}

    assert graph.find_cycle(circle) == ["b", "c", "b"]
    assert graph.find_cycle({"a": ["a"]}) == ["a", "a"]
    assert graph.find_cycle(DIAMOND) is None
    with pytest.raises(CycleError, match="b >> c >> b"):
        graph.topological_order(circle)


def test_a_chain_of_many_thousands_needs_no_recursion() -> None:
    chain = {str(number): [str(number + 1)] for number in range(20_000)}

    assert graph.find_cycle(chain) is None
    assert len(graph.topological_order(chain)) == 20_001
    assert graph.find_cycle({**chain, "20000": ["0"]}) is not None


edges = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40)


@given(edges)
def test_a_graph_has_an_order_or_a_circle_never_both(pairs: list[tuple[int, int]]) -> None:
    made: dict[str, list[str]] = {str(number): [] for number in range(13)}
    for one, two in pairs:
        made[str(one)].append(str(two))
    circle = graph.find_cycle(made)
    if circle is None:
        order = graph.topological_order(made)
        assert sorted(order) == sorted(made)
        assert all(order.index(str(one)) < order.index(str(two)) for one, two in pairs)
        assert all(str(one) not in graph.descendants(made, str(one)) for one, _ in pairs)
    else:
        assert circle[0] == circle[-1]
        assert all(two in made[one] for one, two in pairwise(circle))
        with pytest.raises(CycleError):
            graph.topological_order(made)
