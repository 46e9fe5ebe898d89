"""Checks and defaults of a task's arguments."""

from __future__ import annotations

import logging
import re
from datetime import datetime, timedelta
from typing import Any

from tradewind.sdk import moments
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.trigger_rule import WeightRule

_KEY = re.compile(r"[\w.-]{1,250}")


def check_key(text: Any, what: str) -> str:
    """An id as given, when it may be one."""
    if not isinstance(text, str):
        raise TypeError(f"The {what} has to be a string, not {text!r} of type {type(text).__name__}")
    if not _KEY.fullmatch(text):
        raise AirflowException(
            f"The {what} {text!r} has to be made of letters, digits, dashes, dots and underscores, at most 250 of them"
        )
    return text


def mapping(value: Any, what: str) -> dict[str, Any]:
    """A dict of a dict or of nothing."""
    if value is not None and not isinstance(value, dict):
        raise AirflowException(f"{what} must be a dict such as {{'retries': 2}}, not {value!r}.")
    return dict(value or {})


def moment_of(dag: Any, name: str, given: Any) -> datetime | None:
    """A date of the DAG, or that of its default_args, aware; AirflowException names it."""
    value = given if given is not None else dag.default_args.get(name)
    try:
        return moments.aware(value)
    except (TypeError, ValueError) as error:
        raise AirflowException(
            f"DAG {dag.dag_id!r}: {name} {value!r} is no date. Write datetime(2026, 1, 31) or '2026-01-31'."
        ) from error


def checked_limits(given: Any, task_id: str) -> tuple[Any, ...]:
    """The limits by key of a task."""
    if given is None:
        return ()
    from tradewind.sdk.key_limits import checked  # noqa: PLC0415  few tasks have any

    return checked(given, task_id)


def setting(section: str, key: str, usual: str) -> str:
    """A setting as text; the usual value where it cannot be read."""
    from tradewind.sdk import configuration  # noqa: PLC0415  settings are read once, on the first task

    try:
        return str(configuration.settings().get(section, key)) or usual
    except Exception:
        logging.getLogger(__name__).debug("setting [%s] %s is unreadable; %r is used", section, key, usual)
        return usual


def default_retries() -> int:
    """[core] default_task_retries."""
    return int(setting("core", "default_task_retries", "0"))


def default_retry_delay() -> timedelta:
    """[core] default_task_retry_delay."""
    return timedelta(seconds=float(setting("core", "default_task_retry_delay", "300")))


def whole(value: Any, name: str, task_id: str) -> int:
    """A whole number, or AirflowException naming the argument."""
    if isinstance(value, bool) or not isinstance(value, int):
        try:
            return int(value)
        except (TypeError, ValueError):
            raise AirflowException(
                f"'{name}' type must be int, not {type(value).__name__} (task {task_id!r})"
            ) from None
    return value


def delta(value: Any, name: str) -> timedelta:
    """A timedelta of a timedelta or of seconds."""
    return timedelta(seconds=moments.seconds(value, name) or 0.0)


def weight_rule_name(rule: Any, task_id: str) -> str:
    """The name of a weight rule, checked."""
    text = str(getattr(rule, "value", rule))
    if WeightRule.is_valid(text):
        return text
    raise AirflowException(
        f"The weight_rule must be one of {[str(r) for r in WeightRule]}, task {task_id!r} has {text!r}."
    )


def listed(value: Any) -> list[Any]:
    """One thing or several, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple, set)) else [value]
