"""How a task that succeeded says which tasks below it shall be skipped."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from tradewind.errors import did_you_mean
from tradewind.sdk.exceptions import AirflowException, DownstreamTasksSkipped

log = logging.getLogger("airflow.task")


def skip_rest(task: Any, chosen: Any, value: Any) -> None:
    """Follow only the chosen direct downstream tasks (ids of tasks or groups). Raises when one is not downstream."""
    follow = branch_targets(task, chosen)
    log.info("Following branch %s", sorted(follow))
    skipped = [
        name for name in sorted(task.downstream_task_ids) if name not in follow and not _below(task, name, follow)
    ]
    log.info("Skipping tasks %s", skipped)
    raise_skips(skipped, value)


def _below(task: Any, name: str, follow: set[str]) -> bool:
    """Whether a chosen task leads to this one, which then must not be skipped here."""
    dag = task.dag
    return any(name in dag.get_task(one).get_flat_relative_ids(upstream=False) for one in follow)


def branch_targets(task: Any, chosen: Any) -> set[str]:
    """The direct downstream ids a branch value means."""
    if chosen is None:
        return set()
    names: Iterable[Any] = [chosen] if isinstance(chosen, str) else chosen
    if not isinstance(names, Iterable):
        raise AirflowException(
            f"'branch_task_ids' must be either None, a task ID, or an Iterable of IDs, but got {type(chosen).__name__!r}."
        )
    found: set[str] = set()
    dag = task.dag
    for name in names:
        if not isinstance(name, str):
            raise AirflowException(f"'branch_task_ids' expected all task IDs are strings. Invalid: {name!r}.")
        meant = in_own_group(task, name)
        if meant in dag.task_dict:
            if meant not in task.downstream_task_ids and meant not in task.get_flat_relative_ids(upstream=False):
                below = ", ".join(repr(each) for each in sorted(task.downstream_task_ids)) or "nothing"
                raise AirflowException(
                    f"Branch {task.task_id!r} chose {meant!r}, which is not downstream of it. Downstream: {below}. "
                    f"Write {task.task_id} >> {meant}, or return one of those."
                )
            found.add(meant)
        elif meant in dag.task_group_dict:
            found.update(first.task_id for first in dag.task_group_dict[meant].roots)
        else:
            known = [*dag.task_dict, *dag.task_group_dict]
            raise AirflowException(
                f"'branch_task_ids' must contain only valid task_ids. Invalid tasks found: {{{name!r}}}. {did_you_mean(name, known) or ''}"
            )
    return found


def in_own_group(task: Any, name: str) -> str:
    """The id a name means: first of a task or group beside the branch in its own group, else as it stands."""
    group = task.task_group
    near = f"{group.child_prefix}{name}" if group is not None and not group.is_root else name
    dag = task.dag
    return near if near in dag.task_dict or near in dag.task_group_dict else name


def raise_skips(task_ids: list[str], value: Any = None, *, hard: bool = False) -> None:
    """End the task as a success with these tasks skipped; ``hard``: everything below, whatever its rule."""
    error = DownstreamTasksSkipped(tasks=task_ids)
    error.value = value  # type: ignore[attr-defined]
    error.facts = {"skip_downstream": task_ids, "skip_hard": hard}  # type: ignore[attr-defined]
    raise error


class SkipMixin:
    """For operators that skip tasks themselves."""

    def skip(self, _dag_run: Any = None, _date: Any = None, tasks: Iterable[Any] = (), *_: Any, **__: Any) -> None:
        """Skip these direct downstream tasks; the task ends here."""
        ids = [task if isinstance(task, str) else task.task_id for task in tasks]
        if ids:
            raise_skips(ids)

    def skip_all_except(self, ti: Any, branch_task_ids: Any) -> None:
        """Follow only these."""
        skip_rest(ti.task, branch_task_ids, branch_task_ids)
