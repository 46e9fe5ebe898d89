"""Alias rows: names that few files import. Looked at only when ``rows_core`` and its neighbours do not know a module."""

from __future__ import annotations

from tradewind.compat.rare_names import EXCEPTIONS

_A, _S, _M, _U = "airflow", "airflow.sdk", "airflow.models", "airflow.utils"
_D, _DEF = "airflow.decorators", "airflow.sdk.definitions"
_PM, _T = f"{_DEF}.partition_mappers", "airflow.timetables"

_DECORATORS = {
    "bash": "bash_task", "branch_external_python": "branch_external_python_task", "branch_python": "branch_task",
    "branch_virtualenv": "branch_virtualenv_task", "external_python": "external_python_task",
    "python": "python_task", "python_virtualenv": "virtualenv_task", "sensor": "sensor_task",
    "short_circuit": "short_circuit_task",
}  # fmt: skip
_START = ("Hour", "Day", "Week", "Month", "Quarter", "Year")
_STARTS = ",".join(f"StartOf{one}Mapper" for one in _START)
_WINDOWS = ",".join((*(f"{one}Window" for one in _START), "SegmentWindow", "Window"))
_RESOURCES = "CpuResource,DiskResource,GpuResource,RamResource,Resource,Resources,MB,GB,TB,PB,EB"
_DEFAULTS = (
    "DEFAULT_EXECUTOR,DEFAULT_IGNORE_FIRST_DEPENDS_ON_PAST,DEFAULT_OWNER,DEFAULT_POOL_SLOTS,DEFAULT_PRIORITY_WEIGHT,"
    "DEFAULT_QUEUE,DEFAULT_RETRIES,DEFAULT_RETRY_DELAY,DEFAULT_TASK_EXECUTION_TIMEOUT,DEFAULT_TRIGGER_RULE,"
    "DEFAULT_WAIT_FOR_PAST_DEPENDS_BEFORE_SKIPPING,DEFAULT_WEIGHT_RULE,MAX_RETRY_DELAY,TaskStateChangeCallback"
)
_SKIPS = "XCOM_SKIPMIXIN_FOLLOWED,XCOM_SKIPMIXIN_KEY,XCOM_SKIPMIXIN_SKIPPED"
_TYPES = "ConfigType,ConfigOptionsDictType,ConfigSectionSourcesType,ConfigSourcesType,ENV_VAR_PREFIX"

