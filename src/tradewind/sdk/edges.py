"""Edges between tasks: the ``>>`` family, labels, and the chain helpers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tradewind.sdk.exceptions import AirflowException

if TYPE_CHECKING:
    from tradewind.sdk.base_operator import BaseOperator


class DependencyMixin:
    """Anything that can stand on either side of ``>>``: a task, a group, a result, a label."""

    @property
    def roots(self) -> Sequence[Any]:
        """Tasks an incoming edge leads to."""
        raise NotImplementedError

    @property
    def leaves(self) -> Sequence[Any]:
        """Tasks an outgoing edge starts from."""
        raise NotImplementedError

    def set_downstream(self, other: Any, edge_modifier: Label | None = None) -> None:
        """Make ``other`` (one or a list) run after this."""
        for node in flat(other):
            if isinstance(node, Label):
                node.add_upstream(self)
            else:
                connect(self, node, edge_modifier)

    def set_upstream(self, other: Any, edge_modifier: Label | None = None) -> None:
        """Make ``other`` (one or a list) run before this."""
        for node in flat(other):
            if isinstance(node, Label):
                node.add_downstream(self)
            else:
                connect(node, self, edge_modifier)

    def __rshift__(self, other: Any) -> Any:
        self.set_downstream(other)
        return other

    def __lshift__(self, other: Any) -> Any:
        self.set_upstream(other)
        return other

    def __rrshift__(self, other: Any) -> Any:
        self.set_upstream(other)
        return self

    def __rlshift__(self, other: Any) -> Any:
        self.set_downstream(other)
        return self


class Label(DependencyMixin):
    """A text on the edges it stands between: ``a >> Label("when late") >> b``."""

    def __init__(self, label: str | None = None) -> None:
        self.label = label
        self._before: list[Any] = []
        self._after: list[Any] = []

    @property
    def roots(self) -> Sequence[Any]:
        """What stands behind the label."""
        return [task for node in self._after for task in node.roots]

    @property
    def leaves(self) -> Sequence[Any]:
        """What stands before the label."""
        return [task for node in self._before for task in node.leaves]

    def add_upstream(self, node: Any) -> None:
        """Put ``node`` before the label."""
        self._before.append(node)
        for after in self._after:
            connect(node, after, self)

    def add_downstream(self, node: Any) -> None:
        """Put ``node`` behind the label."""
        self._after.append(node)
        for before in self._before:
            connect(before, node, self)

    def set_downstream(self, other: Any, edge_modifier: Label | None = None) -> None:
        """Lead the labelled edges to ``other``."""
        for node in flat(other):
            self.add_downstream(node)

    def set_upstream(self, other: Any, edge_modifier: Label | None = None) -> None:
        """Let the labelled edges start at ``other``."""
        for node in flat(other):
            self.add_upstream(node)


#: The name of the class in Airflow; ``Label`` is its factory there.
EdgeModifier = Label


def flat(thing: Any) -> Iterator[Any]:
    """The nodes in a node or in (nested) lists, tuples and sets of nodes."""
    if isinstance(thing, DependencyMixin):
        yield thing
    elif isinstance(thing, Iterable) and not isinstance(thing, (str, bytes)):
        for item in thing:
            yield from flat(item)
    else:
        raise AirflowException(
            f"Relationships can only be set between tasks, task groups, task results and labels; received {thing!r} "
            f"of type {type(thing).__name__}."
        )


def connect(before: Any, after: Any, label: Label | None = None) -> None:
    """Add an edge from every leaf of ``before`` to every root of ``after``."""
    for upstream in before.leaves:
        for downstream in after.roots:
            connect_tasks(upstream, downstream, label)
    for node, other, side in ((before, after, "down"), (after, before, "up")):
        note = getattr(node, "note_edge", None)
        if note is not None:
            note(other, side)


def connect_tasks(upstream: BaseOperator, downstream: BaseOperator, label: Label | None = None) -> None:
    """Add one edge; the same edge twice is one edge. Both tasks must belong to one DAG."""
    dag = upstream.get_dag() or downstream.get_dag()
    if dag is None:
        raise AirflowException(
            f"Tried to create relationships between tasks that don't have DAGs yet: {upstream.task_id!r} and "
            f"{downstream.task_id!r}. Give them a DAG first, for instance with `with DAG(...):`."
        )
    for task in (upstream, downstream):
        if task.get_dag() is None:
            task.dag = dag
        elif task.get_dag() is not dag:
            raise AirflowException(
                f"Tried to set relationships between tasks in more than one DAG: {upstream.task_id!r} of "
                f"{upstream.dag_id!r} and {downstream.task_id!r} of {downstream.dag_id!r}. Use an "
                f"ExternalTaskSensor or a TriggerDagRunOperator between DAGs."
            )
    upstream.downstream_task_ids.add(downstream.task_id)
    downstream.upstream_task_ids.add(upstream.task_id)
    if label is not None and label.label:
        dag.edge_labels[(upstream.task_id, downstream.task_id)] = label.label


def chain(*tasks: Any) -> None:
    """Put tasks one after the other; two neighbouring lists of equal length are joined pairwise."""
    for before, after in pairwise(tasks):
        if isinstance(before, DependencyMixin):
            before.set_downstream(after)
        elif isinstance(after, DependencyMixin):
            after.set_upstream(before)
        else:
            left, right = list(before), list(after)
            if len(left) != len(right):
                raise AirflowException(
                    f"Chain not supported for different length Iterable. Got {len(left)} and {len(right)}; "
                    f"cross_downstream joins all with all."
                )
            for one, other in zip(left, right, strict=True):
                one.set_downstream(other)


def cross_downstream(from_tasks: Sequence[Any], to_tasks: Any) -> None:
    """Make every task of the second list run after every task of the first."""
    for task in from_tasks:
        task.set_downstream(to_tasks)


def chain_linear(*elements: Any) -> None:
    """Put elements one after the other; neighbouring lists are joined all with all. Empty lists are left out."""
    kept = [element for element in elements if list(flat(element))]
    if len(kept) < 2:
        raise ValueError("No dependencies were set. Did you forget to expand with `*`?")
    for before, after in pairwise(kept):
        for node in flat(before):
            node.set_downstream(after)


def task_place(task: Any) -> str:
    """A few words that find the task for a person."""
    line = getattr(task, "line", None)
    return f"{task.task_id!r}" + (f" (line {line})" if line else "")
