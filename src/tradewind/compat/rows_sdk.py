"""Alias rows: the rest of ``airflow.sdk`` and what provider packages build on (decorators, lineage, executors, statistics)."""

from __future__ import annotations

_S, _U, _M = "airflow.sdk", "airflow.utils", "airflow.models"
_DEF, _INTERNAL, _RUN = f"{_S}.definitions", f"{_S}.definitions._internal", f"{_S}.execution_time"
_STD = "airflow.providers.standard"

ROWS: tuple[tuple[str, ...], ...] = (
    # what authors find at the door of the SDK
    ("sdk.operators.branch:BaseBranchOperator,BranchMixIn", f"{_S}.bases.branch", _S),
    ("sdk.operators.branch:SkipMixin", f"{_S}.bases.skipmixin", _S),
    ("sdk.edges:EdgeModifier", _S),
    ("sdk.task_instance:TaskInstance", f"{_S}.types", _S),
    ("sdk.configuration:conf", _S),
    ("sdk.macros", f"{_S}.macros"),
    ("sdk.asset:AssetRef", f"{_DEF}.asset", f"{_DEF}.asset:AssetUniqueKey"),
    ("sdk.asset:AssetExpression", f"{_DEF}.asset:BaseAsset", "airflow.sdk:BaseAsset"),
    ("compat.legacy:VERSION", f"{_S}:__version__"),
    (
        "sdk.retry_policy:RetryPolicy,RetryAction,RetryDecision,RetryRule,ExceptionRetryPolicy",
        _S,
        f"{_DEF}.retry_policy",
    ),
    ("sdk.retry_policy:ChainRetryPolicy", f"{_DEF}.retry_policy"),
    ("sdk.resumable:ResumableJobMixin", _S, f"{_S}.bases.resumablejobmixin"),
    # decorators
    (
        "sdk.decorated_operator:DecoratedOperator,task_decorator_factory,get_unique_task_id",
        f"{_S}.bases.decorator",
        "airflow.decorators.base",
    ),
    ("sdk.decorators:TaskDecorator", f"{_S}.bases.decorator", "airflow.decorators", "airflow.decorators.base"),
    (
        "sdk.decorated:TaskFactory",
        f"{_S}.bases.decorator:_TaskDecorator",
        f"{_S}.bases.decorator:Task",
        "airflow.decorators.base:_TaskDecorator",
        "airflow.decorators.base:Task",
    ),
    (
        "compat.calling:KeywordParameters,determine_kwargs,is_async_callable",
        f"{_S}.bases.decorator",
        f"{_U}.operator_helpers",
    ),
    ("compat.calling:make_kwargs_callable,ExecutionCallableRunner", f"{_U}.operator_helpers"),
    ("compat.calling:AIRFLOW_VAR_NAME_FORMAT_MAPPING", f"{_RUN}.context", f"{_U}.operator_helpers"),
    ("compat.calling:context_get_outlet_events", f"{_RUN}.context", f"{_U}.context"),
    ("compat.calling:context_merge", f"{_DEF}.context", f"{_U}.context"),
    ("compat.calling:create_executable_runner,create_async_executable_runner", f"{_RUN}.callback_runner"),
    ("compat.calling:is_arg_set", f"{_INTERNAL}.types", f"{_U}.types"),
    ("compat.legacy:SET_DURING_EXECUTION", f"{_INTERNAL}.types"),
    ("sdk.mapped:MappedOperator", f"{_DEF}.mappedoperator", f"{_M}.mappedoperator"),
    ("sdk.mapped:MappedOperator", f"{_S}.bases.decorator:DecoratedMappedOperator"),
    ("sdk.mapped:OperatorPartial", f"{_DEF}.mappedoperator", f"{_M}.mappedoperator"),
    ("sdk.base_operator:BaseOperator", f"{_S}.bases.operator:BaseAsyncOperator", f"{_S}:BaseAsyncOperator"),
    (
        "sdk.base_operator:BaseOperator",
        f"{_INTERNAL}.abstractoperator:AbstractOperator",
        f"{_M}.abstractoperator:AbstractOperator",
    ),
    ("sdk.base_operator:BaseOperator", f"{_M}.operator:Operator", f"{_S}.types:Operator"),
    ("sdk.task_instance:TaskInstanceKey", f"{_S}.types"),
    ("sdk.poke:poke_mode_only", f"{_S}.bases.sensor", "airflow.sensors.base"),
    ("sdk.template:literal", f"{_DEF}.template"),
    ("sdk.listener:hookimpl", f"{_S}._shared.listeners"),
    ("compat.listeners:get_listener_manager,ListenerManager", f"{_S}.listener", "airflow.listeners.listener"),
    ("sdk.secrets:BaseSecretsBackend", f"{_S}.bases.secrets_backend"),
    ("compat.text:import_string", f"{_S}._shared.module_loading"),
    # what runs beside a task
    ("compat.timeouts:timeout,TimeoutPosix", f"{_RUN}.timeout", f"{_U}.timeout"),
    ("compat.stats:Stats,normalize_name_for_stats", f"{_S}.observability.stats", "airflow.stats"),
    ("compat.stats", f"{_S}.observability.stats", "airflow.stats", f"{_S}._shared.observability.metrics.stats"),
    ("compat.stats:Stats", "airflow.observability.stats"),
    ("compat.stats:Timer", "airflow.observability.stats", "airflow.metrics.protocols"),
    (
        "compat.lineage:HookLineageCollector,HookLineageReader,HookLineage,NoOpCollector,AssetLineageInfo,"
        "ExtraLineageInfo,get_hook_lineage_collector",
        f"{_S}.lineage",
        "airflow.lineage.hook",
    ),
    ("compat.lineage:DatasetLineageInfo", "airflow.lineage.hook"),
    (
        "sdk.masking:mask_secret,redact",
        f"{_S}.log",
        f"{_S}._shared.secrets_masker",
        f"{_RUN}.secrets_masker",
        f"{_U}.log.secrets_masker",
    ),
    (
        "compat.masker:SecretsMasker,Redactable,Redacted,_secrets_masker,should_hide_value_for_key,RedactedIO,merge,"
        "DEFAULT_SENSITIVE_FIELDS,reset_secrets_masker",
        f"{_S}._shared.secrets_masker",
        f"{_RUN}.secrets_masker",
        f"{_U}.log.secrets_masker",
    ),
    ("compat.masker:relative_path_from_logger", f"{_S}.log"),
    (
        "compat.providers_manager:ProvidersManager,ProviderInfo,HookInfo,DialectInfo,PluginInfo",
        "airflow.providers_manager",
    ),
    ("compat.providers_manager:NotificationInfo,ConnectionFormWidgetInfo", "airflow.providers_manager"),
    (
        "compat.providers_manager:ProvidersManagerTaskRuntime",
        f"{_S}.providers_manager_runtime",
        f"{_S}.plugins_manager",
    ),
    ("compat.text:iter_namespace,qualname,is_valid_dotpath", f"{_S}.module_loading", f"{_U}.module_loading"),
    ("compat.text:iter_namespace,qualname,is_valid_dotpath", f"{_S}._shared.module_loading"),
    ("compat.task_handler:FileTaskHandler", f"{_U}.log.file_task_handler"),
    (
        "compat.executors:BaseExecutor,ExecutorConf,PARALLELISM",
        "airflow.executors.base_executor",
    ),
    ("compat.executors:ExecutorLoader", "airflow.executors.executor_loader"),
    ("compat.executors:ExecuteTask,ExecuteCallback,All", "airflow.executors.workloads"),
    ("compat.executors:ExecuteTask", "airflow.executors.workloads.task"),
    ("compat.executors:ExecuteCallback", "airflow.executors.workloads.callback"),
    ("compat.executors:WorkloadType", "airflow.executors.workloads.base"),
    (
        "compat.executors:TaskInstanceUuid,WorkloadKey,WorkloadState,ExecutorWorkload",
        "airflow.executors.workloads.types",
    ),
    ("sdk.object_storage:ObjectStoragePath", _S, "airflow.io.path", f"{_S}.io.path", f"{_S}.io"),
    ("sdk.exceptions:DeserializingResultError", "airflow.exceptions"),
)

