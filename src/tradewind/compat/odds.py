"""Small things of Airflow's modules that have behaviour and no better home here."""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import logging
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple, TypeVar

from tradewind.sdk import scope
from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.decorators import task
from tradewind.sdk.log import LoggingMixin
from tradewind.sdk.moments import default_zone_name, zone
from tradewind.sdk.subprocess_hook import Command
from tradewind.sdk.triggers.base import BaseTrigger, TriggerEvent

T = TypeVar("T")
BaseOperatorMeta = type(BaseOperator)

# airflow.decorators.<module>: each kind of @task as a function
python_task, bash_task, sensor_task = task, task.bash, task.sensor
branch_task, short_circuit_task = task.branch, task.short_circuit
virtualenv_task, external_python_task = task.virtualenv, task.external_python
branch_virtualenv_task, branch_external_python_task = task.branch_virtualenv, task.branch_external_python
run_if, skip_if = task.run_if, task.skip_if


def is_decorated_task(thing: Any) -> bool:
    """Whether it is a function under ``@task``."""
    return bool(getattr(thing, "is_task_decorator", False))


def unwrap_callable(func: Any) -> Any:
    """The plain function below ``@task`` and partial application."""
    while True:
        inner = getattr(func, "function", None) if is_decorated_task(func) else getattr(func, "func", None)
        if inner is None:
            return func
        func = inner


unwrap_partial = unwrap_callable


class DagContext:
    """Which DAG a ``with`` block has open."""

    @staticmethod
    def get_current_dag() -> Any:
        """The DAG, or None."""
        return scope.current_dag()


class DagRunOrder:
    """What Airflow 1.10 handed to the ``python_callable`` of TriggerDagRunOperator."""

    def __init__(self, run_id: str | None = None, payload: Any = None) -> None:
        self.run_id, self.payload = run_id, payload


class SubprocessResult(NamedTuple):
    """How a command ended."""

    exit_code: int
    output: str


class SubprocessHook(LoggingMixin):
    """A command in a process group of its own, its output in the task's log."""

    def __init__(self, **_: Any) -> None:
        super().__init__()
        self._command: Command | None = None

    def run_command(
        self, command: list[str], env: dict[str, str] | None = None, output_encoding: str = "utf-8",
        cwd: str | None = None,
    ) -> SubprocessResult:  # fmt: skip
        """Run it to its end. ``output`` is the last line."""
        import os  # noqa: PLC0415  only here

        self._command = Command(self.log, output_encoding)
        return SubprocessResult(*self._command.run(command, dict(os.environ) if env is None else env, cwd))

    def send_sigterm(self) -> None:
        """End it and what it started."""
        if self._command is not None:
            self._command.stop()


class SuccessTrigger(BaseTrigger):
    """Fires at once."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """No arguments."""
        return f"{__name__}.SuccessTrigger", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event."""
        yield TriggerEvent(True)


class FailureTrigger(BaseTrigger):
    """Fails at once."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """No arguments."""
        return f"{__name__}.FailureTrigger", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """No event."""
        if False:
            yield TriggerEvent(None)
        raise ValueError("Deliberate trigger failure")


class Singleton(type):
    """A metaclass: one object per class."""

    _made: ClassVar[dict[type, Any]] = {}

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """The one object."""
        if cls not in Singleton._made:
            Singleton._made[cls] = super().__call__(*args, **kwargs)
        return Singleton._made[cls]


class ThreadSafeDict:
    """A dict behind a lock."""

    def __init__(self) -> None:
        self._lock, self._items = threading.Lock(), {}  # type: ignore[var-annotated]

    def set(self, key: Any, value: Any) -> None:
        """Keep it."""
        with self._lock:
            self._items[key] = value

    def get(self, key: Any) -> Any:
        """The value, or None."""
        with self._lock:
            return self._items.get(key)

    def delete(self, key: Any) -> None:
        """Forget it."""
        with self._lock:
            self._items.pop(key, None)


class JobState(StrEnum):
    """States of Airflow's own processes."""

    RUNNING = "running"
    SUCCESS = "success"
    RESTARTING = "restarting"
    FAILED = "failed"


class StreamLogWriter:
    """A stream whose lines go to a logger."""

    encoding = "utf-8"
    closed = False

    def __init__(self, logger: logging.Logger, level: int) -> None:
        self.logger, self.level, self._rest = logger, level, ""

    def write(self, message: str) -> None:
        """Log every whole line; keep the rest."""
        *lines, self._rest = (self._rest + message).split("\n")
        for line in lines:
            self.logger.log(self.level, "%s", line)

    def flush(self) -> None:
        """Log what is left of the last line."""
        if self._rest:
            self.logger.log(self.level, "%s", self._rest)
            self._rest = ""

    def close(self) -> None:
        """Nothing to close."""

    def isatty(self) -> bool:
        """Never a terminal."""
        return False


