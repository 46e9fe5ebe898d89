"""Calling an author's function under the names other packages know: ``airflow.utils.operator_helpers`` and the SDK's."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any

from tradewind.sdk.python_call import keywords_for

#: Names of a run's facts as other programs get them: with dots, and as environment variables.
AIRFLOW_VAR_NAME_FORMAT_MAPPING = {
    f"AIRFLOW_CONTEXT_{name}": {
        "default": f"airflow.ctx.{name.lower()}",
        "env_var_format": f"AIRFLOW_CTX_{name}",
    }
    for name in ("DAG_ID", "TASK_ID", "LOGICAL_DATE", "EXECUTION_DATE", "TRY_NUMBER", "DAG_RUN_ID", "DAG_OWNER", "DAG_EMAIL")
}  # fmt: skip


class KeywordParameters:
    """What a function gets of the context."""

    def __init__(self, kwargs: Mapping[str, Any]) -> None:
        self._kwargs = kwargs

    @classmethod
    def determine(cls, func: Callable[..., Any], args: Collection[Any], kwargs: Mapping[str, Any]) -> KeywordParameters:
        """Look at its signature. ValueError when a positional argument hides a name of the context."""
        return cls(determine_kwargs(func, args, kwargs))

    def unpacking(self) -> Mapping[str, Any]:
        """As keyword arguments."""
        return self._kwargs


def determine_kwargs(func: Callable[..., Any], args: Collection[Any], kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those of ``kwargs`` that the function's signature asks for."""
    return keywords_for(func, list(args), {}, kwargs)


def make_kwargs_callable(func: Callable[..., Any]) -> Callable[..., Any]:
    """The function, made to accept more keyword arguments than it names."""

    @functools.wraps(func)
    def lenient(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **determine_kwargs(func, args, kwargs))

    return lenient


class ExecutionCallableRunner:
    """Runs a task's function and collects the asset events it yields."""

    def __init__(self, func: Callable[..., Any], outlet_events: Any = None, *, logger: Any = None) -> None:
        self.func, self.outlet_events, self.logger = func, outlet_events, logger

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Call it; a generator is run to its end and its value is the result."""
        if not inspect.isgeneratorfunction(self.func):
            return self.func(*args, **kwargs)
        steps = self.func(*args, **kwargs)
        while True:
            try:
                told = next(steps)
            except StopIteration as end:
                return end.value
            if self.outlet_events is not None and hasattr(told, "asset"):
                self.outlet_events[told.alias or told.asset].extra.update(told.extra)


def create_executable_runner(func: Callable[..., Any], outlet_events: Any, *, logger: Any) -> ExecutionCallableRunner:
    """A runner of the function."""
    return ExecutionCallableRunner(func, outlet_events, logger=logger)


def create_async_executable_runner(func: Callable[..., Any], outlet_events: Any, *, logger: Any) -> Any:
    """A runner of a coroutine function."""
    runner = ExecutionCallableRunner(func, outlet_events, logger=logger)

    class Awaited:
        async def run(self, *args: Any, **kwargs: Any) -> Any:
            return await runner.func(*args, **kwargs)

    return Awaited()


def context_merge(context: Any, *additions: Any, **kwargs: Any) -> None:
    """Add to a context in place."""
    context.update(*additions, **kwargs)


def context_get_outlet_events(context: Any) -> Any:
    """The outlet events of the running task; none outside of one."""
    try:
        return context["outlet_events"]
    except KeyError:
        return {}


def is_async_callable(func: Any) -> bool:
    """Whether calling it gives something to await."""
    while isinstance(func, functools.partial):
        func = func.func
    func = inspect.unwrap(func)
    return inspect.iscoroutinefunction(func) or inspect.iscoroutinefunction(getattr(func, "__call__", None))  # noqa: B004


def is_arg_set(value: Any) -> bool:
    """Whether somebody gave the argument."""
    from tradewind.compat.legacy import ArgNotSet  # noqa: PLC0415  only here

    return not isinstance(value, ArgNotSet)
