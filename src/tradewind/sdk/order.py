"""Order of the tasks of a DAG; the circle when there is one; parts of a DAG."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from tradewind.errors import CycleError
from tradewind.sdk.exceptions import AirflowDagCycleException

if TYPE_CHECKING:
    from tradewind.sdk.dag import DAG


def in_order(dag: DAG) -> list[Any]:
    """Tasks such that each comes after its upstream tasks; among free ones, as written. CycleError with the circle."""
    tasks = dag.task_dict
    place = {task_id: number for number, task_id in enumerate(tasks)}
    open_count = {task_id: len(task.upstream_task_ids) for task_id, task in tasks.items()}
    ready = [task_id for task_id in tasks if not open_count[task_id]]
    ordered: list[Any] = []
    for task_id in ready:  # grows while it is walked
        task = tasks[task_id]
        ordered.append(task)
        for below in sorted(task.downstream_task_ids, key=place.__getitem__):
            open_count[below] -= 1
            if not open_count[below]:
                ready.append(below)
    if len(ordered) != len(tasks):
        raise circle_error(dag, {task_id for task_id, count in open_count.items() if count})
    return ordered


def circle_error(dag: DAG, stuck: set[str]) -> CycleError:
    """The error for tasks that form (or hang below) a circle."""
    path = _circle(dag, stuck)
    first = dag.task_dict[path[0]]
    return CycleError(
        f"{_ends(path)}. DAG {dag.dag_id!r} has a cycle: {' >> '.join([*path, path[0]])}.",
        file=dag.fileloc or first.file,
        line=first.line,
        hint="Remove one of these dependencies.",
    )


def _circle(dag: DAG, stuck: set[str]) -> list[str]:
    here = min(stuck, key=list(dag.task_dict).index)
    seen: dict[str, int] = {}
    path: list[str] = []
    while here not in seen:
        seen[here] = len(path)
        path.append(here)
        # Every stuck task waits for a stuck task, so walking upstream must come back to itself.
        here = next(above for above in sorted(dag.task_dict[here].upstream_task_ids) if above in stuck)
    circle = list(reversed(path[seen[here] :]))
    written_first = circle.index(min(circle, key=list(dag.task_dict).index))
    return circle[written_first:] + circle[:written_first]


def _ends(path: list[str]) -> str:
    """The edge that closes the circle, in Airflow's words."""
    return f"Cycle detected in DAG. Faulty task: {path[-1]} to {path[0]}"


def check_cycle(dag: Any) -> bool:
    """False. AirflowDagCycleException, which names both ends, when the tasks form a circle."""
    try:
        in_order(dag)
    except CycleError as error:
        raise AirflowDagCycleException(str(error.message)) from None
    return False


#: Its name in Airflow 2.
test_cycle = check_cycle


def subset(dag: DAG, wanted: Any, downstream: bool, upstream: bool) -> DAG:
    """A copy with the matching tasks (text: a regular expression on ids) and, as asked, those below and above."""
    if isinstance(wanted, str):
        matched = {task_id for task_id in dag.task_dict if re.search(wanted, task_id)}
    else:
        matched = set(wanted) & set(dag.task_dict)
    kept = set(matched)
    for task_id in matched:
        task = dag.task_dict[task_id]
        if downstream:
            kept |= task.get_flat_relative_ids(upstream=False)
        if upstream:
            kept |= task.get_flat_relative_ids(upstream=True)
    part = copy.copy(dag)
    part.task_dict = {}
    for task_id, task in dag.task_dict.items():
        if task_id in kept:
            twin = copy.copy(task)
            twin._dag = part
            twin.upstream_task_ids = task.upstream_task_ids & kept
            twin.downstream_task_ids = task.downstream_task_ids & kept
            part.task_dict[task_id] = twin
    part.partial = len(part.task_dict) < len(dag.task_dict)
    return part
