"""Which names ``rare_exceptions`` offers, without loading it."""

from __future__ import annotations

EXCEPTIONS = (
    "RemovedInAirflow4Warning,FileSyntaxError,AirflowFileParseException,ErrorType,AirflowClearRunningTaskException,"
    "AirflowDagDuplicatedIdException,AirflowInternalRuntimeError,AirflowRuntimeError,AirflowSecretsBackendAccessDenied,"
    "AirflowUnsupportedFileTypeException,AirflowWebServerTimeout,BackfillUnfinished,ConnectionNotUnique,"
    "DagConcurrencyLimitReached,DagNotPartitionedError,DagRunTypeNotAllowed,DeserializationError,"
    "FailFastDagInvalidTriggerRule,FailStopDagInvalidTriggerRule,InvalidPartitionKeyError,InvalidStatsNameException,"
    "NoAvailablePoolSlot,NodeNotFound,NotMapped,SerializationError,TaskAlreadyRunningError,TaskAwaitingInput,"
    "TaskConcurrencyLimitReached,UnknownExecutorException,UnmappableOperator,VariableNotUnique,DagCodeNotFound,"
    "DagFileExists,AirflowInactiveAssetInInletOrOutletException"
)
