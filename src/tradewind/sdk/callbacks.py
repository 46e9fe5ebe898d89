"""Callbacks of tasks and DAGs, called with as many arguments as they take."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable
from typing import Any

from tradewind.sdk.alert_mail import alert
from tradewind.sdk.exceptions import AirflowSkipException

log = logging.getLogger("airflow.task")
_AFTER = {
    "success": "on_success_callback",
    "failed": "on_failure_callback",
    "skipped": "on_skipped_callback",
    "up_for_retry": "on_retry_callback",
}


def listed(given: Any) -> list[Callable[..., Any]]:
    """One callback or several, as a list."""
    if given is None:
        return []
    return list(given) if isinstance(given, Iterable) and not callable(given) else [given]


def call(callback: Callable[..., Any], context: Any) -> Any:
    """Call it with the context, or with nothing when it takes nothing."""
    try:
        parameters = list(inspect.signature(callback).parameters.values())
    except (TypeError, ValueError):
        return callback(context)
    kinds = {p.kind for p in parameters}
    positional = [p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
    if positional or inspect.Parameter.VAR_POSITIONAL in kinds:
        return callback(context)
    if inspect.Parameter.VAR_KEYWORD in kinds:
        return callback(**dict(context))
    named = {p.name: context[p.name] for p in parameters if p.name in context}
    return callback(**named)


def before(task: Any, context: Any) -> None:
    """``on_execute_callback``; an AirflowSkipException in it skips the task, other errors are logged."""
    for callback in listed(task.on_execute_callback):
        try:
            call(callback, context)
        except AirflowSkipException:
            raise
        except Exception:
            log.exception("Failed when executing execute callback")


def after(
    task: Any, context: Any, outcome: str, exception: BaseException | None, *, retryable: bool | None = None
) -> None:
    """Mail and callbacks of the outcome. Their errors are logged and change nothing.

    ``retryable`` False: no try follows, whatever the task's ``retries`` say.
    """
    kind = outcome
    if outcome == "failed":
        context["exception"] = exception
        retry = _will_retry(task, context, retryable)
        if retry:
            kind = "up_for_retry"
        if task.email:
            alert(task, context, exception, retry=retry)
    name = _AFTER.get(kind)
    if name is None:
        return
    for callback in listed(getattr(task, name, None)):
        try:
            call(callback, context)
        except Exception:
            log.exception("Failed when executing %s", name)


def _will_retry(task: Any, context: Any, retryable: bool | None) -> bool:
    from tradewind.sdk.exceptions import AirflowFailException  # noqa: PLC0415  only failures ask

    ti = context["ti"]
    if retryable is False or isinstance(context["exception"], AirflowFailException):
        return False
    return bool(ti.try_number <= ti.max_tries and task.retries >= 0)


def run_dag_callbacks(dag: Any, name: str, context: Any) -> None:
    """Callbacks of the DAG (``on_success_callback`` ...)."""
    for callback in listed(getattr(dag, name, None)):
        try:
            call(callback, context)
        except Exception:
            log.exception("Failed when executing %s of DAG %s", name, dag.dag_id)
