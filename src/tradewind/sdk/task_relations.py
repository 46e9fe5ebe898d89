"""The neighbours of a task."""

from __future__ import annotations

from typing import Any


class TaskRelations:
    """Upstream and downstream tasks, direct and at any depth."""

    dag: Any
    task_id: str
    upstream_task_ids: set[str]
    downstream_task_ids: set[str]

    @property
    def upstream_list(self) -> list[Any]:
        """Direct upstream tasks."""
        return [self.dag.get_task(task_id) for task_id in sorted(self.upstream_task_ids)]

    @property
    def downstream_list(self) -> list[Any]:
        """Direct downstream tasks."""
        return [self.dag.get_task(task_id) for task_id in sorted(self.downstream_task_ids)]

    def get_flat_relative_ids(self, upstream: bool = False) -> set[str]:
        """Ids of all tasks below (or above) this one."""
        dag, seen, todo = self.dag, set[str](), [self.task_id]
        while todo:
            task = dag.task_dict[todo.pop()]
            fresh = (task.upstream_task_ids if upstream else task.downstream_task_ids) - seen
            seen |= fresh
            todo.extend(fresh)
        return seen

    def get_flat_relatives(self, upstream: bool = False) -> list[Any]:
        """All tasks below (or above) this one."""
        return [self.dag.get_task(task_id) for task_id in sorted(self.get_flat_relative_ids(upstream))]

    def get_direct_relative_ids(self, upstream: bool = False) -> set[str]:
        """Ids of the direct neighbours."""
        return self.upstream_task_ids if upstream else self.downstream_task_ids

    def get_direct_relatives(self, upstream: bool = False) -> list[Any]:
        """The direct neighbours."""
        return self.upstream_list if upstream else self.downstream_list
