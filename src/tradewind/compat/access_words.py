"""``airflow...auth.managers.models.resource_details``: words for what may be looked at, as provider packages name them."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass
from enum import Enum
from typing import Any

#: Class -> its fields, all of them optional.
_DETAILS = {
    "ConfigurationDetails": ("section",),
    "ConnectionDetails": ("conn_id", "team_name"),
    "DagDetails": ("id", "team_name"),
    "BackfillDetails": ("id",),
    "AssetDetails": ("id",),
    "DatasetDetails": ("uri",),
    "AssetAliasDetails": ("id",),
    "PoolDetails": ("name", "team_name"),
    "TeamDetails": ("name",),
    "VariableDetails": ("key", "team_name"),
}


def __getattr__(name: str) -> Any:
    """The class of that name."""
    fields = _DETAILS.get(name)
    if fields is None:
        raise AttributeError(name)
    made = make_dataclass(name, [(each, Any, None) for each in fields])
    made.__module__ = __name__
    globals()[name] = made
    return made


AccessView = Enum(  # type: ignore[misc]
    "AccessView",
    {
        word: word
        for word in (
            "CLUSTER_ACTIVITY",
            "DOCS",
            "IMPORT_ERRORS",
            "JOBS",
            "PLUGINS",
            "PROVIDERS",
            "TRIGGERS",
            "WEBSITE",
        )
    },
)
DagAccessEntity = Enum(  # type: ignore[misc]
    "DagAccessEntity",
    {
        word: word
        for word in (
            "AUDIT_LOG",
            "CODE",
            "DEPENDENCIES",
            "HITL_DETAIL",
            "RUN",
            "TASK",
            "TASK_INSTANCE",
            "TASK_LOGS",
            "VERSION",
            "WARNING",
            "XCOM",
        )
    },
)


@dataclass
class BaseUser:
    """Somebody who is logged in."""

    name: str = ""

    def get_id(self) -> str:
        """The id."""
        return self.name

    def get_name(self) -> str:
        """The name to show."""
        return self.name
