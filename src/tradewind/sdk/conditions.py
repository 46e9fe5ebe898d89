"""``@task.run_if`` and ``@task.skip_if``: a condition asked right before the task runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradewind.sdk.callbacks import call
from tradewind.sdk.exceptions import AirflowSkipException


def guard(
    condition: Callable[..., bool], wanted: bool, message: str | None, before: Callable[..., Any] | None
) -> Callable[[Any], None]:
    """A ``pre_execute`` that skips the task unless the condition is as ``wanted``."""

    def check(context: Any) -> None:
        verdict = call(condition, context)
        said: str | None = None
        if isinstance(verdict, tuple):
            verdict, said = verdict
        if bool(verdict) is not wanted:
            raise AirflowSkipException(
                message or said or f"The condition {getattr(condition, '__name__', condition)} asks to skip"
            )
        if before is not None:
            before(context)

    return check