ROWS: tuple[tuple[str, ...], ...] = (
    # partitions and other late names of the SDK
    ("sdk.partitions:AllowedKeyMapper", _S, f"{_PM}.allowed_key"),
    ("sdk.partitions:ChainMapper", _S, f"{_PM}.chain"),
    ("sdk.partitions:FixedKeyMapper", _S, f"{_PM}.fixed_key"),
    ("sdk.partitions:IdentityMapper", _S, f"{_PM}.identity"),
    ("sdk.partitions:ProductMapper", _S, f"{_PM}.product"),
    ("sdk.partitions:PartitionMapper,RollupMapper", _S, f"{_PM}.base"),
    (f"sdk.partitions:FanOutMapper,{_STARTS}", _S, f"{_PM}.temporal"),
    ("sdk.partitions:MinimumCount,WaitForAll", _S, f"{_PM}.wait_policy"),
    ("sdk.partitions:WaitPolicy", f"{_PM}.wait_policy"),
    (f"sdk.partitions:{_WINDOWS}", _S, f"{_PM}.window"),
    ("sdk.partitions:AssetAccessControl", _S, f"{_DEF}.asset", f"{_DEF}.asset.access_control"),
    ("sdk.partition_schedules:CronPartitionTimetable", _S, f"{_T}.trigger", f"{_DEF}.timetables.trigger"),
    (
        "sdk.partition_schedules:PartitionedAssetTimetable,PartitionedAtRuntime",
        _S,
        f"{_T}.simple",
        f"{_DEF}.timetables.assets",
    ),
    ("sdk.partition_schedules:DEFAULT_PARTITION_MAPPER", f"{_T}.simple"),
    ("sdk.timetables:AssetOrTimeSchedule", f"{_DEF}.timetables.assets"),
    ("sdk.timetables:EventsTimetable", f"{_DEF}.timetables.events"),
    ("sdk.timetables:CronDataIntervalTimetable,DeltaDataIntervalTimetable", f"{_DEF}.timetables.interval"),
    ("sdk.timetables:NullTimetable,OnceTimetable,ContinuousTimetable", f"{_DEF}.timetables.simple"),
    (
        "sdk.timetables:CronTriggerTimetable,DeltaTriggerTimetable,MultipleCronTriggerTimetable",
        f"{_DEF}.timetables.trigger",
    ),
    ("sdk.timetables:Timetable", f"{_S}.bases.timetable:BaseTimetable"),
    ("compat.odds:result", _S, f"{_DEF}.decorators"),
    ("compat.constants:NEVER_EXPIRE", _S),
    ("sdk.asset:Asset", _A),
    ("sdk.asset:AssetRef", f"{_DEF}.asset:AssetNameRef", f"{_DEF}.asset:AssetUriRef"),
    ("sdk.asset_decorator:AssetDefinition", f"{_DEF}.asset.decorators"),
    ("sdk.decorators:dag,TaskDecorator", f"{_DEF}.decorators"),
    ("sdk.decorators:TaskDecorator", f"{_D}:TaskDecoratorCollection", f"{_DEF}.decorators:TaskDecoratorCollection"),
    ("sdk.context:get_parsing_context", f"{_DEF}.context"),
    (
        "sdk.context:ParsingContext",
        f"{_DEF}.context:AirflowParsingContext",
        f"{_U}.dag_parsing_context:AirflowParsingContext",
    ),
    ("compat.constants:KNOWN_CONTEXT_KEYS", f"{_DEF}.context", f"{_U}.context"),
    ("compat.text:render_template", f"{_DEF}.context"),
    ("compat.odds:render_template_as_native,render_template_to_string", f"{_DEF}.context", f"{_U}.helpers"),
    ("compat.constants:EdgeInfoType", f"{_DEF}.edges", f"{_U}.types"),
    ("compat.odds:prevent_duplicates", f"{_DEF}.mappedoperator", f"{_U}.helpers"),
    ("compat.entities:" + _RESOURCES, f"{_DEF}.operator_resources", f"{_U}.operator_resources"),
    ("compat.constants:MapCallables", f"{_DEF}.xcom_arg", f"{_M}.xcom_arg"),
    (f"compat.constants:{_SKIPS}", f"{_S}.bases.skipmixin", f"{_M}.skipmixin"),
    ("compat.constants:TIKeyProtocol", f"{_S}.bases.xcom"),
    ("compat.constants:MAX_COLLECTED_ASSETS,MAX_COLLECTED_EXTRA", f"{_S}.lineage"),
    ("compat.odds:is_decorated_task,unwrap_callable,unwrap_partial", f"{_S}.bases.decorator"),
    ("sdk.values:to_json", f"{_S}.serde:serialize", "airflow.serialization.serde:serialize"),
    ("sdk.values:from_json", f"{_S}.serde:deserialize", "airflow.serialization.serde:deserialize"),
    ("compat.json_forms:safe_load,dump", f"{_S}.yaml"),
    # decorators by module
    *((f"compat.odds:{name}", f"{_D}.{module}", _D) for module, name in _DECORATORS.items()),
    ("compat.odds:run_if,skip_if", f"{_D}.condition", f"{_DEF}.decorators.condition"),
    (
        "sdk.decorators:setup",
        f"{_S}:setup",
        f"{_D}.setup_teardown:setup_task",
        f"{_DEF}.decorators.setup_teardown:setup_task",
    ),
    (
        "sdk.decorators:teardown",
        f"{_S}:teardown",
        f"{_D}.setup_teardown:teardown_task",
        f"{_DEF}.decorators.setup_teardown:teardown_task",
    ),
    ("sdk.decorators:task_group", f"{_DEF}.decorators.task_group"),
    ("sdk.mapped:MappedOperator", f"{_D}.base:DecoratedMappedOperator", _M),
    ("sdk.sensors.python:SensorDecoratedOperator", f"{_D}.sensor:DecoratedSensorOperator"),
    ("sdk.decorators:task", "airflow.operators.python"),
    # exceptions
    (f"compat.rare_exceptions:{EXCEPTIONS}", f"{_A}.exceptions", f"{_S}.exceptions"),
    ("compat.rare_exceptions:AirflowContextDeprecationWarning", f"{_U}.context"),
    ("compat.rare_exceptions:DeprecatedImportWarning", f"{_U}.deprecation_tools"),
    ("compat.rare_exceptions:AirflowPluginException", f"{_A}.plugins_manager"),
    ("compat.rare_exceptions:InconsistentDataInterval", f"{_M}.dag"),
    ("compat.rare_exceptions:NotFullyPopulated", f"{_M}.expandinput"),
    ("compat.rare_exceptions:InvalidFernetToken", f"{_M}.crypto"),
    ("compat.rare_exceptions:NotMapped", f"{_M}.abstractoperator"),
    # configuration
    (
        "compat.settings_names:as_dict,getsection,has_option,AIRFLOW_CONFIG,expand_env_var,get_airflow_config,"
        "getlist,getjson,getimport,gettimedelta",
        f"{_A}.configuration",
    ),
    (f"compat.constants:{_TYPES}", f"{_A}.configuration"),
    ("compat.settings_names:get_airflow_config", f"{_S}.configuration"),
    ("sdk.configuration:AirflowConfigParser", f"{_S}.configuration:AirflowSDKConfigParser"),
    ("sdk.configuration:conf", f"{_A}:conf"),
    ("sdk.log:LoggingMixin", f"{_A}:LoggingMixin"),
    # models
    (f"compat.constants:{_DEFAULTS}", f"{_M}.abstractoperator"),
    (
        "compat.constants:Chainable,ScheduleInterval,TaskPostExecuteHook,TaskPreExecuteHook",
        f"{_M}.baseoperator",
    ),
    ("compat.odds:BaseOperatorMeta", f"{_M}.baseoperator"),
    ("sdk.operator_link:BaseOperatorLink", f"{_M}.baseoperator"),
    (
        "compat.constants:CONN_ID_MAX_LEN,RE_SANITIZE_CONN_ID,sanitize_conn_id,parse_netloc_to_hostname",
        f"{_M}.connection",
    ),
    ("compat.fernet:get_fernet,FernetProtocol", f"{_M}.crypto", f"{_S}.crypto"),
    ("compat.fernet:NullFernet", f"{_M}.crypto"),
    (
        "compat.constants:DEFAULT_SCHEDULE_INTERVAL,DEFAULT_VIEW_PRESETS,ORIENTATION_PRESETS,TAG_MAX_LEN,ScheduleInterval,"
        "ScheduleIntervalArg,ScheduleArg,DagStateChangeCallback,SLAMissCallback",
        f"{_M}.dag",
    ),
    ("compat.odds:DagContext", f"{_M}.dag"),
    ("compat.constants:RUN_ID_REGEX", f"{_M}.dagrun"),
    ("sdk.params:DagParam", f"{_M}.dagparam"),
    ("compat.constants:ExpandInput,OperatorExpandArgument,OperatorExpandKwargsArgument", f"{_M}.expandinput"),
    ("sdk.mapped:MappedArgument", f"{_M}.expandinput"),
    ("compat.constants:PAST_DEPENDS_MET,TaskInstanceStateType", f"{_M}.taskinstance"),
    ("sdk.edges:DependencyMixin", f"{_M}.taskmixin:TaskMixin"),
    ("sdk.base_operator:BaseOperator", f"{_M}:Operator"),
    ("compat.constants:ID_LEN", _M, f"{_M}.base"),
    ("compat.constants:MAX_XCOM_SIZE", f"{_M}.xcom", f"{_U}.xcom"),
    ("sdk.values:XCOM_RETURN_KEY", _M),
    (
        "compat.orm:Base,DagTag,RenderedTaskInstanceFields,DagWarning,Deadline,TaskInstanceHistory",
        _M,
    ),
    ("compat.orm:TaskFail", f"{_M}.taskfail"),
    # operators, sensors, hooks, triggers
    ("compat.odds:is_venv_installed", "airflow.operators.python"),
    ("sdk.operators.trigger_dagrun:TriggerDagRunLink", "airflow.operators.trigger_dagrun"),
    ("compat.constants:XCOM_LOGICAL_DATE_ISO,XCOM_RUN_ID", "airflow.operators.trigger_dagrun"),
    ("compat.odds:DagRunOrder", "airflow.operators.dagrun_operator"),
    (
        "sdk.sensors.external_task:ExternalDagLink",
        "airflow.sensors.external_task",
        "airflow.sensors.external_task:ExternalTaskSensorLink",
    ),
    (
        "compat.odds:SubprocessHook,SubprocessResult",
        "airflow.hooks.subprocess",
        "airflow.providers.standard.hooks.subprocess",
    ),
    ("sdk.hooks:BaseHook", "airflow.hooks.base:DiscoverableHook"),
    ("compat.odds:SuccessTrigger,FailureTrigger", "airflow.triggers.testing"),
    ("sdk.listener:hookimpl", "airflow.policies"),
    # executors
    (
        "compat.constants:LOCAL_EXECUTOR,SEQUENTIAL_EXECUTOR,DEBUG_EXECUTOR,CELERY_EXECUTOR,KUBERNETES_EXECUTOR,"
        "CELERY_KUBERNETES_EXECUTOR,LOCAL_KUBERNETES_EXECUTOR,MOCK_EXECUTOR,CORE_EXECUTOR_NAMES",
        "airflow.executors.executor_constants",
    ),
    ("compat.executors:BaseExecutor", "airflow.executors"),
    ("compat.executors:BaseExecutor", "airflow.executors.debug_executor:DebugExecutor"),
    # secrets
    (
        "compat.secret_places:CONN_ENV_PREFIX,VAR_ENV_PREFIX,TEAM_SEP,EnvironmentVariablesBackend",
        "airflow.secrets.environment_variables",
    ),
    ("compat.secret_places:CONN_ENV_PREFIX", "airflow.hooks.base_hook"),
    ("compat.secret_places:MetastoreBackend", "airflow.secrets.metastore"),
    (
        "compat.secret_places:FILE_PARSERS,LocalFilesystemBackend,get_connection_parameter_names,load_variables,"
        "load_connections,load_connections_dict,load_configs_dict",
        "airflow.secrets.local_filesystem",
    ),
    ("compat.secret_places:DEFAULT_SECRETS_SEARCH_PATH", "airflow.secrets", "airflow.secrets.base_secrets"),
    ("compat.secret_places:get_connections,get_variable", "airflow.secrets"),
    # lineage, files, templates
    ("compat.odds:apply_lineage,prepare_lineage,LineageBackend", "airflow.lineage"),
    ("compat.odds:LineageBackend", "airflow.lineage.backend"),
    ("compat.entities:File,Table,Column,Tag,User,default_if_none", "airflow.lineage.entities"),
    ("compat.odds:get_fs,has_fs", "airflow.io", f"{_S}.io", f"{_S}.io.fs"),
    ("compat.constants:Properties", "airflow.io.typedef", f"{_S}.io", f"{_S}.io.typedef"),
    ("sdk.templater:Templater", "airflow.template.templater", f"{_DEF}.templater", f"{_DEF}._internal.templater"),
    ("sdk.template:Literal", "airflow.template.templater:LiteralValue"),
    ("sdk.template:FILTERS", "airflow.templates"),
    # settings
    (
        "compat.constants:KILOBYTE,MEGABYTE,CAN_FORK",
        f"{_A}.settings",
    ),
    ("compat.stats:Stats", f"{_A}.settings"),
    ("compat.constants:PY37", "airflow.hooks", "airflow.operators", "airflow.sensors"),
    # utils
    ("sdk.variable:VariableAccessor", f"{_U}.context"),
    ("sdk.connection:ConnectionAccessor", f"{_U}.context"),
    ("sdk.asset_events:OutletEvents", f"{_U}.context:OutletEventAccessors"),
    ("sdk.asset_events:OutletEvent", f"{_U}.context:OutletEventAccessor"),
    ("sdk.asset_events:InletEvents", f"{_U}.context:InletEventsAccessors"),
    ("compat.odds:get_python_source", f"{_U}.code_utils"),
    ("compat.odds:datetime_to_nano", f"{_U}.dates"),
    ("compat.constants:TimeUnit", f"{_U}.dates"),
    ("compat.constants:COMMENT_PATTERN,ZIP_REGEX", f"{_U}.file"),
    ("compat.files:list_py_file_paths", f"{_U}.dag_processing", f"{_U}.file:find_dag_file_paths"),
    ("compat.files:correct_maybe_zipped", f"{_U}.dag_processing"),
    ("compat.constants:CAMELCASE_TO_SNAKE_CASE_REGEX", f"{_U}.helpers"),
    ("compat.processes:DEFAULT_TIME_TO_WAIT_AFTER_SIGTERM,reap_process_group", f"{_U}.helpers"),
    ("compat.constants:PY2", f"{_U}.decorators"),
    ("compat.constants:ANSI_ESCAPE", f"{_U}.log.logging_mixin"),
    (
        "compat.odds:StreamLogWriter,redirect_stdout,redirect_stderr,set_context",
        f"{_U}.log.logging_mixin",
    ),
    ("compat.mail:send_mime_email", f"{_U}.email:send_MIME_email"),
    ("compat.legacy:merge_dicts", f"{_U}.log.json_formatter"),
    ("compat.constants:DEFAULT_FORMAT_PREFIX,ENV_VAR_FORMAT_PREFIX", f"{_U}.operator_helpers"),
    ("compat.constants:ExecutorConfigType", f"{_U}.sqlalchemy"),
    ("compat.odds:Singleton", f"{_U}.singleton"),
    ("compat.odds:ThreadSafeDict", f"{_U}.thread_safe_dict"),
    ("compat.odds:JobState", f"{_U}.state"),
    ("compat.constants:IntermediateTIState,TerminalTIState", f"{_U}.state"),
    ("compat.odds:local_timezone,parse_timezone", f"{_U}.timezone"),
    ("compat.odds:capture_with_reraise", f"{_U}.warnings"),
    ("compat.constants:DB_SAFE_MAXIMUM,DB_SAFE_MINIMUM,db_safe_priority", f"{_U}.weight_rule"),
    ("sdk.weekdays:WeekDay", "-airflow.contrib.utils.weekday"),
)

MISSING: tuple[tuple[str, str], ...] = ()
