"""One frozen ``Settings``, read once at the edge of each process.

Every section and key keeps Airflow's name. Sources, first hit wins: ``TRADEWIND__SECTION__KEY``,
``AIRFLOW__SECTION__KEY``, the file (``tradewind.cfg``, else ``airflow.cfg``) in the home, the default below. Home is
``TRADEWIND_HOME``, else ``AIRFLOW_HOME``, else ``~/tradewind``. The reference page is generated from ``OPTIONS``.
"""

from __future__ import annotations

import configparser
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tradewind.errors import InvalidArgument, did_you_mean


@dataclass(frozen=True)
class Option:
    """One setting: where it lives, its type, default and meaning. ``{home}`` in a default is the home folder."""

    section: str
    key: str
    default: str
    kind: type  # str, int, float, bool
    doc: str
    aliases: tuple[tuple[str, str], ...] = ()  # older (section, key) names that are still read


def _o(section: str, key: str, default: str, kind: type, doc: str, *aliases: tuple[str, str]) -> Option:
    return Option(section, key, default, kind, doc, aliases)


OPTIONS: tuple[Option, ...] = (
    _o(
        "core",
        "plugins_folder",
        "{home}/plugins",
        str,
        "Folder with plugins; its modules can be imported by DAG files.",
    ),
    _o("core", "dags_folder", "{home}/dags", str, "Folder with DAG files."),
    _o(
        "core",
        "executor",
        "LocalExecutor",
        str,
        "Default executor: LocalExecutor or SequentialExecutor; several names separated by commas, the first is the default.",
    ),
    _o(
        "core",
        "check_slas",
        "True",
        bool,
        "Look whether tasks keep their sla. False: nothing is written down, mailed or called.",
    ),
    _o("core", "max_map_length", "100000", int, "Most instances a mapped task may have."),
    _o("core", "parallelism", "32", int, "Task instances that may run at once, per scheduler. 0: no limit."),
    _o(
        "core",
        "local_parallelism",
        "0",
        int,
        "Processes the local executor runs at once. 0: as many as parallelism allows.",
    ),
    _o(
        "core",
        "max_active_tasks_per_dag",
        "16",
        int,
        "Running task instances of one DAG, over all its runs, where the DAG says nothing.",
        ("core", "dag_concurrency"),
    ),
    _o("core", "max_active_runs_per_dag", "16", int, "Active runs of one DAG where the DAG says nothing."),
    _o("core", "dags_are_paused_at_creation", "True", bool, "New DAGs start switched off."),
    _o("core", "load_examples", "True", bool, "Show the example DAGs that come with Tradewind."),
    _o("core", "default_timezone", "utc", str, "Zone of naive dates in DAG files."),
    _o("core", "dagbag_import_timeout", "30.0", float, "Seconds a DAG file may take to import."),
    _o("core", "dag_ignore_file_syntax", "regexp", str, "How lines of .airflowignore are read: regexp or glob."),
    _o("core", "dag_discovery_safe_mode", "True", bool, "Parse only files whose text names a DAG and the library."),
    _o("core", "dag_file_processor_timeout", "50", int, "Seconds a parse process may take in all."),
    _o("core", "default_task_retries", "0", int, "Retries of a task that says nothing."),
    _o("core", "default_task_retry_delay", "300", float, "Seconds between tries of a task that says nothing."),
    _o("core", "default_pool_task_slot_count", "128", int, "Slots of default_pool when it is made."),
    _o(
        "core",
        "fernet_key",
        "",
        str,
        "Key (or comma-separated keys, newest first) that encrypts secrets. Empty: one is made in {home}/fernet.key.",
    ),
    _o(
        "core",
        "test_connection",
        "Disabled",
        str,
        "Whether the page and the API may try connections out (Enabled, Disabled): it lets who may edit them reach any address.",
    ),
    _o("core", "isolation", "fork", str, "How a task gets its process: fork (warm) or fresh (a new interpreter)."),
    _o(
        "core",
        "killed_task_cleanup_time",
        "60",
        float,
        "Seconds between SIGTERM and SIGKILL for a task that is told to stop.",
    ),
    _o("core", "task_output_limit", "0", int, "Bytes one try may log. 0: no limit."),
    _o("core", "hostname_callable", "socket.getfqdn", str, "How a worker names its host."),
    _o(
        "database",
        "sql_alchemy_conn",
        "sqlite:///{home}/tradewind.db",
        str,
        "SQLAlchemy address of the database.",
        ("core", "sql_alchemy_conn"),
    ),
    _o(
        "database",
        "sqlite_synchronous",
        "NORMAL",
        str,
        "SQLite durability: NORMAL survives kill -9 of any process, FULL also power loss.",
    ),
    _o(
        "database",
        "load_default_connections",
        "False",
        bool,
        "Make Airflow's sample connections in a new database.",
        ("core", "load_default_connections"),
    ),
    _o(
        "scheduler",
        "scheduler_idle_poll_seconds",
        "5.0",
        float,
        "Safety poll of an idle scheduler; events wake it at once.",
        ("scheduler", "scheduler_idle_sleep_time"),
        ("scheduler", "processor_poll_interval"),
    ),
    _o("scheduler", "scheduler_heartbeat_sec", "5", float, "Seconds between heartbeats of a scheduler."),
    _o(
        "scheduler",
        "scheduler_health_check_threshold",
        "30",
        float,
        "Seconds without a heartbeat after which a process is taken for dead, and the page says so.",
    ),
    _o("scheduler", "enable_health_check", "False", bool, "Answer /health on a port of the scheduler's own process."),
    _o("scheduler", "scheduler_health_check_server_host", "0.0.0.0", str, "Where that endpoint listens."),
    _o("scheduler", "scheduler_health_check_server_port", "8974", int, "Its port."),
    _o("scheduler", "catchup_by_default", "True", bool, "Run missed intervals of a DAG that says nothing."),
    _o(
        "scheduler",
        "attempt_lease_seconds",
        "60",
        float,
        "A try whose worker has not been heard of for this long is lost.",
        ("scheduler", "task_instance_heartbeat_timeout"),
        ("scheduler", "scheduler_zombie_task_threshold"),
    ),
    _o(
        "scheduler",
        "run_lease_seconds",
        "60",
        float,
        "Runs of a scheduler that has not been heard of for this long are taken over by another.",
    ),
    _o(
        "scheduler",
        "callback_parallelism",
        "4",
        int,
        "Callbacks of DAGs (on_failure_callback, sla_miss_callback, deadline ...) that are called at once, beside the"
        " tasks.",
    ),
    _o("scheduler", "callback_timeout", "300", float, "Seconds a callback of a DAG may take. 0: no limit."),
    _o(
        "scheduler",
        "callback_tries",
        "3",
        int,
        "How often a callback of a DAG is called when the process that called it is lost each time. One that raises is"
        " not called again.",
    ),
    _o("scheduler", "lost_task_restarts", "3", int, "Restarts of a task whose worker was lost, not counted as tries."),
    _o(
        "scheduler", "task_queued_timeout", "600", float, "A try handed over but not started for this long is put back."
    ),
    _o(
        "scheduler",
        "standalone_dag_processor",
        "False",
        bool,
        "`tradewind scheduler` reads no DAG files itself: a `tradewind dag-processor` does.",
    ),
    _o(
        "scheduler",
        "allowed_run_id_pattern",
        "^[A-Za-z0-9_.~:+-]+$",
        str,
        "Run ids that people may choose, as a regular expression. Slashes are never allowed.",
    ),
    _o(
        "scheduler", "team_weights", "", str, "Weights of teams for fair share, such as research: 3, ops: 1. Others: 1."
    ),
    _o(
        "scheduler",
        "guaranteed_share",
        "0.25",
        float,
        "Part of the slots that goes to DAGs that wait long, whatever their weight. 0: weight alone decides.",
    ),
    _o("scheduler", "guaranteed_share_after", "60", float, "Seconds without a slot after which that part helps."),
    _o("scheduler", "max_dagruns_to_create_per_loop", "100", int, "Runs made in one pass."),
    _o(
        "dag_processor",
        "refresh_interval",
        "300",
        float,
        "Seconds between full looks at the DAGs folder; file events are seen at once.",
        ("scheduler", "dag_dir_list_interval"),
    ),
    _o(
        "dag_processor",
        "parsing_processes",
        "2",
        int,
        "DAG files parsed at once.",
        ("scheduler", "parsing_processes"),
        ("scheduler", "max_threads"),
    ),
    _o(
        "dag_processor",
        "volatile_reparse_interval",
        "30",
        float,
        "Files that ask for the time or the network at import are parsed again after so many seconds"
        " (where only min_file_process_interval is set: after that, but no sooner than 1).",
    ),
    _o(
        "dag_processor",
        "min_file_process_interval",
        "0",
        float,
        "No file is parsed twice within so many seconds, not even one that is edited. 0: at once.",
        ("scheduler", "min_file_process_interval"),
    ),
    _o(
        "dag_processor",
        "print_stats_interval",
        "30",
        float,
        "Seconds between tables of DAG file processing statistics in dag_processor_manager.log. 0: none.",
        ("scheduler", "print_stats_interval"),
    ),
    _o(
        "worker",
        "heartbeat_seconds",
        "5",
        float,
        "Seconds between lease renewals of a worker host: the heartbeats of its tasks.",
        ("scheduler", "job_heartbeat_sec"),
    ),
    _o("worker", "file_zygotes", "8", int, "Imported DAG files a worker keeps warm."),
    _o("worker", "file_zygote_tasks", "10000", int, "Tasks after which a warm DAG file is imported anew."),
    _o("worker", "orphan_grace_seconds", "300", float, "How long an idle worker host outlives its scheduler."),
    _o("logging", "base_log_folder", "{home}/logs", str, "Where task logs rest.", ("core", "base_log_folder")),
    _o("logging", "logging_level", "INFO", str, "Level of the processes' own logs.", ("core", "logging_level")),
    _o("api", "host", "127.0.0.1", str, "Address the page and the API listen on.", ("webserver", "web_server_host")),
    _o("api", "port", "8080", int, "Port of the page and the API.", ("webserver", "web_server_port")),
    _o(
        "api",
        "secret_key",
        "",
        str,
        "Signs sessions. Empty: one is made in {home}/secret.key.",
        ("webserver", "secret_key"),
    ),
    _o(
        "api",
        "auth_backends",
        "",
        str,
        "How programs log in to /api/v1 and /api/v2. Empty: with a password or a token. Only deny_all (or "
        "airflow.api.auth.backend.deny_all): not at all, the page alone is served; any other backend means the same as empty.",
        ("api", "auth_backend"),
    ),
    _o("api", "session_hours", "720", float, "How long a log-in lasts."),
    _o("api", "maximum_page_limit", "1000", int, "Largest page of a list."),
    _o("api", "base_url", "", str, "Address people use for the page, for links.", ("webserver", "base_url")),
    _o("secrets", "backend", "", str, "Class path of a secrets backend asked before the environment."),
    _o("secrets", "backend_kwargs", "{}", str, "JSON arguments of the secrets backend."),
    _o("core", "keep_xcom_on_retry", "True", bool, "A try that follows a failed one finds what that one pushed."),
    _o(
        "xcom", "inline_value_bytes", "200000", int, "XCom values larger than this go to the value store by themselves."
    ),
    _o(
        "xcom", "value_store", "", str, "Folder, or address such as s3://bucket/prefix, of large values; {home}/values."
    ),
    _o("xcom", "value_store_options", "{}", str, "JSON arguments of the file system of that address."),
    _o(
        "xcom",
        "backend",
        "",
        str,
        "Class path of a BaseXCom subclass that stores values its own way.",
        ("core", "xcom_backend"),
    ),
    _o(
        "xcom",
        "enable_pickling",
        "False",
        bool,
        "Pickle values that have no JSON form. Whoever can write values can then run code in tasks.",
        ("core", "enable_xcom_pickling"),
    ),
    _o("xcom", "max_value_bytes", "10000000", int, "Largest XCom value; larger is an error with advice."),
    _o("operators", "default_owner", "airflow", str, "Owner of a task that names none."),
    _o("operators", "default_queue", "default", str, "Queue of a task that names none.", ("celery", "default_queue")),
)