@contextlib.contextmanager
def redirect_stdout(logger: logging.Logger, level: int) -> Iterator[None]:
    """What is printed inside goes to the logger."""
    writer = StreamLogWriter(logger, level)
    with contextlib.redirect_stdout(writer):  # type: ignore[type-var]
        yield
    writer.flush()


@contextlib.contextmanager
def redirect_stderr(logger: logging.Logger, level: int) -> Iterator[None]:
    """The same for standard error."""
    writer = StreamLogWriter(logger, level)
    with contextlib.redirect_stderr(writer):  # type: ignore[type-var]
        yield
    writer.flush()


def set_context(logger: logging.Logger, value: Any) -> None:
    """Tell every handler up the tree that has a ``set_context`` which task is running."""
    above: logging.Logger | None = logger
    while above is not None:
        for handler in above.handlers:
            if hasattr(handler, "set_context"):
                handler.set_context(value)
        above = above.parent if above.propagate else None


@contextlib.contextmanager
def capture_with_reraise() -> Iterator[list[warnings.WarningMessage]]:
    """Collect warnings inside, and warn of each again afterwards."""
    with warnings.catch_warnings(record=True) as caught:
        yield caught
    for one in caught:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno, source=one.source)


def local_timezone() -> Any:
    """[core] default_timezone."""
    return zone(default_zone_name())


def parse_timezone(name: Any) -> Any:
    """The zone of that name, or of so many seconds."""
    if isinstance(name, int):
        from datetime import timedelta, timezone  # noqa: PLC0415  only here

        return timezone(timedelta(seconds=name))
    return zone(name)


def get_python_source(x: Any) -> str | None:
    """The source of a function, or None."""
    try:
        return inspect.getsource(unwrap_callable(x))
    except (OSError, TypeError):
        return None


def is_venv_installed() -> bool:
    """Whether virtual environments can be made."""
    return importlib.util.find_spec("venv") is not None or importlib.util.find_spec("virtualenv") is not None


def prevent_duplicates(kwargs1: dict[str, Any], kwargs2: Any, *, fail_reason: str) -> None:
    """TypeError when a name is in both."""
    both = sorted(set(kwargs1).intersection(kwargs2))
    if both:
        raise TypeError(f"{fail_reason} argument{'s' if len(both) > 1 else ''}: {', '.join(both)}")


def render_template_to_string(template: Any, context: Any) -> str:
    """The text of a Jinja template."""
    from tradewind.compat.text import render_template  # noqa: PLC0415  only here

    return str(render_template(template, context, native=False))


def render_template_as_native(template: Any, context: Any) -> Any:
    """The value of a native Jinja template."""
    from tradewind.compat.text import render_template  # noqa: PLC0415  only here

    return render_template(template, context, native=True)


def datetime_to_nano(datetime: Any) -> int | None:
    """Nanoseconds since 1970."""
    return None if datetime is None else int(datetime.timestamp() * 1_000_000_000)


def result(decorated: T) -> T:
    """``@result`` on top of ``@task``: the marked task's value stands for the run's. TypeError on anything else."""
    if not is_decorated_task(decorated):
        raise TypeError("@result must be used on top of a @task-decorated function")
    decorated.returns_dag_result = True  # type: ignore[attr-defined]
    return decorated


def get_fs(scheme: str, conn_id: str | None = None, storage_options: dict[str, Any] | None = None) -> Any:
    """The fsspec file system of a scheme, with the options of a connection."""
    import fsspec  # noqa: PLC0415  optional

    from tradewind.sdk.object_storage import options_of  # noqa: PLC0415  only here

    return fsspec.filesystem(scheme, **options_of(conn_id, storage_options or {}))


def has_fs(scheme: str) -> bool:
    """Whether fsspec knows the scheme."""
    import fsspec  # noqa: PLC0415  optional

    return scheme in fsspec.available_protocols()


def apply_lineage(function: Callable[..., T]) -> Callable[..., T]:
    """Nothing to do: inlets and outlets are told with the task."""
    return function


prepare_lineage = apply_lineage


class LineageBackend:
    """Base of lineage backends."""

    def send_lineage(self, operator: Any, inlets: Any = None, outlets: Any = None, context: Any = None) -> None:
        """Written by subclasses."""
        raise NotImplementedError
