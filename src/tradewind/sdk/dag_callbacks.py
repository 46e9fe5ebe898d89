"""Calls the functions a DAG names for its runs: when one ended, when tasks missed their SLAs, when a deadline passed.

They run as a task does, in a process of their own with a log and a time limit. Each is called with as many arguments as
it takes. What one raises is logged and keeps the next one from nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from tradewind.domain.messages import CallbackOrder, Finished, WorkOrder
from tradewind.sdk import callbacks, current, moments, stops
from tradewind.sdk.context import Context
from tradewind.sdk.exceptions import AirflowTaskTerminated, AirflowTaskTimeout
from tradewind.sdk.task_instance import DagRun, TaskInstance

if TYPE_CHECKING:
    from tradewind.sdk.client import TaskClient

log = logging.getLogger("airflow.task")
Call = Callable[[], Any]


class _Stoppable:
    """What time limits stop: a callback has nothing to clean up."""

    def __init__(self, name: str) -> None:
        self.task_id = name

    def on_kill(self) -> None:
        """Nothing was started that would outlive the process."""


def run(dag: Any, order: WorkOrder, client: TaskClient) -> Finished:
    """Call them all and say how it went. Never raises for what they do."""
    told = order.callback
    assert told is not None
    context = context_of(dag, order, told)
    before = current.enter(context, client)
    started = _now()
    sent: dict[str, bool] = {}
    try:
        error = _call_all(told.name, _calls(dag, order, told, context, sent), order.execution_timeout)
    finally:
        current.leave(before)
    outcome = "failed" if error else "success"
    return Finished(
        attempt_id=order.attempt_id,
        at=_now(),
        outcome=outcome,
        error=error,
        retryable=False,
        started_at=started,
        rendered=sent or None,
    )


def _calls(
    dag: Any, order: WorkOrder, told: CallbackOrder, context: Mapping[str, Any], sent: dict[str, bool]
) -> list[Call]:
    if told.name == "sla_miss_callback":
        from tradewind.sdk import sla  # noqa: PLC0415  few DAGs have any

        found_calls: list[Call] = sla.calls(dag, order, told, context, sent)
        return found_calls
    if told.name == "deadline":
        from tradewind.sdk import deadline  # noqa: PLC0415  few DAGs have any

        return deadline.calls(dag, told.details, context)
    found = callbacks.listed(getattr(dag, told.name, None))
    if not found:
        log.warning("DAG %s has no %s any more; there is nothing to call.", dag.dag_id, told.name)
    return [lambda f=function: callbacks.call(f, context) for function in found]  # type: ignore[misc]


def _call_all(name: str, calls: list[Call], limit: float | None) -> str | None:
    """The first error, as one line."""
    first: str | None = None
    try:
        with stops.guarded(_Stoppable(name), limit):
            for call in calls:
                try:
                    call()
                except (AirflowTaskTimeout, AirflowTaskTerminated):
                    raise
                except (Exception, SystemExit) as error:
                    log.exception("Failed when executing %s", name)
                    first = first or _line(error)
    except AirflowTaskTimeout:
        log.exception("%s took longer than [scheduler] callback_timeout", name)
        return first or f"{name} took longer than [scheduler] callback_timeout, {limit:g} s"
    except AirflowTaskTerminated as error:
        log.exception("%s was told to stop", name)
        return first or _line(error)
    return first


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:2000]


def _now() -> datetime:
    # A wall-clock fact of this process, as the start and end of a task are.
    return datetime.fromtimestamp(time.time(), UTC)


class _ToldRun(DagRun):
    """A run that may be read as Airflow 3 tells deadline callbacks of it, too: ``context["dag_run"]["dag_run_id"]``."""

    def __getitem__(self, name: str) -> Any:
        """A fact by its name in the API."""
        try:
            return getattr(self, "run_id" if name == "dag_run_id" else name)
        except AttributeError:
            raise KeyError(name) from None


def context_of(dag: Any, order: WorkOrder, told: CallbackOrder) -> Mapping[str, Any]:
    """What they are told: the context of the task the reason speaks of, and the reason."""
    dag_run = _ToldRun(order.run, dag)
    dag_run.state = told.run_state or dag_run.state
    dag_run.end_date = moments.stamp(told.run_ended_at)
    task = dag.task_dict.get(order.task_id)
    if task is None:
        bare = {"dag": dag, "dag_run": dag_run, "run_id": dag_run.run_id, "reason": told.reason}
        dates = {name: getattr(dag_run, name) for name in ("logical_date", "execution_date")}
        return bare | dates | {"conf": order.run.conf, "params": dag.params}
    ti = TaskInstance(task, order, dag_run)
    facts = told.details.get("ti") or {}
    ti.state, ti.attempt_id = facts.get("state"), facts.get("attempt_id") or ""
    ti.started_at = _moment(facts.get("started_at"))
    ti.end_date = moments.stamp(_moment(facts.get("ended_at")))
    context = Context(dag, task, ti, dag_run)
    context["reason"] = told.reason
    return context


def _moment(given: Any) -> datetime | None:
    return msgspec.convert(given, datetime) if isinstance(given, str) else given