_BY_NAME: dict[tuple[str, str], Option] = {(o.section, o.key): o for o in OPTIONS}
for _option in OPTIONS:
    for _alias in _option.aliases:
        _BY_NAME.setdefault(_alias, _option)

#: What a value must be beyond its type. Numbers are never negative unless they stand here.
_CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("core", "isolation"): ("fork", "fresh"),
    ("core", "dag_ignore_file_syntax"): ("regexp", "glob"),
    ("database", "sqlite_synchronous"): ("OFF", "NORMAL", "FULL", "EXTRA"),
    ("logging", "logging_level"): ("DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL", "FATAL", "NOTSET"),
}
_RANGES: dict[tuple[str, str], tuple[float, float]] = {
    ("api", "port"): (0, 65535),
    ("core", "default_pool_task_slot_count"): (-1, math.inf),
    ("core", "dagbag_import_timeout"): (0.1, math.inf),
    ("scheduler", "attempt_lease_seconds"): (0.1, math.inf),
    ("scheduler", "run_lease_seconds"): (1, math.inf),
    ("scheduler", "guaranteed_share"): (0, 1),
    ("scheduler", "scheduler_heartbeat_sec"): (0.1, math.inf),
    ("scheduler", "scheduler_health_check_server_port"): (0, 65535),
    ("scheduler", "scheduler_idle_poll_seconds"): (0.01, math.inf),
    ("worker", "heartbeat_seconds"): (0.05, math.inf),
    ("api", "maximum_page_limit"): (1, math.inf),
}

