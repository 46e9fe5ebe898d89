"""``DeadlineAlert``: what to call when a run has not succeeded so long after a reference."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from tradewind.domain.spec import DeadlineSpec
from tradewind.errors import InvalidArgument
from tradewind.sdk import moments

log = logging.getLogger("airflow.task")


class Reference:
    """What a deadline counts from."""

    def __init__(self, kind: str, at: datetime | None = None, max_runs: int = 10, min_runs: int = 10) -> None:
        self.kind, self.at, self.max_runs, self.min_runs = kind, at, max_runs, min_runs

    @property
    def reference_name(self) -> str:
        """For people."""
        return self.kind

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.kind, self.at, self.max_runs, self.min_runs))

    def __repr__(self) -> str:
        return f"<DeadlineReference {self.kind}>"


class DeadlineReference:
    """The references there are."""

    #: The logical date of the run. A run without one has no such deadline.
    DAGRUN_LOGICAL_DATE = Reference("logical_date")
    #: The moment the run was made.
    DAGRUN_QUEUED_AT = Reference("queued_at")

    @classmethod
    def FIXED_DATETIME(cls, at: datetime) -> Reference:
        """A moment on the clock."""
        if not isinstance(at, datetime):
            raise InvalidArgument(
                f"DeadlineReference.FIXED_DATETIME takes a datetime, not {at!r}.",
                field="reference",
                hint="Write FIXED_DATETIME(datetime(2026, 1, 31, 9, 0)).",
            )
        return Reference("fixed", moments.aware(at))

    @classmethod
    def AVERAGE_RUNTIME(cls, max_runs: int = 10, min_runs: int | None = None) -> Reference:
        """When a run that is made now would end, if it took as long as the last ``max_runs`` that succeeded did. Before
        there were ``min_runs`` (default: as many) there is no deadline.
        """
        fewest = max_runs if min_runs is None else min_runs
        if max_runs < 1 or fewest < 1:
            raise InvalidArgument(
                "DeadlineReference.AVERAGE_RUNTIME needs max_runs and min_runs of 1 or more.",
                field="max_runs",
                hint="Write AVERAGE_RUNTIME(max_runs=10, min_runs=3).",
            )
        return Reference("average_runtime", max_runs=max_runs, min_runs=min(fewest, max_runs))


class Callback:
    """A function, or a notifier class, with what it is to be given; or its dotted path."""

    def __init__(self, callback_callable: Callable[..., Any] | str, kwargs: dict[str, Any] | None = None) -> None:
        if not callable(callback_callable) and not (isinstance(callback_callable, str) and "." in callback_callable):
            raise InvalidArgument(
                f"{type(self).__name__} takes a function or its dotted path, not {callback_callable!r}.",
                field="callback_callable",
                hint='Write my_function, or "my_package.module.my_function".',
            )
        if kwargs and "context" in kwargs:
            raise InvalidArgument(
                "context is a name that is given by itself.", field="kwargs", hint="Choose another name in kwargs."
            )
        self.callback_callable, self.kwargs = callback_callable, dict(kwargs or {})

    @property
    def path(self) -> str:
        """Its dotted path."""
        given = self.callback_callable
        return given if isinstance(given, str) else f"{given.__module__}.{getattr(given, '__qualname__', given)}"

    def _function(self) -> Callable[..., Any]:
        if not isinstance(self.callback_callable, str):
            return self.callback_callable
        module, _, name = self.callback_callable.rpartition(".")
        found: Callable[..., Any] = getattr(import_module(module), name)
        return found

    def run(self, context: Mapping[str, Any]) -> None:
        """Call it; an answer that has to be awaited is awaited here."""
        function = self._function()
        if inspect.isclass(function) and hasattr(function, "notify"):
            _notify(function(**self.kwargs), context)
            return
        answer = function(**self.kwargs, **_wanted(function, context))
        if inspect.isawaitable(answer):
            asyncio.run(_wait_for(answer))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path})"


class AsyncCallback(Callback):
    """A coroutine function or notifier."""


class SyncCallback(Callback):
    """A plain function or notifier. ``executor`` is taken for Airflow's sake: callbacks run beside the tasks."""

    def __init__(
        self,
        callback_callable: Callable[..., Any] | str,
        kwargs: dict[str, Any] | None = None,
        executor: str | None = None,
    ) -> None:
        super().__init__(callback_callable, kwargs)
        self.executor = executor


