"""``airflow.secrets.*``: the environment, files and the store as secrets backends that code asks or subclasses."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tradewind.sdk.connection import Connection
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.log import LoggingMixin
from tradewind.sdk.secrets import BaseSecretsBackend

CONN_ENV_PREFIX, VAR_ENV_PREFIX, TEAM_SEP = "AIRFLOW_CONN_", "AIRFLOW_VAR_", "___"
DEFAULT_SECRETS_SEARCH_PATH = [
    "airflow.secrets.environment_variables.EnvironmentVariablesBackend",
    "airflow.secrets.metastore.MetastoreBackend",
]


class EnvironmentVariablesBackend(BaseSecretsBackend):
    """``AIRFLOW_CONN_<ID>`` and ``AIRFLOW_VAR_<KEY>``."""

    def get_conn_value(self, conn_id: str, team_name: str | None = None) -> str | None:
        """URI or JSON of a connection, or None."""
        del team_name
        return os.environ.get(CONN_ENV_PREFIX + conn_id.upper())

    def get_variable(self, key: str, team_name: str | None = None) -> str | None:
        """Text of a variable, or None."""
        del team_name
        return os.environ.get(VAR_ENV_PREFIX + key.upper())


class MetastoreBackend(BaseSecretsBackend):
    """What is kept by Tradewind itself."""

    @staticmethod
    def _client() -> Any:
        from tradewind.sdk import current  # noqa: PLC0415  a plain interpreter may have none

        return current.client_or_home()

    def get_connection(self, conn_id: str, **_: Any) -> Connection | None:
        """The connection, or None."""
        client = self._client()
        found = client.connection_get(conn_id=conn_id) if client is not None else None
        return Connection(**found) if found else None

    def get_variable(self, key: str, **_: Any) -> str | None:
        """Text of a variable, or None."""
        client = self._client()
        return client.variable_get(key=key) if client is not None else None


def _env_lines(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        key, sign, value = line.partition("=")
        if not sign or not key:
            raise AirflowException(f"{path}, line {number}: {line!r} is no KEY=value.")
        if found.setdefault(key, value) != value:
            raise AirflowException(f"{path}, line {number}: {key!r} is there twice.")
    return found


def _read(path: str) -> dict[str, Any]:
    place = Path(path)
    if not place.exists():
        raise AirflowException(f"File {path} was not found. Check the configuration of your Secrets backend.")
    kind = place.suffix.lower().lstrip(".") or "env"
    if kind not in FILE_PARSERS:
        raise AirflowException(f"{path}: unknown kind of file. Its name must end in .json, .yaml, .yml or .env.")
    try:
        found = FILE_PARSERS[kind](place)
    except ValueError as error:
        raise AirflowException(f"Failed to load the secrets file {path}: {error}") from error
    if not isinstance(found, dict):
        raise AirflowException(f"{path} must hold an object: names and their values.")
    return found


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8") or "{}")


def _yaml(path: Path) -> Any:
    from tradewind.compat.json_forms import safe_load  # noqa: PLC0415  yaml is optional

    return safe_load(path.read_text(encoding="utf-8")) or {}


FILE_PARSERS: dict[str, Any] = {"env": _env_lines, "json": _json, "yaml": _yaml, "yml": _yaml}


def get_connection_parameter_names() -> set[str]:
    """Names a connection in a file may have."""
    names = ("conn_id", "conn_type", "description", "host", "login", "password", "schema", "port", "extra", "uri")
    return {*names, "extra_dejson"}


def _connection(conn_id: str, value: Any) -> Connection:
    if isinstance(value, str):
        return Connection.from_text(value, conn_id)
    if not isinstance(value, dict):
        raise AirflowException(
            f"Connection {conn_id!r}: a text (URI) or an object of fields is expected, not {value!r}."
        )
    wrong = set(value) - get_connection_parameter_names()
    if wrong:
        raise AirflowException(f"Connection {conn_id!r}: unknown fields {sorted(wrong)}.")
    fields = dict(value)
    if "extra_dejson" in fields:
        fields["extra"] = json.dumps(fields.pop("extra_dejson"))
    if isinstance(fields.get("extra"), dict):
        fields["extra"] = json.dumps(fields["extra"])
    if fields.setdefault("conn_id", conn_id) != conn_id:
        raise AirflowException(f"Connection {conn_id!r} names itself {fields['conn_id']!r}.")
    return Connection(**fields)


def load_variables(file_path: str) -> dict[str, str]:
    """Variables of a file: ``.json``, ``.yaml`` or ``.env``."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in _read(file_path).items()}


def load_connections_dict(file_path: str) -> dict[str, Connection]:
    """Connections of a file."""
    made = {}
    for conn_id, value in _read(file_path).items():
        one = value[0] if isinstance(value, list) and len(value) == 1 else value
        made[conn_id] = _connection(conn_id, one)
    return made


def load_connections(file_path: str) -> dict[str, list[Connection]]:
    """The same, each in a list, as Airflow 1.10 gave them."""
    return {conn_id: [one] for conn_id, one in load_connections_dict(file_path).items()}


def load_configs_dict(file_path: str) -> dict[str, str]:
    """Settings of a file."""
    return load_variables(file_path)


class LocalFilesystemBackend(BaseSecretsBackend, LoggingMixin):
    """Variables and connections out of files: ``[secrets] backend_kwargs`` names them."""

    def __init__(
        self, variables_file_path: str | None = None, connections_file_path: str | None = None,
        configs_file_path: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.variables_file, self.connections_file = variables_file_path, connections_file_path
        self.configs_file = configs_file_path

    def get_connection(self, conn_id: str, **_: Any) -> Connection | None:
        """The connection, or None."""
        return load_connections_dict(self.connections_file).get(conn_id) if self.connections_file else None

    def get_variable(self, key: str, **_: Any) -> str | None:
        """Text of a variable, or None."""
        return load_variables(self.variables_file).get(key) if self.variables_file else None

    def get_config(self, key: str) -> str | None:
        """Text of a setting, or None."""
        return load_configs_dict(self.configs_file).get(key) if self.configs_file else None


def get_variable(key: str) -> str | None:
    """Airflow 1.10's question: the environment, then the store."""
    found = EnvironmentVariablesBackend().get_variable(key)
    return found if found is not None else MetastoreBackend().get_variable(key)


def get_connections(conn_id: str) -> list[Connection]:
    """Airflow 1.10's question: every connection of that id, here always one."""
    from tradewind.sdk.connection import get_connection  # noqa: PLC0415  asks the same places in order

    return [get_connection(conn_id)]
