"""Task groups: folders of tasks in the graph, with a prefix for ids and defaults of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from tradewind.sdk import scope
from tradewind.sdk.edges import DependencyMixin
from tradewind.sdk.exceptions import AirflowException, DuplicateTaskIdFound, TaskAlreadyInTaskGroup
from tradewind.sdk.task_arguments import check_key

if TYPE_CHECKING:
    from tradewind.sdk.base_operator import BaseOperator
    from tradewind.sdk.dag import DAG


class TaskGroup(DependencyMixin):
    """A named collection of tasks and groups. ``prefix_group_id=False`` leaves task ids as they are."""

    def __init__(
        self,
        group_id: str | None = None,
        prefix_group_id: bool = True,
        parent_group: TaskGroup | None = None,
        dag: DAG | None = None,
        default_args: dict[str, Any] | None = None,
        tooltip: str = "",
        ui_color: str = "CornflowerBlue",
        ui_fgcolor: str = "#000",
        add_suffix_on_collision: bool = False,
        group_display_name: str = "",
    ) -> None:
        self.prefix_group_id, self.default_args, self.tooltip = prefix_group_id, dict(default_args or {}), tooltip
        self.ui_color, self.ui_fgcolor = ui_color, ui_fgcolor
        self.children: dict[str, Any] = {}
        self.map_inputs: Any = None  #: an ExpandInput when the group is mapped
        self.is_root = group_id is None
        self.file, self.line = scope.authors_place()
        self._before: list[Any] = []
        self._after: list[Any] = []
        self.task_group: TaskGroup | None = None
        if group_id is None:
            assert dag is not None, "the root group is made by its DAG"
            self.dag: DAG = dag
            self.group_id, self.label = "", ""
            return
        if not isinstance(group_id, str):
            raise ValueError("group_id must be str")
        if not group_id:
            raise ValueError("group_id must not be empty")
        owner = parent_group.dag if parent_group is not None else (dag or scope.current_dag())
        if owner is None:
            raise RuntimeError("TaskGroup can only be used inside a dag: `with DAG(...):` or dag=...")
        self.dag = owner
        here = scope.current_group()
        parent = parent_group or (here if here is not None and here.dag is owner else owner.task_group)
        self.task_group = parent
        self.label = group_display_name or group_id
        full = check_key(parent.child_prefix + group_id, "group_id")
        if add_suffix_on_collision:
            full = owner.free_id(full)
            self.label = group_display_name or full.removeprefix(parent.child_prefix)
        self.group_id = full
        owner.add_group(self)
        parent.children[full] = self

    @property
    def child_prefix(self) -> str:
        """What ids of children start with."""
        if self.is_root:
            return ""
        if self.prefix_group_id:
            return f"{self.group_id}."
        return self.task_group.child_prefix if self.task_group is not None else ""

    @property
    def parent_group(self) -> TaskGroup | None:
        """The group around it."""
        return self.task_group

    @property
    def node_id(self) -> str:
        """Its id."""
        return self.group_id

    def child_id(self, label: str) -> str:
        """The full id of a child of that short id."""
        return self.child_prefix + label

    def all_default_args(self) -> dict[str, Any]:
        """Defaults of this group over those of the groups around it."""
        around = self.task_group.all_default_args() if self.task_group is not None else {}
        return {**around, **self.default_args}

    def add(self, task: Any) -> Any:
        """Take a task in."""
        if task.task_group is not None and task.task_group is not self and not task.task_group.is_root:
            raise TaskAlreadyInTaskGroup(task.task_id, task.task_group.group_id, self.group_id)
        if self.children.get(task.task_id, task) is not task:
            raise DuplicateTaskIdFound(
                f"Task id '{task.task_id}' has already been added to the DAG", file=task.file, line=task.line
            )
        if task.task_group is not None:
            task.task_group.children.pop(task.task_id, None)
        self.children[task.task_id] = task
        task.task_group = self
        for node in self._before:
            node.set_downstream(task)
        for node in self._after:
            node.set_upstream(task)
        return task

    def note_edge(self, other: Any, side: str) -> None:
        """An edge set while the group was empty holds for tasks that come in later."""
        if not any(True for _ in self.iter_tasks()):
            (self._after if side == "down" else self._before).append(other)

    def iter_tasks(self) -> Iterator[BaseOperator]:
        """Every task inside, at any depth, in the order written."""
        for child in self.children.values():
            if isinstance(child, TaskGroup):
                yield from child.iter_tasks()
            else:
                yield child

    def __iter__(self) -> Iterator[BaseOperator]:
        return self.iter_tasks()

    def has_task(self, task: BaseOperator) -> bool:
        """Whether the task is inside."""
        return any(task is one for one in self.iter_tasks())

    def get_child_by_label(self, label: str) -> Any:
        """The child of that short id."""
        return self.children[self.child_id(label)]

    def iter_mapped_groups(self) -> Iterator[TaskGroup]:
        """Mapped groups around, this one included, innermost first."""
        group: TaskGroup | None = self
        while group is not None:
            if group.map_inputs is not None:
                yield group
            group = group.task_group

    @property
    def roots(self) -> list[Any]:
        """Tasks without an upstream task in the group."""
        inside = list(self.iter_tasks())
        ids = {task.task_id for task in inside}
        return [task for task in inside if not task.upstream_task_ids & ids]

    @property
    def leaves(self) -> list[Any]:
        """Tasks without a downstream task in the group; teardown tasks do not count, what is before them does."""
        inside = list(self.iter_tasks())
        work = [task for task in inside if not task.is_teardown] or inside
        ids = {task.task_id for task in work}
        ends = [task for task in work if not task.downstream_task_ids & ids]
        return [task for task in ends if not task.is_setup] or ends

    def get_roots(self) -> Iterator[Any]:
        """As ``roots``."""
        return iter(self.roots)

    def get_leaves(self) -> Iterator[Any]:
        """As ``leaves``."""
        return iter(self.leaves)

    def __enter__(self) -> Self:
        scope.groups.append(self)
        scope.dags.append(self.dag)
        return self

    def __exit__(self, *_: object) -> None:
        if scope.dags:
            scope.dags.pop()
        if not scope.groups or scope.groups[-1] is not self:
            raise AirflowException(f"Task group {self.group_id!r} was closed out of order.")
        scope.groups.pop()

    def __repr__(self) -> str:
        return f"<TaskGroup: {self.group_id}>"
