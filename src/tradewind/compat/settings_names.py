"""``airflow.settings`` and the module functions of ``airflow.configuration``."""

from __future__ import annotations

import os
from typing import Any, NoReturn

from tradewind.compat.legacy import Session, get_airflow_home, orm_is_gone
from tradewind.domain.states import TaskState
from tradewind.sdk.configuration import conf
from tradewind.sdk.moments import default_zone_name, zone
from tradewind.sdk.plugin_loading import loaded

STATE_COLORS: dict[Any, str] = dict.fromkeys(TaskState, "")
AIRFLOW_HOME = get_airflow_home()
AIRFLOW_CONFIG = f"{AIRFLOW_HOME}/airflow.cfg"
as_dict, getsection, has_option = conf.as_dict, conf.getsection, conf.has_option
getlist, getjson, getimport, gettimedelta = conf.getlist, conf.getjson, conf.getimport, conf.gettimedelta


def initialize() -> None:
    """Nothing to prepare."""


def configure_orm(*_: Any, **__: Any) -> NoReturn:
    """There is no ORM for user code."""
    orm_is_gone("airflow.settings.configure_orm")


#: Functions of ``airflow_local_settings``; each changes nothing where that module has none of the name.
_POLICIES = (
    "pod_mutation_hook", "dag_policy", "task_policy", "task_instance_mutation_hook", "get_airflow_context_vars",
    "get_dagbag_import_timeout", "task_must_have_owners",
)  # fmt: skip


def _policy(name: str) -> Any:
    own = getattr(loaded().policies, name, None)
    if own is not None:
        return own
    defaults = {"get_airflow_context_vars": lambda context: {}, "get_dagbag_import_timeout": lambda path: 30.0}
    return defaults.get(name, lambda *_: None)


def __getattr__(name: str) -> Any:
    """What must be looked up when asked: folders, the zone, policies; and what user code cannot have."""
    if name in _POLICIES:
        return _policy(name)
    if name == "DAGS_FOLDER":
        return conf.get("core", "dags_folder")
    if name == "TIMEZONE":
        return zone(default_zone_name())
    if name == "PLUGINS_FOLDER":
        return f"{AIRFLOW_HOME}/plugins"
    if name in ("engine", "async_engine", "SQL_ALCHEMY_CONN"):
        orm_is_gone(f"airflow.settings.{name}")
    raise AttributeError(f"module 'airflow.settings' has no attribute {name!r}")


def get(section: str, key: str, **kwargs: Any) -> Any:
    """Airflow 1's ``configuration.get``."""
    return conf.get(section, key, **kwargs)


def getboolean(section: str, key: str, **kwargs: Any) -> bool:
    """Airflow 1's ``configuration.getboolean``."""
    return bool(conf.getboolean(section, key, **kwargs))


def getint(section: str, key: str, **kwargs: Any) -> int:
    """Airflow 1's ``configuration.getint``."""
    return int(conf.getint(section, key, **kwargs))


def getfloat(section: str, key: str, **kwargs: Any) -> float:
    """Airflow 1's ``configuration.getfloat``."""
    return float(conf.getfloat(section, key, **kwargs))


def get_airflow_config(airflow_home: str | None = None) -> str:
    """Where the settings file of Airflow's name lies."""
    return os.environ.get("AIRFLOW_CONFIG") or f"{airflow_home or AIRFLOW_HOME}/airflow.cfg"


def expand_env_var(env_var: str | None) -> str | None:
    """The text with ``~`` and ``$NAMES`` filled in until nothing changes."""
    while env_var:
        filled = os.path.expanduser(os.path.expandvars(str(env_var)))  # noqa: PTH111  texts that need be no paths
        if filled == env_var:
            break
        env_var = filled
    return env_var


__all__ = [
    "AIRFLOW_HOME",
    "STATE_COLORS",
    "Session",
    "configure_orm",
    "get",
    "getboolean",
    "getfloat",
    "getint",
    "initialize",
]