def _wanted(function: Callable[..., Any], context: Mapping[str, Any]) -> dict[str, Any]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return {}
    takes = any(p.name == "context" or p.kind is p.VAR_KEYWORD for p in parameters)
    return {"context": context} if takes else {}


async def _wait_for(answer: Any) -> Any:
    return await answer


def _notify(notifier: Any, context: Mapping[str, Any]) -> None:
    from tradewind.sdk.notifier import BaseNotifier  # noqa: PLC0415  few callbacks are notifiers

    own = type(notifier).notify is not BaseNotifier.notify
    if own or not isinstance(notifier, BaseNotifier):
        notifier(context)
        return
    notifier.context = dict(context)
    asyncio.run(_wait_for(notifier))


class DeadlineAlert:
    """``interval`` after ``reference`` the run must have succeeded; otherwise ``callback`` is called, once."""

    def __init__(
        self, reference: Reference, interval: timedelta, callback: Callback, name: str | None = None, **_newer: Any
    ) -> None:
        if not isinstance(reference, Reference):
            raise InvalidArgument(
                f"DeadlineAlert: reference must be one of DeadlineReference, not {reference!r}.",
                field="reference",
                hint="Write DeadlineReference.DAGRUN_QUEUED_AT, for example.",
            )
        if not isinstance(interval, timedelta):
            raise InvalidArgument(
                f"DeadlineAlert: interval must be a timedelta, not {interval!r}.",
                field="interval",
                hint="Write interval=timedelta(minutes=30).",
            )
        if not isinstance(callback, Callback):
            raise InvalidArgument(
                f"DeadlineAlert: callback must be an AsyncCallback or a SyncCallback, not {callback!r}.",
                field="callback",
                hint="Write callback=SyncCallback(my_function, kwargs={...}).",
            )
        self.reference, self.interval, self.callback, self.name = reference, interval, callback, name

    def spec(self) -> DeadlineSpec:
        """What the scheduler needs to know of it."""
        wanted = self.reference
        return DeadlineSpec(
            reference=wanted.kind,
            interval=self.interval.total_seconds(),
            at=moments.utc(wanted.at),
            max_runs=wanted.max_runs,
            min_runs=wanted.min_runs,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeadlineAlert) and self.spec() == other.spec()

    def __hash__(self) -> int:
        return hash((self.reference, self.interval))


def alerts_of(dag: Any) -> list[DeadlineAlert]:
    """The deadlines of a DAG. Raises InvalidArgument for what is none."""
    given = dag.deadline
    found = [] if given is None else list(given) if isinstance(given, (list, tuple)) else [given]
    for one in found:
        if not isinstance(one, DeadlineAlert):
            raise InvalidArgument(
                f"DAG {dag.dag_id!r}: deadline must be a DeadlineAlert or a list of them, not {one!r}.",
                field="deadline",
                hint="Write deadline=DeadlineAlert(reference=..., interval=..., callback=...).",
            )
    return found


def calls(dag: Any, details: Mapping[str, Any], context: Mapping[str, Any]) -> list[Callable[[], Any]]:
    """The callback of the deadline that passed."""
    found, number = alerts_of(dag), int(details.get("number", 0))
    if number >= len(found):
        log.warning("DAG %s has no deadline number %s any more; there is nothing to call.", dag.dag_id, number + 1)
        return []
    alert = found[number]
    deadline = {"deadline_time": details.get("due_at"), "alert_name": alert.name, "reference": alert.reference.kind}
    told = {**context, "deadline": deadline}
    return [lambda: alert.callback.run(told)]
