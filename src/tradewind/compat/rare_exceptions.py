"""Exceptions of ``airflow.exceptions`` and ``airflow.sdk.exceptions`` that Tradewind itself never raises. Files import
them to catch them, and raise some; each has the base that Airflow's has, so an ``except`` of the base still works.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from tradewind.sdk.exceptions import AirflowBadRequest, AirflowException, AirflowNotFoundException


def _kind(name: str, *bases: type[BaseException]) -> Any:
    return type(name, bases or (AirflowException,), {"__module__": __name__, "__doc__": f"{name}, as in Airflow."})


class RemovedInAirflow4Warning(DeprecationWarning):
    """Warns of what Airflow 4 will not have."""


class AirflowContextDeprecationWarning(DeprecationWarning):
    """Warns of an old key of the context."""


class DeprecatedImportWarning(FutureWarning):
    """Warns of an old import path."""


class FileSyntaxError:
    """A line of a file that is not understood."""

    def __init__(self, line_no: int | None, message: str) -> None:
        self.line_no, self.message = line_no, message

    def __str__(self) -> str:
        return f"{self.message}. Line number: {self.line_no},"


class AirflowFileParseException(AirflowException):
    """A file of connections or variables that is not understood."""

    def __init__(self, msg: str, file_path: str, parse_errors: list[FileSyntaxError]) -> None:
        super().__init__(msg)
        self.msg, self.file_path, self.parse_errors = msg, file_path, parse_errors

    def __str__(self) -> str:
        told = "\n".join(str(one) for one in self.parse_errors)
        return f"{self.msg}\nFilename: {self.file_path}\n\n{told}"


class ErrorType(StrEnum):
    """What Airflow's workers are told went wrong."""

    CONNECTION_NOT_FOUND = "CONNECTION_NOT_FOUND"
    VARIABLE_NOT_FOUND = "VARIABLE_NOT_FOUND"
    XCOM_NOT_FOUND = "XCOM_NOT_FOUND"
    ASSET_NOT_FOUND = "ASSET_NOT_FOUND"
    DAGRUN_ALREADY_EXISTS = "DAGRUN_ALREADY_EXISTS"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    API_SERVER_ERROR = "API_SERVER_ERROR"
    GENERIC_ERROR = "GENERIC_ERROR"


_OF_AIRFLOW = (
    "AirflowClearRunningTaskException", "AirflowDagDuplicatedIdException", "AirflowInternalRuntimeError:BaseException",
    "AirflowRuntimeError:Exception", "AirflowSecretsBackendAccessDenied", "AirflowUnsupportedFileTypeException",
    "AirflowWebServerTimeout", "BackfillUnfinished", "ConnectionNotUnique", "DagConcurrencyLimitReached",
    "DagNotPartitionedError:ValueError", "DagRunTypeNotAllowed", "DeserializationError:Exception",
    "FailFastDagInvalidTriggerRule", "FailStopDagInvalidTriggerRule", "InvalidPartitionKeyError:ValueError",
    "InvalidStatsNameException", "NoAvailablePoolSlot", "NodeNotFound", "NotMapped:Exception",
    "SerializationError", "TaskAlreadyRunningError", "TaskAwaitingInput:BaseException",
    "TaskConcurrencyLimitReached", "UnknownExecutorException:ValueError", "UnmappableOperator", "VariableNotUnique",
    "AirflowPluginException:Exception", "InconsistentDataInterval", "NotFullyPopulated:RuntimeError",
    "InvalidFernetToken:Exception", "TimeoutError:Exception",
)  # fmt: skip
_BUILT_IN: dict[str, type[BaseException]] = {
    one.__name__: one for one in (Exception, BaseException, ValueError, RuntimeError)
}
for _entry in _OF_AIRFLOW:
    _name, _, _base = _entry.partition(":")
    globals()[_name] = _kind(_name, _BUILT_IN[_base] if _base else AirflowException)

DagCodeNotFound = _kind("DagCodeNotFound", AirflowNotFoundException)
DagFileExists = _kind("DagFileExists", AirflowBadRequest)
AirflowInactiveAssetInInletOrOutletException = _kind("AirflowInactiveAssetInInletOrOutletException")
