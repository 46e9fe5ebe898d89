"""Small functions of ``airflow.utils`` and ``airflow.settings`` that DAG files and plugins lean on."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import re
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from tradewind.domain.states import DONE, RunState, TaskState
from tradewind.settings import home_folder

Function = TypeVar("Function", bound=Callable[..., Any])
T = TypeVar("T")

#: What ``airflow.__version__`` says: the newest Airflow whose DAG files we run.
VERSION = "3.3.0+tradewind"


def apply_defaults(function: Function) -> Function:
    """Nothing to do any more: every operator applies ``default_args`` by itself."""
    return function


def orm_is_gone(what: str) -> NoReturn:
    """Raise the error for code that wants the metadata database itself."""
    raise RuntimeError(
        f"{what}: task and DAG code cannot open Tradewind's database. "
        "Use Variable, Connection, XCom or the context in a task, and the REST API (/api/v1) from outside."
    )


def provide_session(function: Function) -> Function:
    """Calls go through unchanged; a function that needs its ``session`` gets an object that explains itself when used."""
    parameters = inspect.signature(function).parameters

    def with_session(*args: Any, **kwargs: Any) -> Any:
        if "session" in parameters and "session" not in kwargs and len(args) <= list(parameters).index("session"):
            kwargs["session"] = Session()
        return function(*args, **kwargs)

    with_session.__name__, with_session.__doc__ = function.__name__, function.__doc__
    return with_session  # type: ignore[return-value]


@contextlib.contextmanager
def create_session(scoped: bool = True) -> Generator[Session, None, None]:
    """A session that explains itself when used."""
    yield Session()


class Session:
    """Stands where Airflow has a database session. Any use is an error with the way out."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Nothing is opened."""

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        orm_is_gone(f"session.{name}")

    def close(self) -> None:
        """Nothing to close."""


#: The default of a ``session`` argument that ``provide_session`` fills in.
NEW_SESSION: Any = None


class State:
    """All states under one name, as Airflow 1 and 2 had them."""

    NONE = None
    REMOVED = TaskState.REMOVED
    SCHEDULED = TaskState.SCHEDULED
    QUEUED = TaskState.QUEUED
    RUNNING = TaskState.RUNNING
    SUCCESS = TaskState.SUCCESS
    FAILED = TaskState.FAILED
    SKIPPED = TaskState.SKIPPED
    UPSTREAM_FAILED = TaskState.UPSTREAM_FAILED
    UP_FOR_RETRY = TaskState.UP_FOR_RETRY
    UP_FOR_RESCHEDULE = TaskState.UP_FOR_RESCHEDULE
    DEFERRED = TaskState.DEFERRED
    RESTARTING = "restarting"
    SHUTDOWN = "shutdown"

    finished = DONE
    unfinished = frozenset(TaskState) - DONE
    running = frozenset({TaskState.RUNNING, TaskState.DEFERRED})
    failed_states = frozenset({TaskState.FAILED, TaskState.UPSTREAM_FAILED})
    success_states = frozenset({TaskState.SUCCESS, TaskState.SKIPPED})
    task_states = (None, *TaskState)
    dag_states = tuple(RunState)


class DagRunType(StrEnum):
    """How a run came about."""

    BACKFILL_JOB = "backfill"
    SCHEDULED = "scheduled"
    MANUAL = "manual"
    ASSET_TRIGGERED = "asset_triggered"
    DATASET_TRIGGERED = "asset_triggered"


class DagRunTriggeredByType(StrEnum):
    """Who asked for a run."""

    CLI = "cli"
    OPERATOR = "operator"
    REST_API = "rest_api"
    UI = "ui"
    TEST = "test"
    TIMETABLE = "timetable"
    ASSET = "asset"
    BACKFILL = "backfill"


class ArgNotSet:
    """The type of an argument nobody gave."""


NOTSET = ArgNotSet()


class SetDuringExecution(ArgNotSet):
    """The type of an argument that a decorated function's return value fills in."""


SET_DURING_EXECUTION = SetDuringExecution()