_X = "compat.orm:"
_RESOURCES = "airflow.api_fastapi.auth.managers.models.resource_details"

#: Database models: importable, and of no use; see ``compat.orm``.
MODELS: tuple[tuple[str, ...], ...] = (
    (
        f"{_X}DagModel,Pool,Log,SlaMiss,TaskReschedule,XComModel,DagPickle,ImportError,Trigger,TaskFail,DbCallbackRequest,"
        "clear_task_instances",
        _M,
    ),
    (f"{_X}DagModel,DagTag,DagOwnerAttributes", f"{_M}.dag"),
    (f"{_X}DagModel", f"{_M}.dagmodel"),
    (f"{_X}Pool", f"{_M}.pool"),
    (f"{_X}Log", f"{_M}.log"),
    (f"{_X}Trigger", f"{_M}.trigger"),
    (f"{_X}TaskReschedule", f"{_M}.taskreschedule"),
    (f"{_X}SlaMiss", f"{_M}.slamiss"),
    (f"{_X}TaskMap", f"{_M}.taskmap"),
    (f"{_X}DagCode", f"{_M}.dagcode"),
    (f"{_X}DagPickle", f"{_M}.dagpickle"),
    (f"{_X}DagVersion", f"{_M}.dag_version"),
    (f"{_X}DagWarning", f"{_M}.dagwarning"),
    (f"{_X}DagRunNote", f"{_M}.dagrun"),
    (f"{_X}ImportError", f"{_M}.errors", f"{_M}.errors:ParseImportError"),
    (f"{_X}DbCallbackRequest", f"{_M}.db_callback_request"),
    (f"{_X}SerializedDagModel", f"{_M}.serialized_dag"),
    (f"{_X}RenderedTaskInstanceFields", f"{_M}.renderedtifields"),
    (f"{_X}TaskInstanceHistory", f"{_M}.taskinstancehistory"),
    (f"{_X}SimpleTaskInstance,TaskInstanceNote,clear_task_instances", f"{_M}.taskinstance"),
    (f"{_X}DagBundleModel", f"{_M}.dagbundle"),
    (f"{_X}Base", f"{_M}.base"),
    (f"{_X}XComModel", f"{_M}.xcom"),
    (
        f"{_X}AssetModel,AssetEvent,AssetDagRunQueue,DagScheduleAssetReference,TaskOutletAssetReference,expand_alias_to_assets",
        f"{_M}.asset",
    ),
    (f"{_X}DatasetModel,DatasetEvent,DatasetDagRunQueue", f"{_M}.dataset"),
    (f"{_X}Job", "airflow.jobs.job"),
    (f"{_X}BaseJob", "airflow.jobs.base_job"),
    (f"{_X}SchedulerJob", "airflow.jobs.scheduler_job"),
    (f"{_X}SerializedBaseOperator,SerializedDAG,BaseSerialization", "airflow.serialization.serialized_objects"),
    (f"{_X}create_scheduler_operator", "airflow.serialization.serialized_objects"),
    (f"{_X}SerializedMappedOperator", "airflow.serialization.definitions.mappedoperator"),
    (f"{_X}encode_timetable,coerce_to_core_timetable", "airflow.serialization.encoders"),
    (
        "compat.access_words:ConfigurationDetails,ConnectionDetails,DagDetails,BackfillDetails,AssetDetails,"
        "AssetAliasDetails,PoolDetails,TeamDetails,VariableDetails,AccessView,DagAccessEntity",
        _RESOURCES,
    ),
    ("compat.access_words:DatasetDetails,AccessView", "airflow.auth.managers.models.resource_details"),
    (
        "compat.access_words:BaseUser",
        "airflow.api_fastapi.auth.managers.models.base_user",
        "airflow.auth.managers.models.base_user",
    ),
)
ROWS += MODELS

_AUTH = "Tradewind's API and page have their own users and roles; auth managers of other packages are not used."
_CLI = "Tradewind's command line has no plug-in commands."

MISSING: tuple[tuple[str, str], ...] = (
    ("airflow.api_fastapi.app:AUTH_MANAGER_FASTAPI_APP_PREFIX,get_auth_manager,get_cookie_path", _AUTH),
    ("airflow.api_fastapi.auth.managers.base_auth_manager:BaseAuthManager,COOKIE_NAME_JWT_TOKEN", _AUTH),
    ("airflow.api_fastapi.common.router:AirflowRouter", _AUTH),
    ("airflow.api_fastapi.core_api.base:BaseModel", _AUTH),
    (
        "airflow.cli.cli_config:ARG_BUNDLE_NAME,ARG_DAG_ID,ARG_LOGICAL_DATE,ARG_OUTPUT_PATH,ARG_VERBOSE,ActionCommand,"
        "Arg,CLICommand,GroupCommand,lazy_load_command,positive_int",
        _CLI,
    ),
    ("airflow.cli.cli_parser:AirflowHelpFormatter,DefaultHelpParser", _CLI),
)
