"""The task client and the context of this process, for code that is not handed them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tradewind.sdk.exceptions import AirflowException

if TYPE_CHECKING:
    from tradewind.sdk.client import TaskClient


class Late:
    """A context that is made when somebody asks for it."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


_client: TaskClient | None = None
_contexts: list[Any] = []
#: Called with ("variable" | "connection", name) at each look-up; the loader listens while a file is imported.
lookups: list[Any] = []


def client() -> TaskClient | None:
    """Who answers this process's questions, or None outside of tasks."""
    return _client


def set_client(new: TaskClient | None) -> TaskClient | None:
    """Choose who answers; the one before is returned."""
    global _client
    before, _client = _client, new
    return before


@contextmanager
def running(context: Any, new: TaskClient | None) -> Iterator[None]:
    """While the block runs, ``context`` is the current one and ``new`` answers."""
    before = enter(context, new)
    try:
        yield
    finally:
        leave(before)


def enter(context: Any, new: TaskClient | None) -> TaskClient | None:
    """The beginning of ``running``; what it returns is for ``leave``."""
    _contexts.append(context)
    return set_client(new)


def leave(before: TaskClient | None) -> None:
    """The end of ``running``."""
    _contexts.pop()
    set_client(before)


def context_or_none() -> Any:
    """The context of the running task, or None."""
    return get_current_context() if _contexts else None


def get_current_context() -> Any:
    """The context of the running task. AirflowException outside of a task."""
    if not _contexts:
        raise AirflowException(
            "Current context was requested but no context was found! Are you running within a Tradewind task?"
        )
    context = _contexts[-1]
    if type(context) is Late:
        context = _contexts[-1] = context.make()
    return context


def note_lookup(kind: str, name: str) -> None:
    """Tell listeners that a variable or connection was asked for."""
    for listen in lookups:
        listen(kind, name)