def import_string(dotted_path: str) -> Any:
    """The object of a dotted path."""
    home, _, name = dotted_path.rpartition(".")
    if not home:
        raise ImportError(f"{dotted_path!r} is not a dotted path.")
    try:
        return getattr(importlib.import_module(home), name)
    except AttributeError:
        raise ImportError(f"Module {home!r} has no {name!r}.") from None


def chunks(items: list[T], chunk_size: int) -> Iterator[list[T]]:
    """The list in pieces of that size."""
    if not isinstance(chunk_size, int) or chunk_size <= 0:
        raise ValueError("Chunk size must be a positive integer")
    for start in range(0, len(items), chunk_size):
        yield items[start : start + chunk_size]


def reduce_in_chunks(
    fn: Callable[[Any, list[T]], Any], iterable: list[T], initializer: Any, chunk_size: int = 0
) -> Any:
    """``fn`` folded over pieces of the list."""
    if not iterable:
        return initializer
    for piece in chunks(iterable, chunk_size or len(iterable)):
        initializer = fn(initializer, piece)
    return initializer


def is_container(obj: Any) -> bool:
    """An iterable that is no text."""
    return hasattr(obj, "__iter__") and not isinstance(obj, str)


def as_tuple(obj: Any) -> tuple[Any, ...]:
    """The items of a container, or the one thing."""
    return tuple(obj) if is_container(obj) else (obj,)


def as_flattened_list(iterable: Iterable[Iterable[T]]) -> list[T]:
    """One list of all inner items."""
    return [item for inner in iterable for item in inner]


def merge_dicts(dict1: dict[Any, Any], dict2: dict[Any, Any]) -> dict[Any, Any]:
    """A deep merge; the second wins."""
    merged = dict(dict1)
    for key, value in dict2.items():
        both = isinstance(merged.get(key), dict) and isinstance(value, dict)
        merged[key] = merge_dicts(merged[key], value) if both else value
    return merged


def prune_dict(val: Any, mode: str = "strict") -> Any:
    """Without None (strict) or without anything false (truthy), at every depth."""

    def gone(item: Any) -> bool:
        return item is None if mode == "strict" else not item

    if isinstance(val, dict):
        pruned = {key: prune_dict(item, mode) for key, item in val.items() if not gone(item)}
        return {key: item for key, item in pruned.items() if not (isinstance(item, (dict, list)) and not item)}
    if isinstance(val, list):
        return [item for item in (prune_dict(one, mode) for one in val) if not gone(item)]
    return val


def exactly_one(*args: Any) -> bool:
    """Whether one and only one is true."""
    return sum(bool(one) for one in args) == 1


def at_most_one(*args: Any) -> bool:
    """Whether none or one is true."""
    return sum(bool(one) for one in args if not isinstance(one, ArgNotSet)) <= 1


def validate_key(k: str, max_length: int = 250) -> None:
    """Raise for an id with other characters than letters, digits, dash, dot and underscore."""
    if not isinstance(k, str):
        raise TypeError(f"The key has to be a string and is {type(k)}:{k}")
    if len(k) > max_length:
        raise ValueError(f"The key has to be less than {max_length} characters")
    if not re.fullmatch(r"[\w.-]+", k):
        raise ValueError(f"The key {k!r} has to be made of letters, numbers, dashes, dots and underscores only")


def context_to_airflow_vars(context: Any, in_env_var_format: bool = False) -> dict[str, str]:
    """Facts of the running task as variables for another program's environment."""
    facts: dict[str, str] = {}
    for name, key in (("dag_id", "dag"), ("task_id", "task"), ("run_id", "run_id"), ("execution_date", "logical_date")):
        value = context.get(key) if key in context else None
        if value is None:
            continue
        text = value.isoformat() if hasattr(value, "isoformat") else str(getattr(value, name, value))
        dotted = f"airflow.ctx.{'dag_run_id' if name == 'run_id' else name}"
        facts[dotted.replace(".", "_").upper() if in_env_var_format else dotted] = text
    return facts


def TemporaryDirectory(*args: Any, **kwargs: Any) -> tempfile.TemporaryDirectory[str]:
    """A folder that goes away with its block."""
    return tempfile.TemporaryDirectory(*args, **kwargs)


def get_airflow_home() -> str:
    """The home folder."""
    return str(home_folder(os.environ))