_TRUE, _FALSE = {"true", "t", "1", "yes", "y", "on"}, {"false", "f", "0", "no", "n", "off"}


def _convert(option: Option, text: str, source: str) -> Any:
    text = text.strip()
    place = f"[{option.section}] {option.key}"
    try:
        if option.kind is bool:
            low = text.lower()
            if low in _TRUE or low in _FALSE:
                return low in _TRUE
            raise ValueError(text)
        value = option.kind(text)
    except ValueError:
        raise InvalidArgument(
            f"{place} must be {'a yes or no' if option.kind is bool else option.kind.__name__}, not {text!r} (from {source}).",
            field=place,
            hint="Mend the value there.",
        ) from None
    wanted = _wrong(option, value)
    if wanted is not None:
        raise InvalidArgument(
            f"{place} must be {wanted}, not {text!r} (from {source}).", field=place, hint="Mend the value there."
        )
    return value


def _wrong(option: Option, value: Any) -> str | None:
    """What the value should have been; None when it is well."""
    place = (option.section, option.key)
    choices = _CHOICES.get(place)
    if choices and str(value).lower() not in {choice.lower() for choice in choices}:
        return f"one of {', '.join(choices)}"
    if option.kind in (int, float):
        least, most = _RANGES.get(place, (0, math.inf))
        if not (math.isfinite(value) and least <= value <= most):
            return f"from {least:g} to {most:g}" if math.isfinite(most) else f"a number not below {least:g}"
    if place == ("core", "default_timezone") and value.lower() not in ("utc", "system", "local"):
        from zoneinfo import ZoneInfo  # noqa: PLC0415  most installations stay with UTC and need not load it

        try:
            ZoneInfo(value)
        except (ValueError, OSError, LookupError):
            return "the name of a time zone such as Europe/Amsterdam"
    return None


