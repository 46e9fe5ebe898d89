"""``BaseHook``: how task code reaches an outside system."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from tradewind.sdk import connection as connections
from tradewind.sdk.connection import Connection
from tradewind.sdk.exceptions import AirflowException


class BaseHook:
    """Base of hooks. Building one does no I/O; the base imposes no arguments."""

    conn_type: str = ""
    hook_name: str = ""

    def __init__(self, source: Any = None, logger_name: str | None = None, **_: Any) -> None:
        del source
        self._logger_name = logger_name

    @classmethod
    def get_connection(cls, conn_id: str) -> Connection:
        """The connection of that id. AirflowNotFoundException when there is none."""
        found = connections.get_connection(conn_id)
        logging.getLogger("airflow.task.hooks").info(
            "Using connection ID '%s' for task execution. Host: %s, Port: %s, Schema: %s, Login: %s, "
            "Password: %s, extra: %s",
            conn_id, found.host, found.port, found.schema, found.login,
            "XXXXXXXX" if found.password else None, "XXXXXXXX" if found.extra else None,
        )  # fmt: skip
        return found

    @classmethod
    async def aget_connection(cls, conn_id: str) -> Connection:
        """As ``get_connection``, for triggers and other code on an event loop, which goes on meanwhile."""
        import asyncio  # noqa: PLC0415  few tasks need a loop, and it costs more than all of this module

        return await asyncio.to_thread(cls.get_connection, conn_id)

    @classmethod
    async def aget_hook(cls, conn_id: str, hook_params: dict[str, Any] | None = None) -> Any:
        """As ``get_hook``, for code on an event loop."""
        return (await cls.aget_connection(conn_id)).get_hook(hook_params=hook_params)

    @classmethod
    def get_connections(cls, conn_id: str) -> list[Connection]:
        """As ``get_connection``, as a list."""
        return [cls.get_connection(conn_id)]

    @classmethod
    def get_hook(cls, conn_id: str, hook_params: dict[str, Any] | None = None) -> Any:
        """The hook of the connection's type."""
        return cls.get_connection(conn_id).get_hook(hook_params=hook_params)

    def get_conn(self) -> Any:
        """The client of the outside system. Subclasses write it."""
        raise NotImplementedError

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Extra fields of the connection form."""
        return {}

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """How the connection form shows its fields."""
        return {}

    @property
    def log(self) -> logging.Logger:
        """A logger whose lines land in the task's log."""
        cls = type(self)
        name = self.__dict__.get("_logger_name") or f"{cls.__module__}.{cls.__name__}"
        return logging.getLogger(f"airflow.task.hooks.{name}")


class FSHook(BaseHook):
    """Base path of a connection of type ``fs``."""

    conn_type = "fs"
    hook_name = "File (path)"
    conn_name_attr = "fs_conn_id"
    default_conn_name = "fs_default"

    def __init__(self, fs_conn_id: str = "fs_default", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fs_conn_id = fs_conn_id
        self._base: str | None = None

    def get_conn(self) -> None:
        """There is no client."""

    def get_path(self) -> str:
        """The base path."""
        if self._base is None:
            self._base = str(self.get_connection(self.fs_conn_id).extra_dejson.get("path", ""))
        return self._base

    def test_connection(self) -> tuple[bool, str]:
        """Whether the folder is there, on this machine."""
        path = self.get_path()
        if not path:
            return False, "The extra field names no path."
        here = Path(path).is_dir()
        return here, f"{path} is a folder of this machine." if here else f"There is no folder {path} on this machine."

    basepath = property(get_path)


def hook_for(connection: Connection, hook_params: dict[str, Any]) -> Any:
    """The hook of a connection's type: of an installed provider package, else our own."""
    from tradewind.domain.connection_form import KNOWN  # noqa: PLC0415  only here
    from tradewind.plugins import hook_class_of  # noqa: PLC0415  only here
    from tradewind.sdk.configuration import import_path  # noqa: PLC0415

    path = hook_class_of(connection.conn_type or "")
    if path is None:
        package = next((each["package"] for each in KNOWN if each["connection-type"] == connection.conn_type), "")
        raise AirflowException(
            f"Unknown hook type {connection.conn_type!r}: install the provider package that brings it"
            f"{f' (pip install {package})' if package else ''}."
        )
    cls = import_path(path)
    return cls(**{getattr(cls, "conn_name_attr", None) or "conn_id": connection.conn_id, **hook_params})
