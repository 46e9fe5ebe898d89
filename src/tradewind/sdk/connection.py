"""Connections: address and credentials of one outside system, under one id."""

from __future__ import annotations

import json
import logging
import os
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from tradewind.sdk import current, masking
from tradewind.sdk.exceptions import AirflowException, AirflowNotFoundException
from tradewind.sdk.secrets import ask_backend

log = logging.getLogger(__name__)
#: Where ``get_uri`` keeps an ``extra`` that is not a flat JSON object of texts.
_WHOLE_EXTRA = "__extra__"


class Connection:
    """Fields of a connection; ``uri`` instead of fields. Builds with no database and no configuration."""

    EXTRA_KEY = _WHOLE_EXTRA

    def __init__(
        self,
        conn_id: str | None = None,
        conn_type: str | None = None,
        description: str | None = None,
        host: str | None = None,
        login: str | None = None,
        password: str | None = None,
        schema: str | None = None,
        port: int | None = None,
        extra: str | dict[str, Any] | None = None,
        uri: str | None = None,
    ) -> None:
        self.conn_id, self.description = conn_id, description
        if uri is not None and any(part for part in (conn_type, host, login, password, schema, port, extra)):
            raise AirflowException(
                "You must create an object using the URI or individual values (conn_type, host, login, password, "
                "schema, port or extra). You can't mix these two ways to create this object."
            )
        self.conn_type, self.host, self.login, self.password, self.schema = conn_type, host, login, password, schema
        self.port = int(port) if port else None
        self.extra: str | None = json.dumps(extra) if isinstance(extra, dict) else extra
        if uri is not None:
            self._take_uri(uri)
        if self.password:
            masking.register(self.password)
        if self.extra:
            masking.register(self._quiet_extra())

    def _take_uri(self, uri: str) -> None:
        scheme, found, rest = uri.partition("://")
        if not found:
            scheme, _, rest = uri.partition(":")
        kind = scheme.lower().replace("-", "_")
        self.conn_type = {"postgresql": "postgres"}.get(kind, kind)
        # Query values may hold unescaped slashes, colons and @, so it is cut off before the rest is looked at.
        front, _, query = rest.partition("?")
        protocol, found, behind = front.partition("://")
        if found and ("://" in behind or "@" in protocol or ":" in protocol):
            raise AirflowException(
                f"The URI of connection {self.conn_id!r} has a '://' too many. Write the parts of an address that is "
                f"itself a URI with %3A%2F%2F."
            )
        parts = urlsplit("//" + (behind if found else front))
        self.host = unquote(parts.hostname or "")
        if found and self.host:
            self.host = f"{protocol}://{self.host}"
        self.schema = unquote(parts.path[1:]) if parts.path else ""
        self.login = unquote(parts.username) if parts.username is not None else None
        self.password = unquote(parts.password) if parts.password is not None else None
        try:
            self.port = parts.port
        except ValueError as error:
            raise AirflowException(f"The port of connection {self.conn_id!r} is not a number: {error}") from None
        if query:
            pairs = dict(parse_qsl(query, keep_blank_values=True))
            self.extra = pairs[_WHOLE_EXTRA] if _WHOLE_EXTRA in pairs else json.dumps(pairs)

    @classmethod
    def from_json(cls, value: str, conn_id: str | None = None) -> Connection:
        """From a JSON object of fields (``type`` or ``conn_type``, ``extra`` as object or text)."""
        fields = json.loads(value)
        fields["conn_type"] = fields.pop("type", None) or fields.pop("conn_type", None)
        if fields.get("conn_type"):
            fields["conn_type"] = str(fields["conn_type"]).replace("-", "_")
        fields.pop("conn_id", None)
        return cls(conn_id=conn_id, **fields)

    @classmethod
    def from_text(cls, value: str, conn_id: str | None = None) -> Connection:
        """From an environment value: JSON or URI."""
        return cls.from_json(value, conn_id) if value.lstrip().startswith("{") else cls(conn_id=conn_id, uri=value)

    @classmethod
    def get(cls, conn_id: str) -> Connection:
        """The connection of that id. AirflowNotFoundException when there is none."""
        return get_connection(conn_id)

    @classmethod
    async def async_get(cls, conn_id: str) -> Connection:
        """As ``get``, for code on an event loop."""
        import asyncio  # noqa: PLC0415  few tasks need a loop

        return await asyncio.to_thread(get_connection, conn_id)

    async def aextra_dejson(self) -> dict[str, Any]:
        """As ``extra_dejson``, for code on an event loop: nothing is asked of anybody here, so nothing waits."""
        return self.extra_dejson

    @classmethod
    def get_connection_from_secrets(cls, conn_id: str) -> Connection:
        """As ``get``."""
        return get_connection(conn_id)

    def _quiet_extra(self) -> dict[str, Any]:
        try:
            value = json.loads(self.extra) if self.extra else {}
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def extra_dejson(self) -> dict[str, Any]:
        """``extra`` as a dict; {} (and a log line) when it is not a JSON object."""
        if not self.extra:
            return {}
        try:
            value = json.loads(self.extra)
        except ValueError:
            log.error("Failed to parse the extra field of connection %r as JSON", self.conn_id)
            return {}
        return value if isinstance(value, dict) else {}

    def get_extra_dejson(self, nested: bool = False) -> dict[str, Any]:
        """As ``extra_dejson``."""
        return self.extra_dejson

    def get_password(self) -> str | None:
        """The password."""
        return self.password

    def set_password(self, value: str | None) -> None:
        """Change the password of this object."""
        self.password = value

    def get_extra(self) -> str | None:
        """The extra text."""
        return self.extra

    def set_extra(self, value: str) -> None:
        """Change the extra text of this object."""
        self.extra = value

    def get_uri(self) -> str:
        """One text that ``Connection(uri=...)`` reads back to the same fields."""
        host = self.host or ""
        protocol, found, name = host.partition("://")
        # Only a protocol with one name behind it can stand in the open.
        found = found if not any(mark in protocol for mark in ":@") and "://" not in name else ""
        host = name if found else host
        uri = f"{self.conn_type.lower().replace('_', '-')}://" if self.conn_type else "//"
        uri += f"{protocol}://" if found else ""
        user = quote(self.login or "", safe="") + (":" + quote(self.password, safe="") if self.password else "")
        uri += f"{user}@" if user or (self.port and not host) else ""
        uri += quote(host, safe="")
        if self.port:
            uri += f":{self.port}"
        if self.schema:
            uri += "/" + quote(self.schema, safe="")
        if self.extra:
            uri += "" if self.schema else "/"
            flat = self._quiet_extra()
            if (
                flat
                and all(isinstance(k, str) and isinstance(v, str) for k, v in flat.items())
                and _WHOLE_EXTRA not in flat
            ):
                uri += "?" + urlencode(flat)
            else:
                uri += "?" + urlencode({_WHOLE_EXTRA: self.extra})
        return uri

    def get_hook(self, *, hook_params: dict[str, Any] | None = None) -> Any:
        """The hook of its type, where a provider package brings one."""
        from tradewind.sdk.hooks import hook_for  # noqa: PLC0415  hooks know connections, not the reverse

        return hook_for(self, hook_params or {})

    def test_connection(self) -> tuple[bool, str]:
        """Whether the outside system answers, and what it said; asked through the hook of its type."""
        try:
            hook = self.get_hook()
        except Exception as error:
            return False, str(error)
        if not hasattr(hook, "test_connection"):
            return False, f"{type(hook).__name__} has no test_connection(), so that nothing can be told."
        try:
            status, message = hook.test_connection()
        except Exception as error:
            return False, f"{type(error).__name__}: {error}"
        return bool(status), str(message)

    def as_dict(self) -> dict[str, Any]:
        """All fields."""
        names = ("conn_id", "conn_type", "description", "host", "schema", "login", "password", "port", "extra")
        return {name: getattr(self, name) for name in names}

    def to_dict(self, *, prune_empty: bool = False, validate: bool = True) -> dict[str, Any]:
        """All fields, ``extra`` as an object."""
        fields = {**self.as_dict(), "extra": self.extra_dejson}
        return {k: v for k, v in fields.items() if v not in (None, "", {})} if prune_empty else fields

    def as_json(self) -> str:
        """All fields as JSON text."""
        return json.dumps(self.to_dict(prune_empty=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Connection) and self.as_dict() == other.as_dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return self.conn_id or ""


def get_connection(conn_id: str) -> Connection:
    """Secrets backend, then ``AIRFLOW_CONN_<ID>``, then the store. AirflowNotFoundException when none knows it."""
    current.note_lookup("connection", conn_id)
    found = ask_backend("get_connection", conn_id)
    if found is not None:
        return found  # type: ignore[no-any-return]
    for prefix in ("TRADEWIND_CONN_", "AIRFLOW_CONN_"):
        text = os.environ.get(prefix + conn_id.upper())
        if text:
            return Connection.from_text(text, conn_id)
    client = current.client_or_home()
    fields = client.connection_get(conn_id=conn_id) if client is not None else None
    if fields is None:
        raise AirflowNotFoundException(f"The conn_id `{conn_id}` isn't defined")
    known = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")
    return Connection(conn_id=conn_id, **{name: fields.get(name) for name in known})


class ConnectionAccessor:
    """The ``conn`` of templates: ``conn.my_id.host``, ``conn.get("my_id", default)``."""

    def __getattr__(self, name: str) -> Connection:
        if name.startswith("__"):
            raise AttributeError(name)
        return get_connection(name)

    __getitem__ = __getattr__

    def get(self, name: str, default_conn: Any = None) -> Any:
        """The connection, or the default."""
        try:
            return get_connection(name)
        except AirflowNotFoundException:
            return default_conn

    def __repr__(self) -> str:
        return "<conn>"