def home_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The home folder; not made here."""
    given = environ.get("TRADEWIND_HOME") or environ.get("AIRFLOW_HOME")
    return Path(given).expanduser().resolve() if given else Path.home() / "tradewind"


@dataclass(frozen=True)
class Settings:
    """All settings of one process. ``get`` by Airflow's section and key; ``origin`` says where a value came from."""

    home: Path
    values: Mapping[tuple[str, str], Any]
    origins: Mapping[tuple[str, str], str]
    #: sections and keys of the file and the environment that we do not know (kept: user code may ask for them)
    foreign: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def get(self, section: str, key: str) -> Any:
        """The value, typed. Unknown names raise InvalidArgument with a guess."""
        section, key = section.lower(), key.lower()
        option = _BY_NAME.get((section, key))
        if option is not None:
            return self.values[(option.section, option.key)]
        if (section, key) in self.foreign:
            return self.foreign[(section, key)]
        raise InvalidArgument(
            f"There is no setting [{section}] {key}.",
            field=f"[{section}] {key}",
            hint=did_you_mean(f"{section}.{key}", [f"{o.section}.{o.key}" for o in OPTIONS]),
        )

    def get_str(self, section: str, key: str) -> str:
        """The value as text."""
        return str(self.get(section, key))

    def get_int(self, section: str, key: str) -> int:
        """The value as a whole number."""
        return int(self.get(section, key))

    def get_float(self, section: str, key: str) -> float:
        """The value as a number."""
        return float(self.get(section, key))

    def get_bool(self, section: str, key: str) -> bool:
        """The value as yes or no."""
        return bool(self.get(section, key))

    def get_path(self, section: str, key: str) -> Path:
        """The value as an absolute path."""
        return Path(str(self.get(section, key))).expanduser().absolute()

    @property
    def log_folder(self) -> Path:
        """Where task logs rest."""
        return self.get_path("logging", "base_log_folder")


