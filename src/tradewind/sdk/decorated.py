"""What ``@task`` makes of a function: a factory of tasks, and the operators behind it."""

from __future__ import annotations

import functools
import inspect
import re
import types
from collections.abc import Callable, Collection
from functools import cache
from typing import Any, ClassVar, get_origin

from tradewind.sdk import scope
from tradewind.sdk.mapped import ExpandInput, OperatorPartial, check_kwargs_list, check_mappable
from tradewind.sdk.operators.python import PythonOperator
from tradewind.sdk.xcom_arg import XComArg


@cache
def context_names() -> frozenset[str]:
    """Names a function may take from the run."""
    from tradewind.sdk.context import MAKERS  # noqa: PLC0415  only files that call a decorated function need it

    return frozenset(MAKERS) | {"dag", "task", "ti", "task_instance", "dag_run"}


class DecoratedMixin:
    """Operators that call a decorated function. ``custom_operator_name`` is what people see."""

    custom_operator_name: ClassVar[str] = "@task"


class PythonDecoratedOperator(DecoratedMixin, PythonOperator):
    """The operator behind ``@task``."""

    template_fields: Collection[str] = ("op_args", "op_kwargs")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if self.templates_dict is not None:
            self.template_fields = ("templates_dict", "op_args", "op_kwargs")


_PythonDecoratedOperator = PythonDecoratedOperator


def returns_dict(function: Callable[..., Any]) -> bool:
    """Whether the return annotation promises a dict."""
    promised = getattr(function, "__annotations__", {}).get("return")
    if promised is None:
        return False
    if isinstance(promised, str):
        return re.match(r"(typing\.|t\.)?(dict|Dict|Mapping|MutableMapping)\b", promised) is not None
    kind = get_origin(promised) or promised
    return isinstance(kind, type) and issubclass(kind, dict)


def relaxed_signature(function: Callable[..., Any]) -> inspect.Signature:
    """The signature with context names optional: the run fills them in."""
    signature = inspect.signature(function)
    parameters, relaxed = [], False
    for parameter in signature.parameters.values():
        kind = parameter.kind
        if kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.KEYWORD_ONLY}:
            if (
                kind is parameter.KEYWORD_ONLY
                and parameter.name in context_names()
                and parameter.default is parameter.empty
            ):
                parameter = parameter.replace(default=None)  # noqa: PLW2901  a changed copy
        elif parameter.default is parameter.empty and (relaxed or parameter.name in context_names()):
            parameter = parameter.replace(default=None)  # noqa: PLW2901  a changed copy
            relaxed = True
        parameters.append(parameter)
    return signature.replace(parameters=parameters)


class TaskFactory:
    """A decorated function. Calling it in a DAG adds a task; ``expand`` and ``partial`` map it."""

    is_task_decorator = True
    is_setup = False
    is_teardown = False

    def __init__(
        self,
        function: Callable[..., Any],
        operator_class: type[Any],
        kwargs: dict[str, Any],
        *,
        infer_outputs: bool = True,
    ) -> None:
        if isinstance(function, type):
            raise TypeError(f"@task decorates functions, not the class {function.__name__}")
        if isinstance(function, types.MethodType) or (
            "self" in list(getattr(inspect.signature(function), "parameters", {}))[:1]
        ):
            raise TypeError("@task does not support methods")
        self.function, self.operator_class, self.kwargs, self.infer_outputs = (
            function,
            operator_class,
            kwargs,
            infer_outputs,
        )
        self.on_failure_fail_dagrun = bool(kwargs.get("on_failure_fail_dagrun", False))
        functools.update_wrapper(self, function)
        if infer_outputs and "multiple_outputs" not in kwargs:
            self.kwargs = {**kwargs, "multiple_outputs": returns_dict(function)}

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        return self.function

    @__wrapped__.setter
    def __wrapped__(self, _value: Any) -> None:
        """Set by update_wrapper; ``function`` is the truth."""

    def _task_kwargs(self) -> dict[str, Any]:
        kwargs = {k: v for k, v in self.kwargs.items() if k != "on_failure_fail_dagrun"}
        kwargs["task_id"] = self._free_task_id(kwargs)
        if "doc_md" not in kwargs and self.function.__doc__:
            kwargs["doc_md"] = inspect.cleandoc(self.function.__doc__)
        kwargs["python_callable"] = self.function
        return kwargs

    def _free_task_id(self, kwargs: dict[str, Any]) -> str:
        wanted: str = kwargs.get("task_id") or self.function.__name__
        group = kwargs.get("task_group") or scope.current_group()
        dag = kwargs.get("dag") or (group.dag if group is not None else scope.current_dag())
        if dag is None:
            return wanted
        prefix = group.child_prefix if group is not None and group.dag is dag else ""
        return str(dag.free_id(prefix + wanted)).removeprefix(prefix)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add a task; its result is returned. TypeError when an argument is missing."""
        relaxed_signature(self.function).bind(*args, **kwargs)
        operator = self.operator_class(op_args=args, op_kwargs=kwargs, **self._task_kwargs())
        return self._finished(operator)

    def _finished(self, operator: Any) -> XComArg:
        if self.is_setup:
            operator.as_setup()
        if self.is_teardown:
            operator.as_teardown(on_failure_fail_dagrun=self.on_failure_fail_dagrun)
        return XComArg(operator)

    def override(self, **kwargs: Any) -> TaskFactory:
        """The same function with other task arguments."""
        twin = TaskFactory(
            self.function, self.operator_class, {**self.kwargs, **kwargs}, infer_outputs=self.infer_outputs
        )
        twin.is_setup, twin.is_teardown = self.is_setup, self.is_teardown
        twin.on_failure_fail_dagrun = kwargs.get("on_failure_fail_dagrun", self.on_failure_fail_dagrun)
        return twin

    def partial(self, **kwargs: Any) -> TaskFactory:
        """Arguments shared by all mapped instances."""
        self._check_names("partial", kwargs)
        twin = self.override()
        twin.shared = {**self.shared, **kwargs}  # type: ignore[misc]
        return twin

    shared: ClassVar[dict[str, Any]] = {}

    def expand(self, **mapped: Any) -> XComArg:
        """One instance per combination of items."""
        self._check_names("expand", mapped)
        check_mappable(f"@task {self.function.__name__}.expand()", mapped)
        return self._mapped(mapped, None)

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> XComArg:
        """One instance per dict of arguments."""
        del strict
        check_kwargs_list(kwargs)
        return self._mapped(None, kwargs)

    def _check_names(self, method: str, values: dict[str, Any]) -> None:
        parameters = inspect.signature(self.function).parameters
        if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            return
        for name in values:
            if name not in parameters:
                raise TypeError(
                    f"{method}() got an unexpected keyword argument {name!r}: {self.function.__name__} has no such parameter"
                )

    def _mapped(self, mapped: dict[str, Any] | None, kwargs_list: Any) -> XComArg:
        kwargs = {**self._task_kwargs(), "op_kwargs": dict(self.shared)}
        partial = OperatorPartial(self.operator_class, kwargs, field="op_kwargs")
        made = (
            partial.expand(**mapped) if mapped is not None else partial._make(ExpandInput("expand_kwargs", kwargs_list))
        )
        return self._finished(made)
