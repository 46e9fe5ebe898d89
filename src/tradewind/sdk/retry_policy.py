"""Retry policies: what a failure means for the tries that are left, decided by the exception."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from importlib import import_module
from typing import Any

log = logging.getLogger("airflow.task")


class RetryAction(Enum):
    """What to do after a failure."""

    RETRY = "retry"
    FAIL = "fail"
    DEFAULT = "default"


@dataclass(frozen=True)
class RetryDecision:
    """An action, and how long to wait where it is a retry."""

    action: RetryAction = RetryAction.DEFAULT
    retry_delay: timedelta | None = None
    reason: str | None = None

    @classmethod
    def fail(cls, reason: str | None = None) -> RetryDecision:
        """No more tries."""
        return cls(RetryAction.FAIL, reason=reason)

    @classmethod
    def retry(cls, delay: timedelta | None = None, reason: str | None = None) -> RetryDecision:
        """Another try, while there are tries left."""
        return cls(RetryAction.RETRY, delay, reason)

    @classmethod
    def default(cls) -> RetryDecision:
        """As the task's own retries say."""
        return cls()


class RetryPolicy:
    """Subclasses write ``evaluate``; give an instance as ``retry_policy`` of a task. It is asked in the task's process."""

    def evaluate(self, exception: BaseException, try_number: int, max_tries: int, context: Any = None) -> RetryDecision:
        """Decide."""
        raise NotImplementedError(f"{type(self).__name__} must implement evaluate()")

    def __call__(self, exception: BaseException, context: Any) -> Any:
        """The form the running task asks in: False ends the tries, a duration is the wait, None changes nothing."""
        ti = context.get("ti")
        made = self.evaluate(exception, getattr(ti, "try_number", 1), getattr(ti, "max_tries", 0), context)
        if made.reason:
            log.info("Retry policy %s: %s (%s)", type(self).__name__, made.action.value, made.reason)
        if made.action is RetryAction.FAIL:
            return False
        return made.retry_delay if made.action is RetryAction.RETRY else None


@dataclass
class RetryRule:
    """Exceptions (classes, or dotted paths of classes that this process may not have) and what they mean."""

    exception: Any
    action: RetryAction = RetryAction.RETRY
    retry_delay: timedelta | None = None
    reason: str | None = None
    match_subclasses: bool = True

    def __post_init__(self) -> None:
        if not self._specs():
            raise ValueError("RetryRule needs at least one exception.")

    def _specs(self) -> list[Any]:
        return list(self.exception) if isinstance(self.exception, (list, tuple)) else [self.exception]

    def matches(self, exc: BaseException) -> bool:
        """Whether the exception is one of them."""
        kinds = type(exc).__mro__ if self.match_subclasses else (type(exc),)
        paths = {path for kind in kinds for path in (f"{kind.__module__}.{kind.__qualname__}", kind.__qualname__)}
        for each in self._specs():
            if isinstance(each, str):
                if each in paths or _class_of(each) in kinds:
                    return True
            elif each in kinds:
                return True
        return False


def _class_of(path: str) -> Any:
    """The class of a dotted path, or None: it may be re-exported under a shorter one."""
    home, _, name = path.rpartition(".")
    try:
        return getattr(import_module(home), name, None) if home else None
    except ImportError:
        return None


class ExceptionRetryPolicy(RetryPolicy):
    """The first rule that matches decides; otherwise ``default``."""

    def __init__(self, rules: list[RetryRule], default: RetryAction = RetryAction.DEFAULT) -> None:
        self.rules, self.default = list(rules), default

    def evaluate(self, exception: BaseException, try_number: int, max_tries: int, context: Any = None) -> RetryDecision:
        """Look through the rules."""
        for rule in self.rules:
            if rule.matches(exception):
                return RetryDecision(rule.action, rule.retry_delay, rule.reason)
        return RetryDecision(self.default)


class ChainRetryPolicy(RetryPolicy):
    """The first policy that has an opinion decides."""

    def __init__(self, *policies: Any) -> None:
        self.policies = [p for each in policies for p in (each if isinstance(each, (list, tuple)) else [each])]

    def evaluate(self, exception: BaseException, try_number: int, max_tries: int, context: Any = None) -> RetryDecision:
        """Ask one after the other."""
        for policy in self.policies:
            made: RetryDecision = policy.evaluate(exception, try_number, max_tries, context)
            if made.action is not RetryAction.DEFAULT:
                return made
        return RetryDecision.default()