def misspelt(environ: Mapping[str, str] = os.environ) -> list[str]:
    """A sentence for each ``TRADEWIND__...`` variable that names no setting of ours: most likely a slip of the pen.

    (User code may read settings of its own, so this is no error. Airflow has many settings that mean nothing here.)
    """
    known = [f"TRADEWIND__{section}__{key}".upper() for section, key in _BY_NAME]
    strange = [n for n in environ if n.startswith("TRADEWIND__") and n.count("__") >= 2 and n.upper() not in known]
    return [f"{name} names no setting. {did_you_mean(name.upper(), known) or ''}".rstrip() for name in sorted(strange)]


def load_settings(
    environ: Mapping[str, str] = os.environ, overrides: Mapping[tuple[str, str], str] | None = None
) -> Settings:
    """Read all sources. ``overrides`` (from command-line flags) win over everything.

    Raises InvalidArgument for a value of the wrong type, with the place it came from.
    """
    home = home_folder(environ)
    raw: dict[tuple[str, str], tuple[str, str]] = {}
    for name in ("airflow.cfg", "tradewind.cfg"):
        file = home / name
        if file.is_file():
            parser = configparser.ConfigParser(interpolation=None, strict=False)
            try:
                parser.read(file, encoding="utf-8")
            except configparser.Error as error:
                raise InvalidArgument(
                    f"{file} cannot be read: {error}", field=str(file), hint="Mend that line."
                ) from None
            except (OSError, UnicodeDecodeError) as error:
                raise InvalidArgument(
                    f"{file} cannot be read: {error}.", field=str(file), hint="Look at its rights; save it as UTF-8."
                ) from None
            for section in parser.sections():
                for key, text in parser.items(section):
                    raw[(section.lower(), key.lower())] = (text, str(file))
    for prefix in ("AIRFLOW__", "TRADEWIND__"):
        for name, text in environ.items():
            if name.startswith(prefix) and name.count("__") >= 2:
                _, section, key = name.split("__", 2)
                raw[(section.lower(), key.lower())] = (text, name)
    for place, text in (overrides or {}).items():
        raw[place] = (text, "command line")

    values: dict[tuple[str, str], Any] = {}
    origins: dict[tuple[str, str], str] = {}
    for option in OPTIONS:
        names = ((option.section, option.key), *option.aliases)
        text, source = next((raw[n] for n in names if n in raw), (option.default, "default"))
        values[(option.section, option.key)] = _convert(option, text.replace("{home}", str(home)), source)
        origins[(option.section, option.key)] = source
    foreign = {place: text for place, (text, _) in raw.items() if place not in _BY_NAME}
    return Settings(home=home, values=values, origins=origins, foreign=foreign)
