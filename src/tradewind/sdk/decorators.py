"""``@dag``, ``@task`` and its kinds, ``@task_group``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tradewind.errors import did_you_mean
from tradewind.sdk.asset_decorator import asset  # noqa: F401  its address in Airflow
from tradewind.sdk.dag import make_dag_decorator
from tradewind.sdk.decorated import PythonDecoratedOperator, TaskFactory
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.group import TaskGroup
from tradewind.sdk.mapped import ExpandInput, MappedArgument, check_kwargs_list, check_mappable

#: kind of ``@task.<kind>`` -> module and class of its operator; loaded on use
_KINDS = {
    "python": ("tradewind.sdk.decorated", "PythonDecoratedOperator"),
    "branch": ("tradewind.sdk.operators.branch", "BranchDecoratedOperator"),
    "short_circuit": ("tradewind.sdk.operators.short_circuit", "ShortCircuitDecoratedOperator"),
    "virtualenv": ("tradewind.sdk.operators.virtualenv", "VirtualenvDecoratedOperator"),
    "external_python": ("tradewind.sdk.operators.virtualenv", "ExternalPythonDecoratedOperator"),
    "branch_virtualenv": ("tradewind.sdk.operators.virtualenv", "BranchVirtualenvDecoratedOperator"),
    "branch_external_python": ("tradewind.sdk.operators.virtualenv", "BranchExternalPythonDecoratedOperator"),
    "sensor": ("tradewind.sdk.sensors.python", "SensorDecoratedOperator"),
    "bash": ("tradewind.sdk.operators.bash_decorated", "BashDecoratedOperator"),
}


def dag(dag_id: Any = "", **kwargs: Any) -> Any:
    """Make a function that declares tasks into a factory of a DAG: ``@dag`` or ``@dag(schedule=...)``."""
    if callable(dag_id):
        return make_dag_decorator("", {})(dag_id)
    return make_dag_decorator(dag_id, kwargs)


class TaskDecorator:
    """``@task``, ``@task(...)``, and ``@task.<kind>``."""

    def __call__(self, function: Callable[..., Any] | None = None, **kwargs: Any) -> Any:
        """Make a function a task."""
        return _decorate(PythonDecoratedOperator, function, kwargs)

    def __getattr__(self, kind: str) -> Any:
        if kind.startswith("__"):
            raise AttributeError(kind)
        place = _KINDS.get(kind)
        if place is None:
            found = provider_decorator(kind)
            if found is not None:
                return found
            guess = did_you_mean(kind, [*_KINDS, "run_if", "skip_if"]) or ""
            raise AttributeError(f"task decorator {kind!r} not found. {guess}".strip())

        def decorator(function: Callable[..., Any] | None = None, **kwargs: Any) -> Any:
            operator_class = getattr(import_module(place[0]), place[1])
            return _decorate(operator_class, function, kwargs)

        return decorator

    @staticmethod
    def run_if(condition: Callable[..., bool], skip_message: str | None = None) -> Callable[[TaskFactory], TaskFactory]:
        """Run the decorated task only when ``condition(context)`` is true; skip it otherwise."""
        return _conditional(condition, True, skip_message)

    @staticmethod
    def skip_if(
        condition: Callable[..., bool], skip_message: str | None = None
    ) -> Callable[[TaskFactory], TaskFactory]:
        """Skip the decorated task when ``condition(context)`` is true."""
        return _conditional(condition, False, skip_message)


def provider_decorator(kind: str) -> Any:
    """A task decorator of an installed provider package (entry points), or None."""
    from tradewind.plugins import listed, plugin_entry_points  # noqa: PLC0415  only unknown kinds look
    from tradewind.sdk.configuration import import_path  # noqa: PLC0415

    for point in plugin_entry_points():
        if point.name == f"task_decorator:{kind}":
            return point.load()
    for _, entry in listed("task-decorators"):
        if entry["name"] == kind:
            return import_path(entry["class-name"])
    return None


def _decorate(operator_class: type[Any], function: Callable[..., Any] | None, kwargs: dict[str, Any]) -> Any:
    infer = operator_class is PythonDecoratedOperator or getattr(operator_class, "infers_outputs", False)
    if function is not None:
        return TaskFactory(function, operator_class, kwargs, infer_outputs=infer)
    return lambda given: TaskFactory(given, operator_class, kwargs, infer_outputs=infer)


def _conditional(
    condition: Callable[..., bool], wanted: bool, message: str | None
) -> Callable[[TaskFactory], TaskFactory]:
    from tradewind.sdk.conditions import guard  # noqa: PLC0415  only for these decorators

    def wrap(factory: TaskFactory) -> TaskFactory:
        if not isinstance(factory, TaskFactory):
            raise TypeError("run_if and skip_if only apply to task: put them above @task")
        before = factory.kwargs.get("pre_execute")
        return factory.override(pre_execute=guard(condition, wanted, message, before))

    return wrap


task = TaskDecorator()


class TaskGroupFactory:
    """A decorated function that declares a group. Calling it adds one; ``expand`` maps it."""

    def __init__(
        self, function: Callable[..., Any], kwargs: dict[str, Any], shared: dict[str, Any] | None = None
    ) -> None:
        self.function, self.kwargs, self.shared = function, kwargs, shared or {}
        functools.update_wrapper(self, function)

    def _group(self) -> TaskGroup:
        kwargs = {"group_id": self.function.__name__, "add_suffix_on_collision": True, **self.kwargs}
        kwargs["group_id"] = kwargs["group_id"] or self.function.__name__
        if not kwargs.get("tooltip") and self.function.__doc__:
            kwargs["tooltip"] = inspect.cleandoc(self.function.__doc__)
        return TaskGroup(**kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add the group; what the function returns, or the group."""
        with self._group() as group:
            value = self.function(*args, **{**self.shared, **kwargs})
        return group if value is None else value

    def override(self, **kwargs: Any) -> TaskGroupFactory:
        """The same function with other group arguments."""
        return TaskGroupFactory(self.function, {**self.kwargs, **kwargs}, self.shared)

    def partial(self, **kwargs: Any) -> TaskGroupFactory:
        """Arguments shared by all mapped instances."""
        return TaskGroupFactory(self.function, self.kwargs, {**self.shared, **kwargs})

    def expand(self, **mapped: Any) -> Any:
        """One instance of the group per combination of items."""
        check_mappable(f"@task_group {self.function.__name__}.expand()", mapped)
        given = ExpandInput("expand", mapped)
        return self._mapped(given, {name: MappedArgument(given, name) for name in mapped})

    def expand_kwargs(self, kwargs: Any) -> Any:
        """One instance of the group per dict of arguments."""
        check_kwargs_list(kwargs)
        given = ExpandInput("expand_kwargs", kwargs)
        names = [n for n in inspect.signature(self.function).parameters if n not in self.shared]
        return self._mapped(given, {name: MappedArgument(given, name) for name in names})

    def _mapped(self, given: ExpandInput, arguments: dict[str, Any]) -> Any:
        group = self._group()
        group.map_inputs = given
        with group:
            value = self.function(**self.shared, **arguments)
        # Instances can only be counted once the producers ran, so the first tasks of the group wait for them.
        producers = dict.fromkeys(task for arg in given.producers() for task in arg.roots)
        for producer in producers:
            for first in group.roots:
                first.set_upstream(producer)
        return group if value is None else value


def task_group(group_id: Any = None, **kwargs: Any) -> Any:
    """Make a function that declares tasks into a factory of a group: ``@task_group`` or ``@task_group("name")``."""
    if callable(group_id):
        return TaskGroupFactory(group_id, {})
    if group_id is not None:
        kwargs["group_id"] = group_id
    return lambda function: TaskGroupFactory(function, kwargs)


def setup(function: Callable[..., Any] | TaskFactory) -> Any:
    """Make a function (or a decorated task) a setup task."""
    if isinstance(function, TaskGroupFactory):
        raise AirflowException("Task groups cannot be marked as setup or teardown.")
    factory = function if isinstance(function, TaskFactory) else task(function)
    factory.is_setup = True
    return factory


def teardown(function: Any = None, *, on_failure_fail_dagrun: bool = False) -> Any:
    """Make a function (or a decorated task) a teardown task."""

    def wrap(given: Any) -> Any:
        if isinstance(given, TaskGroupFactory):
            raise AirflowException("Task groups cannot be marked as setup or teardown.")
        factory = given if isinstance(given, TaskFactory) else task(given)
        factory.is_teardown = True
        factory.on_failure_fail_dagrun = on_failure_fail_dagrun
        return factory

    return wrap if function is None else wrap(function)
