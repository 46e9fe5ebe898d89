"""``DAG``: a set of tasks, their order, and when they run."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from tradewind.errors import did_you_mean
from tradewind.sdk import moments, scope
from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.dag_doors import DagDoors
from tradewind.sdk.exceptions import AirflowException, DuplicateTaskIdFound, TaskNotFound
from tradewind.sdk.group import TaskGroup
from tradewind.sdk.params import DagParam, ParamsDict
from tradewind.sdk.schedule import Schedule, chosen_schedule
from tradewind.sdk.task_arguments import check_key, mapping, moment_of

#: Old spellings: name -> what to write now ("" = it means nothing any more).
_OLD = {
    "full_filepath": "",
    "default_view": "",
    "orientation": "",
    "sla_miss_callback": "",
    "email": "",  # for its tasks
    "fail_stop": "fail_fast",
    "concurrency": "max_active_tasks",
}
_POSITIONAL = ("description", "schedule", "start_date", "end_date")
_UNSET: Any = object()


class DAG(DagDoors):
    """A workflow. Use it as a context manager: operators made inside the block belong to it."""

    def __init__(
        self,
        dag_id: str,
        *positional: Any,
        description: str | None = None,
        schedule: Any = _UNSET,
        schedule_interval: Any = _UNSET,
        timetable: Any = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        template_searchpath: str | Iterable[str] | None = None,
        template_undefined: Any = None,
        user_defined_macros: dict[str, Any] | None = None,
        user_defined_filters: dict[str, Callable[..., Any]] | None = None,
        default_args: dict[str, Any] | None = None,
        max_active_tasks: int | None = None,
        max_active_runs: int | None = None,
        max_consecutive_failed_dag_runs: int = 0,
        dagrun_timeout: timedelta | None = None,
        queue_timeout: timedelta | None = None,
        overlap: str = "queue",
        catchup: bool | timedelta | None = None,
        on_success_callback: Any = None,
        on_failure_callback: Any = None,
        on_execute_callback: Any = None,
        doc_md: str | None = None,
        params: Any = None,
        access_control: dict[str, Any] | None = None,
        is_paused_upon_creation: bool | None = None,
        jinja_environment_kwargs: dict[str, Any] | None = None,
        render_template_as_native_obj: bool = False,
        tags: Collection[str] | None = None,
        owner_links: dict[str, str] | None = None,
        auto_register: bool = True,
        fail_fast: bool = False,
        dag_display_name: str | None = None,
        deadline: Any = None,
        allowed_run_types: Any = None,
        disable_bundle_versioning: bool = False,
        isolation: str | None = None,
        backfill_intervals_per_run: int | str = 1,
        team: str | None = None,
        **old: Any,
    ) -> None:
        self.dag_id = check_key(dag_id, "dag_id")
        self.file, self.line = scope.authors_place()
        if positional:
            named = dict(zip(_POSITIONAL, positional, strict=False))
            description, schedule = named.get("description", description), named.get("schedule", schedule)
            start_date, end_date = named.get("start_date", start_date), named.get("end_date", end_date)
        old, old_given = self._accept_old(old), old
        self.default_args: dict[str, Any] = mapping(default_args, f"default_args of DAG {dag_id!r}")
        if old_email := old_given.get("email"):
            self.default_args.setdefault("email", old_email)
        self.params = ParamsDict(params)
        for name, value in (self.default_args.pop("params", None) or {}).items():
            self.params.setdefault(name, value)
        self.description, self.doc_md = description, self._read_doc(doc_md)
        self.start_date = moment_of(self, "start_date", start_date)
        self.end_date = moment_of(self, "end_date", end_date)
        self.timezone_name = moments.zone_name(self.start_date) or moments.default_zone_name()
        given = [x for x in (schedule, schedule_interval, timetable or _UNSET) if x is not _UNSET]
        if len(given) > 1:
            raise AirflowException("At most one allowed for args 'schedule', 'schedule_interval' and 'timetable'.")
        if schedule_interval is not _UNSET:
            scope.deprecated("DAG: schedule_interval is spelled schedule now.")
        self.schedule: Any = given[0] if given else None
        self._schedule: Schedule = chosen_schedule(self.schedule, self.timezone_name, dag_id)
        self.template_searchpath = (
            [template_searchpath] if isinstance(template_searchpath, (str, Path)) else list(template_searchpath or [])
        )
        self.template_undefined, self.jinja_environment_kwargs = template_undefined, jinja_environment_kwargs
        self.user_defined_macros, self.user_defined_filters = user_defined_macros, user_defined_filters
        self.render_template_as_native_obj = render_template_as_native_obj
        self.max_active_tasks: int | None = old.get("max_active_tasks", max_active_tasks)
        self.max_active_runs, self.max_consecutive_failed_dag_runs = max_active_runs, max_consecutive_failed_dag_runs
        self.dagrun_timeout, self.queue_timeout = dagrun_timeout, queue_timeout
        self.catchup, self.overlap = catchup, overlap
        self.on_success_callback, self.on_failure_callback = on_success_callback, on_failure_callback
        self.on_execute_callback = on_execute_callback
        self.access_control, self.is_paused_upon_creation = access_control, is_paused_upon_creation
        self.tags, self.owner_links = set(_tags(tags)), owner_links or {}
        self.auto_register, self.fail_fast = auto_register, bool(old.get("fail_fast", fail_fast))
        self.dag_display_name, self.deadline, self.allowed_run_types = (
            dag_display_name or dag_id,
            deadline,
            allowed_run_types,
        )
        self.backfill_intervals_per_run = backfill_intervals_per_run
        self.disable_bundle_versioning, self.isolation, self.team = disable_bundle_versioning, isolation, team
        self.fileloc: str = scope.loading_file or self.file or ""
        self.task_dict: dict[str, BaseOperator] = {}
        self.task_group_dict: dict[str, TaskGroup] = {}
        self.edge_labels: dict[tuple[str, str], str] = {}
        self.task_group = TaskGroup(None, dag=self)
        self.partial = False
        self.bundle = "dags-folder"

    def _accept_old(self, old: dict[str, Any]) -> dict[str, Any]:
        unknown = [name for name in old if name not in _OLD]
        if unknown:
            known = set(inspect.signature(DAG.__init__).parameters) | set(_OLD)
            guesses = [g for g in (did_you_mean(n, known - {"self", "old", "positional"}) for n in unknown) if g]
            raise AirflowException(
                f"DAG {self.dag_id!r} got unknown arguments {unknown}." + "".join(" " + g for g in guesses)
            )
        values = {}
        for name, value in old.items():
            now = _OLD[name]
            if now:
                scope.deprecated(f"DAG: {name} is spelled {now} now.")
                values[now] = value
        self.sla_miss_callback = old.get("sla_miss_callback")
        self.default_view, self.orientation = old.get("default_view", "grid"), old.get("orientation", "LR")
        return values

    def _read_doc(self, doc_md: str | None) -> str | None:
        if doc_md is None or not doc_md.endswith(".md") or "\n" in doc_md:
            return doc_md
        folder = Path(scope.loading_file or self.file or "").parent
        found = next((p for p in (Path(doc_md), folder / doc_md) if p.is_file()), None)
        return found.read_text(encoding="utf-8") if found is not None else doc_md

    # -- schedule

    @property
    def schedule_interval(self) -> Any:
        """The schedule as written."""
        return self.schedule

    @property
    def timetable(self) -> Any:
        """The timetable object the author gave, or what describes the schedule."""
        return self._schedule.timetable or self._schedule

    @property
    def timetable_summary(self) -> str:
        """What people read."""
        return self._schedule.spec.summary

    @property
    def timezone(self) -> Any:
        """The zone its schedule follows."""
        return moments.zone(self.timezone_name)

    @property
    def normalized_schedule_interval(self) -> Any:
        """The schedule with presets spelled out."""
        return self._schedule.spec.args.get("expression", self.schedule)

    def following_schedule(self, dttm: datetime) -> Any:
        """Start of the interval after the one that starts at ``dttm``; None when nothing is scheduled."""
        return moments.stamp(self._schedule.following(moments.aware(dttm)))

    def previous_schedule(self, dttm: datetime) -> Any:
        """Start of the interval before ``dttm``; None when nothing is scheduled."""
        return moments.stamp(self._schedule.previous(moments.aware(dttm)))

    # -- tasks

    def add_task(self, task: BaseOperator, group: TaskGroup | None = None) -> None:
        """Take a task in. DuplicateTaskIdFound when its id is in use."""
        known = self.task_dict.get(task.task_id)
        if (known is not None and known is not task) or task.task_id in self.task_group_dict:
            raise DuplicateTaskIdFound(
                f"Task id '{task.task_id}' has already been added to the DAG", file=task.file, line=task.line
            )
        self.task_dict[task.task_id] = task
        task._dag = self
        if task.task_group is None:
            inner = scope.current_group()
            (group or (inner if inner is not None and inner.dag is self else self.task_group)).add(task)
        if self.start_date is not None and task.start_date is not None and task.start_date < self.start_date:
            task.start_date = self.start_date
        if self.end_date is not None and (task.end_date is None or task.end_date > self.end_date):
            task.end_date = self.end_date
        if task.start_date is None:
            task.start_date = self.start_date

    def add_tasks(self, tasks: Iterable[BaseOperator]) -> None:
        """Take tasks in."""
        for task in tasks:
            self.add_task(task)

    def add_group(self, group: TaskGroup) -> None:
        """Take a group in. DuplicateTaskIdFound when its id is in use."""
        if group.group_id in self.task_group_dict or group.group_id in self.task_dict:
            raise DuplicateTaskIdFound(
                f"group_id '{group.group_id}' has already been added to the DAG", file=group.file, line=group.line
            )
        self.task_group_dict[group.group_id] = group

    def free_id(self, wanted: str) -> str:
        """``wanted``, or ``wanted__1``, ``wanted__2`` ... whichever no task or group has."""
        number, name = 0, wanted
        while name in self.task_dict or name in self.task_group_dict:
            number += 1
            name = f"{wanted}__{number}"
        return name

    def get_task(self, task_id: str, include_subdags: bool = False) -> Any:
        """The task of that id. TaskNotFound with a guess otherwise."""
        try:
            return self.task_dict[task_id]
        except KeyError:
            guess = did_you_mean(task_id, self.task_dict)
            raise TaskNotFound(f"Task {task_id} not found in DAG {self.dag_id}. {guess or ''}".strip()) from None

    def has_task(self, task_id: str) -> bool:
        """Whether a task of that id exists."""
        return task_id in self.task_dict

    @property
    def tasks(self) -> list[Any]:
        """All tasks, in the order written."""
        return list(self.task_dict.values())

    @property
    def task_ids(self) -> list[str]:
        """Their ids."""
        return list(self.task_dict)

    @property
    def task_count(self) -> int:
        """How many."""
        return len(self.task_dict)

    @property
    def roots(self) -> list[Any]:
        """Tasks without upstream tasks."""
        return [task for task in self.tasks if not task.upstream_task_ids]

    @property
    def leaves(self) -> list[Any]:
        """Tasks without downstream tasks."""
        return [task for task in self.tasks if not task.downstream_task_ids]

    def topological_sort(self, include_subdag_tasks: bool = False) -> tuple[Any, ...]:
        """Tasks such that each comes after its upstream tasks."""
        from tradewind.sdk.order import in_order  # noqa: PLC0415  order knows DAGs, not the reverse

        return tuple(in_order(self))

    def partial_subset(
        self, task_ids_or_regex: Any, include_downstream: bool = False, include_upstream: bool = True, **_: Any
    ) -> DAG:
        """A DAG of the matching tasks and, as asked, those above and below."""
        from tradewind.sdk.order import subset  # noqa: PLC0415  order knows DAGs, not the reverse

        return subset(self, task_ids_or_regex, include_downstream, include_upstream)

    def param(self, name: str, default: Any = _UNSET) -> DagParam:
        """A param as a value tasks can take."""
        return DagParam(self, name) if default is _UNSET else DagParam(self, name, default)

    @property
    def owner(self) -> str:
        """Owners of the tasks."""
        return ", ".join(sorted({task.owner for task in self.tasks}))

    @property
    def filepath(self) -> str:
        """The file it was written in."""
        return self.fileloc

    @property
    def folder(self) -> str:
        """The folder of that file."""
        return str(Path(self.fileloc).parent)

    @property
    def concurrency(self) -> int | None:
        """Older name of max_active_tasks."""
        return self.max_active_tasks

    @property
    def subdags(self) -> list[Any]:
        """None here; groups took their place."""
        return []

    @property
    def fail_stop(self) -> bool:
        """Older name of fail_fast."""
        return self.fail_fast

    def iter_groups(self) -> Iterator[TaskGroup]:
        """Every group but the root one."""
        return iter(self.task_group_dict.values())

    # -- doors

    def __enter__(self) -> Self:
        scope.dags.append(self)
        scope.groups.append(self.task_group)
        return self

    def __exit__(self, *_: object) -> None:
        scope.groups.pop()
        scope.dags.pop()
        self.register()

    def register(self) -> None:
        """Make it found although no global name may hold it."""
        if self.auto_register and scope.registered is not None and self not in scope.registered:
            scope.registered.append(self)

    def __repr__(self) -> str:
        return f"<DAG: {self.dag_id}>"


def _tags(tags: Any) -> list[str]:
    if tags is None:
        return []
    if isinstance(tags, str):
        raise AirflowException("tags must be a list of names, not one text: write tags=['name'].")
    return [str(tag) for tag in tags]


def make_dag_decorator(dag_id: str, signature_kwargs: dict[str, Any]) -> Callable[[Callable[..., Any]], Any]:
    """The decorator behind ``@dag(...)``."""

    def wrap(function: Callable[..., Any]) -> Callable[..., DAG]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def factory(*args: Any, **kwargs: Any) -> DAG:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            options = {"doc_md": inspect.cleandoc(function.__doc__ or "") or None, **signature_kwargs}
            with DAG(dag_id or function.__name__, **options) as made:
                values: dict[str, Any] = {}
                for name, value in bound.arguments.items():
                    values[name] = value if value is None else DagParam(made, name, value)
                function(**values)
            return made

        return factory

    return wrap
