"""Plain values and type names of Airflow's modules that files import: defaults, sizes, patterns, annotations."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tradewind.domain.states import DONE, TaskState

# airflow.models.abstractoperator, airflow.models.dag
DEFAULT_EXECUTOR = None
DEFAULT_IGNORE_FIRST_DEPENDS_ON_PAST = False
DEFAULT_OWNER = "airflow"
DEFAULT_POOL_SLOTS = 1
DEFAULT_PRIORITY_WEIGHT = 1
DEFAULT_QUEUE = "default"
DEFAULT_RETRIES = 0
DEFAULT_RETRY_DELAY = timedelta(seconds=300)
DEFAULT_TASK_EXECUTION_TIMEOUT = None
DEFAULT_TRIGGER_RULE = "all_success"
DEFAULT_WAIT_FOR_PAST_DEPENDS_BEFORE_SKIPPING = False
DEFAULT_WEIGHT_RULE = "downstream"
MAX_RETRY_DELAY = 24 * 60 * 60
DEFAULT_SCHEDULE_INTERVAL = timedelta(days=1)
DEFAULT_VIEW_PRESETS = ["grid", "graph", "duration", "gantt", "landing_times"]
ORIENTATION_PRESETS = ["LR", "TB", "RL", "BT"]
PAST_DEPENDS_MET = "past_depends_met"
XCOM_SKIPMIXIN_KEY, XCOM_SKIPMIXIN_SKIPPED, XCOM_SKIPMIXIN_FOLLOWED = "skipmixin_key", "skipped", "followed"
XCOM_LOGICAL_DATE_ISO, XCOM_RUN_ID = "trigger_logical_date_iso", "trigger_run_id"
MAX_XCOM_SIZE = 49344
NEVER_EXPIRE = timedelta.max

# annotations
ScheduleInterval = ScheduleIntervalArg = ScheduleArg = Any
DagStateChangeCallback = TaskStateChangeCallback = SLAMissCallback = Callable[[Any], None]
TaskPreExecuteHook = Callable[[Any], None]
TaskPostExecuteHook = Callable[[Any, Any], None]
Chainable = MapCallables = OperatorExpandArgument = OperatorExpandKwargsArgument = Any
ExpandInput = TaskInstanceStateType = EdgeInfoType = Properties = TimeUnit = Any
ConfigType = ConfigOptionsDictType = ConfigSectionSourcesType = ConfigSourcesType = Any
ExecutorConfigType = TIKeyProtocol = Any

# airflow.executors.executor_constants
LOCAL_EXECUTOR, SEQUENTIAL_EXECUTOR, DEBUG_EXECUTOR = "LocalExecutor", "SequentialExecutor", "DebugExecutor"
CELERY_EXECUTOR, KUBERNETES_EXECUTOR = "CeleryExecutor", "KubernetesExecutor"
CELERY_KUBERNETES_EXECUTOR, LOCAL_KUBERNETES_EXECUTOR = "CeleryKubernetesExecutor", "LocalKubernetesExecutor"
MOCK_EXECUTOR = "MockExecutor"
CORE_EXECUTOR_NAMES = {
    LOCAL_EXECUTOR, SEQUENTIAL_EXECUTOR, DEBUG_EXECUTOR, CELERY_EXECUTOR, KUBERNETES_EXECUTOR,
    CELERY_KUBERNETES_EXECUTOR, LOCAL_KUBERNETES_EXECUTOR,
}  # fmt: skip

# airflow.models.dagrun, airflow.models.connection, airflow.utils.*
RUN_ID_REGEX = r"^(?:manual|scheduled|asset_triggered|dataset_triggered|backfill)__(?:\d{4}-\d{2}-\d{2}T.*)$"
CONN_ID_MAX_LEN = 200
RE_SANITIZE_CONN_ID = re.compile(r"^[\w#!()\-.:/\\]{1,}$")
ID_LEN, TAG_MAX_LEN = 250, 100
CAMELCASE_TO_SNAKE_CASE_REGEX = re.compile(r"(?!^)([A-Z]+)")
ANSI_ESCAPE = re.compile(r"\x1B[@-_][0-?]*[ -/]*[@-~]")
ZIP_REGEX = re.compile(r"((.*\.zip){})?(.*)".format(re.escape("/")))
COMMENT_PATTERN = re.compile(r"\s*#.*")
ENV_VAR_PREFIX = "AIRFLOW__"
KILOBYTE, MEGABYTE = 1024, 1024 * 1024
MB, GB, TB, PB, EB = 1, 1024, 1024**2, 1024**3, 1024**4
PY2, PY3, PY37, CAN_FORK = False, True, True, True
DB_SAFE_MINIMUM, DB_SAFE_MAXIMUM = -(2**31), 2**31 - 1
KNOWN_CONTEXT_KEYS = frozenset(
    (
        "conf", "conn", "dag", "dag_run", "data_interval_end", "data_interval_start", "ds", "ds_nodash", "exception",
        "inlet_events", "inlets", "logical_date", "macros", "map_index_template", "outlet_events", "outlets", "params",
        "prev_data_interval_end_success", "prev_data_interval_start_success", "prev_end_date_success",
        "prev_start_date_success", "reason", "run_id", "start_date", "task", "task_instance", "task_instance_key_str",
        "templates_dict", "test_mode", "ti", "triggering_asset_events", "try_number", "ts", "ts_nodash",
        "ts_nodash_with_tz", "var",
    )
)  # fmt: skip
IntermediateTIState = frozenset(TaskState) - DONE
TerminalTIState = DONE
DEFAULT_FORMAT_PREFIX, ENV_VAR_FORMAT_PREFIX = "airflow.ctx.", "AIRFLOW_CTX_"
MAX_COLLECTED_ASSETS, MAX_COLLECTED_EXTRA = 100, 200


def db_safe_priority(priority_weight: int) -> int:
    """The number within what a database column holds."""
    return max(DB_SAFE_MINIMUM, min(DB_SAFE_MAXIMUM, priority_weight))


def sanitize_conn_id(conn_id: str | None, max_length: int = CONN_ID_MAX_LEN) -> str | None:
    """The id when it has no other characters than an id may have, else None."""
    ok = isinstance(conn_id, str) and len(conn_id) <= max_length and RE_SANITIZE_CONN_ID.match(conn_id)
    return conn_id if ok else None


def parse_netloc_to_hostname(uri_parts: Any) -> str:
    """The host of a split URI, percent signs resolved."""
    from urllib.parse import unquote  # noqa: PLC0415  only here

    host = unquote(uri_parts.hostname or "")
    return host if "/" not in host else unquote(uri_parts.netloc).rpartition("@")[2].partition(":")[0]
