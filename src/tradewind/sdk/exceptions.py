"""The exceptions DAG authors raise and catch, under the names they know.

Control flow is by type with fields: skip, fail for good, come back later, hand over to a trigger.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any


class AirflowException(Exception):
    """The root of what a task may raise; a plain one fails the try."""

    status_code = 500


class AirflowBadRequest(AirflowException):
    """The caller asked for something malformed."""

    status_code = 400


class AirflowNotFoundException(AirflowException):
    """A connection, DAG or other named thing does not exist."""

    status_code = 404


class AirflowConfigException(AirflowException):
    """A setting is wrong."""


class AirflowSkipException(AirflowException):
    """The task ends as skipped; no retry."""


class AirflowFailException(AirflowException):
    """The task ends as failed; retries left are not used."""


class AirflowSensorTimeout(AirflowException):
    """The sensor waited longer than its time-out."""


class AirflowTaskTimeout(BaseException):
    """The task ran longer than its execution_timeout. Not an Exception, so that no bare handler swallows it."""


class AirflowTaskTerminated(BaseException):
    """The task's process was told to stop."""


class AirflowRescheduleException(AirflowException):
    """Give the slot back and run again at ``reschedule_date``."""

    def __init__(self, reschedule_date: datetime) -> None:
        super().__init__(f"reschedule at {reschedule_date}")
        self.reschedule_date = reschedule_date


class DownstreamTasksSkipped(AirflowException):
    """The task succeeded and wants these direct downstream tasks skipped."""

    def __init__(self, *, tasks: Iterable[str | tuple[str, int]]) -> None:
        super().__init__("skip downstream")
        self.tasks = list(tasks)


class DagRunTriggerException(AirflowException):
    """Kept for code that catches it."""


class TaskDeferred(BaseException):
    """The task hands over to a trigger and is called again at ``method_name``."""

    def __init__(
        self,
        *,
        trigger: Any,
        method_name: str,
        kwargs: dict[str, Any] | None = None,
        timeout: timedelta | int | float | None = None,
    ) -> None:
        super().__init__()
        self.trigger = trigger
        self.method_name = method_name
        self.kwargs = kwargs
        self.timeout = timedelta(seconds=timeout) if isinstance(timeout, (int, float)) else timeout

    def __repr__(self) -> str:
        return f"<TaskDeferred trigger={self.trigger} method={self.method_name}>"


class TaskDeferralError(AirflowException):
    """The trigger a task waited for failed."""


class TaskDeferralTimeout(AirflowException):
    """The trigger a task waited for did not fire in time."""


def deferral_error(facts: dict[str, Any] | None) -> AirflowException:
    """What to raise in a task whose trigger failed or was late, from what the brain says of it."""
    why = (facts or {}).get("error") or "Trigger failure"
    return (TaskDeferralTimeout if why == "Trigger timeout" else TaskDeferralError)(why)


class DagRunAlreadyExists(AirflowBadRequest):
    """A run with that id or logical date exists."""

    def __init__(self, dag_run: Any = None, execution_date: Any = None, run_id: str | None = None) -> None:
        run_id = run_id or getattr(dag_run, "run_id", None) or (dag_run if isinstance(dag_run, str) else None)
        super().__init__(f"A DAG run {run_id or execution_date} already exists.")
        self.dag_run = dag_run


class DagNotFound(AirflowNotFoundException):
    """There is no such DAG."""


class DagRunNotFound(AirflowNotFoundException):
    """There is no such run."""


class TaskNotFound(AirflowNotFoundException):
    """There is no such task in the DAG."""


class TaskInstanceNotFound(AirflowNotFoundException):
    """There is no such task instance."""


class PoolNotFound(AirflowNotFoundException):
    """There is no such pool."""


class AirflowDagCycleException(AirflowException):
    """The tasks of a DAG form a circle."""


class AirflowDagInconsistent(AirflowException):
    """A DAG's parts contradict each other."""


class AirflowTimetableInvalid(AirflowException):
    """A schedule cannot be understood."""


class DuplicateTaskIdFound(AirflowException):
    """Two tasks or groups of one DAG have the same id. ``file`` and ``line`` say where the second was written."""

    def __init__(self, message: str, *, file: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.file = file
        self.line = line


class TaskAlreadyInTaskGroup(AirflowException):
    """A task cannot join a second group."""

    def __init__(self, task_id: str, existing_group_id: str | None, new_group_id: str) -> None:
        super().__init__(f"cannot add {task_id!r} to {new_group_id!r} (already in {existing_group_id or 'the DAG'!r})")


class MissingArgument(AirflowException, TypeError):
    """An operator was made without an argument it needs; both families, as either is what tests look for."""


class ParamValidationError(AirflowException):
    """A param breaks its schema."""


class XComForMappingNotPushed(AirflowException):
    """A task that others map over returned nothing."""

    def __str__(self) -> str:
        return self.args[0] if self.args else "did not push XCom for task mapping"


class UnmappableXComTypePushed(AirflowException):
    """A task that others map over returned something that is neither a list nor a dict."""


class UnmappableXComLengthPushed(AirflowException):
    """A task that others map over returned more items than allowed."""


class XComNotFound(AirflowException):
    """A value a task depends on was never pushed."""

    def __init__(self, dag_id: str, task_id: str, key: str) -> None:
        super().__init__(
            f"XComArg result from {task_id} at {dag_id} with key={key!r} is not found: "
            f"the task has not run, or pushed nothing under that key."
        )
        self.dag_id, self.task_id, self.key = dag_id, task_id, key


class AirflowOptionalProviderFeatureException(AirflowException):
    """A feature needs a package that is not installed."""


class DeserializingResultError(ValueError):
    """What another interpreter returned cannot be read here."""

    def __str__(self) -> str:
        return "Error deserializing result. Both interpreters need the packages of the result's type."


class RemovedInAirflow3Warning(DeprecationWarning):
    """An old spelling that newer Airflow refuses; accepted here."""


class AirflowProviderDeprecationWarning(DeprecationWarning):
    """An old spelling of a provider package."""


class TradewindDeprecationWarning(DeprecationWarning):
    """An old spelling that is accepted, with what to write instead."""


class AirflowClusterPolicyError(AirflowException):
    """A policy of the installation has something to say about a DAG file."""


class AirflowClusterPolicyViolation(AirflowClusterPolicyError):
    """Raised by a policy: this DAG must not be here as it is. The file shows an import error."""


class AirflowClusterPolicySkipDag(AirflowClusterPolicyError):
    """Raised by a policy: leave this DAG out without a word."""
