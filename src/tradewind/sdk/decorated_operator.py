"""``DecoratedOperator`` and ``task_decorator_factory``: what other packages build ``@task.something`` from."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from tradewind.sdk import scope
from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.decorated import DecoratedMixin, TaskFactory, context_names
from tradewind.sdk.python_call import keywords_for


class DecoratedOperator(DecoratedMixin, BaseOperator):
    """An operator that holds a decorated function and its arguments. The operator's own class comes second in the bases."""

    template_fields: Collection[str] = ("op_args", "op_kwargs")
    template_fields_renderers = {"op_args": "py", "op_kwargs": "py"}  # noqa: RUF012  Airflow's plain class attribute
    shallow_copy_attrs: Sequence[str] = ("python_callable",)

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        task_id: str,
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        kwargs_to_upstream: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        for name, parameter in inspect.signature(python_callable).parameters.items():
            if name in context_names() and parameter.default not in (None, parameter.empty):
                raise ValueError(f"Context key parameter {name} can't have a default other than None")
        self.python_callable = python_callable
        super().__init__(task_id=task_id, **(kwargs_to_upstream or {}), **kwargs)
        self.python_callable = python_callable
        self.op_args, self.op_kwargs = op_args or [], op_kwargs or {}

    @property
    def is_async(self) -> bool:
        """Whether the function is a coroutine function."""
        return inspect.iscoroutinefunction(self.python_callable)

    def execute(self, context: Any) -> Any:
        """What the operator behind it does."""
        return super().execute(context)

    def determine_kwargs(self, context: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keyword arguments the function would get."""
        return keywords_for(self.python_callable, list(self.op_args), self.op_kwargs, context)

    def get_python_source(self) -> str:
        """The function's text without its decorators and comment lines, moved to the left margin."""
        lines = inspect.getsource(self.python_callable).splitlines()
        text = textwrap.dedent("\n".join(line for line in lines if not line.strip().startswith("#")))
        return without_decorator(text, self.custom_operator_name) + "\n"


def without_decorator(text: str, name: str) -> str:
    """The text of a function without one decorator, whose arguments may take several lines."""
    while (found := re.search(rf"^{re.escape(name)}(?![\w.])", text, re.MULTILINE)) is not None:
        end = found.end()
        if text[end : end + 1] == "(":
            depth = 0
            while True:
                depth += {"(": 1, ")": -1}.get(text[end], 0)
                end += 1
                if depth == 0:
                    break
        line_end = text.find("\n", end)
        text = text[: found.start()] + (text[line_end + 1 :] if line_end >= 0 else "")
    return text


def task_decorator_factory(
    python_callable: Callable[..., Any] | None = None,
    *,
    multiple_outputs: bool | None = None,
    decorated_operator_class: type[Any],
    **kwargs: Any,
) -> Any:
    """Make ``python_callable`` a task of that operator; without it, the decorator that will."""
    if multiple_outputs is not None:
        kwargs["multiple_outputs"] = multiple_outputs
    if python_callable is None:
        return lambda function: TaskFactory(function, decorated_operator_class, kwargs)
    if not callable(python_callable):
        raise TypeError("No args allowed while using @task, use kwargs instead")
    return TaskFactory(python_callable, decorated_operator_class, kwargs)


def get_unique_task_id(task_id: str, dag: Any = None, task_group: Any = None) -> str:
    """The id, with a number behind it when the DAG has a task of that id already."""
    group = task_group or scope.current_group()
    dag = dag or scope.current_dag()
    if dag is None:
        return task_id
    prefix = group.child_prefix if group is not None and group.dag is dag else ""
    return str(dag.free_id(prefix + task_id)).removeprefix(prefix)
