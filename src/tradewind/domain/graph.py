"""Questions about a graph of tasks. A graph is a mapping: id -> ids directly downstream. Pure and iterative."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush

from tradewind.domain.spec import TaskSpec
from tradewind.errors import CycleError

Graph = Mapping[str, Iterable[str]]


def downstream_of(tasks: Iterable[TaskSpec]) -> dict[str, list[str]]:
    """The graph of a DAG's tasks, in the order written."""
    return {task.task_id: list(task.downstream) for task in tasks}


def upstream_of(graph: Graph) -> dict[str, list[str]]:
    """The same edges, turned round."""
    turned: dict[str, list[str]] = {node: [] for node in graph}
    for node, below in graph.items():
        for other in below:
            turned.setdefault(other, []).append(node)
    return turned


def topological_order(graph: Graph) -> list[str]:
    """Every id after all of its upstream ids; among those that are free, the one written first comes first.

    Raises CycleError, which names the circle.
    """
    place = {node: number for number, node in enumerate(_nodes(graph))}
    names = list(place)
    missing = dict.fromkeys(names, 0)
    for node in names:
        for below in set(graph.get(node, ())):
            missing[below] += 1
    free = [place[node] for node in names if not missing[node]]
    heapify(free)
    order: list[str] = []
    while free:
        node = names[heappop(free)]
        order.append(node)
        for below in set(graph.get(node, ())):
            missing[below] -= 1
            if not missing[below]:
                heappush(free, place[below])
    if len(order) < len(names):
        circle = find_cycle(graph) or []
        raise CycleError(
            f"The tasks form a circle: {' >> '.join(circle)}.",
            hint="Remove one of these dependencies (>> or set_upstream).",
        )
    return order


def find_cycle(graph: Graph) -> list[str] | None:
    """A circle as the ids along it, the first repeated at the end (["a", "b", "a"]), or None."""
    on_path: dict[str, None] = {}
    done: set[str] = set()
    for root in _nodes(graph):
        if root in done:
            continue
        stack = [(root, iter(graph.get(root, ())))]
        on_path[root] = None
        while stack:
            node, rest = stack[-1]
            below = next((other for other in rest if other not in done), None)
            if below is None:
                stack.pop()
                on_path.pop(node)
                done.add(node)
            elif below in on_path:
                path = list(on_path)
                return [*path[path.index(below) :], below]
            else:
                on_path[below] = None
                stack.append((below, iter(graph.get(below, ()))))
    return None


def descendants(graph: Graph, *ids: str) -> set[str]:
    """All that can be reached downstream of the given ids, without the ids themselves unless one leads to another."""
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        for below in graph.get(waiting.pop(), ()):
            if below not in found:
                found.add(below)
                waiting.append(below)
    return found


def ancestors(graph: Graph, *ids: str) -> set[str]:
    """All from which the given ids can be reached, without the ids themselves unless one leads to another."""
    return descendants(upstream_of(graph), *ids)


def subset(graph: Graph, ids: Iterable[str], *, upstream: bool = False, downstream: bool = False) -> list[str]:
    """The given ids, with what is above or below them when asked, in the order written."""
    chosen = set(ids)
    wanted = set(chosen)
    if upstream:
        wanted |= ancestors(graph, *chosen)
    if downstream:
        wanted |= descendants(graph, *chosen)
    return [node for node in _nodes(graph) if node in wanted]


def induced(graph: Graph, ids: Iterable[str]) -> dict[str, list[str]]:
    """The part of the graph between the given ids."""
    kept = set(ids)
    return {node: [below for below in graph.get(node, ()) if below in kept] for node in _nodes(graph) if node in kept}


def roots(graph: Graph) -> list[str]:
    """Ids with nothing upstream."""
    return [node for node, above in upstream_of(graph).items() if not above]


def leaves(graph: Graph) -> list[str]:
    """Ids with nothing downstream."""
    return [node for node in _nodes(graph) if not list(graph.get(node, ()))]


def _nodes(graph: Graph) -> dict[str, None]:
    nodes = dict.fromkeys(graph)
    for below in graph.values():
        nodes.update(dict.fromkeys(below))
    return nodes
