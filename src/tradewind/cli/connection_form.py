"""A connection as people write it: one URI, one JSON text, or field by field."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from tradewind.errors import InvalidArgument

FIELDS = ("conn_type", "description", "host", "schema", "login", "password", "port", "extra")


def from_uri(uri: str) -> dict[str, Any]:
    """The fields in ``type://login:password@host:port/schema?name=value``; every part is percent-decoded."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        raise InvalidArgument(f"The connection's address cannot be read: {error}.", field="conn_uri") from None
    if not parts.scheme:
        raise InvalidArgument(
            "The connection's address names no type.",
            field="conn_uri",
            hint="Write it like postgres://user:password@host:5432/name.",
        )
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    host = parts.netloc.rpartition("@")[2]
    host = host[1 : host.find("]")] if host.startswith("[") else host.partition(":")[0]
    return {
        "conn_type": {"postgresql": "postgres"}.get(parts.scheme, parts.scheme.replace("-", "_")),
        "host": unquote(host) or None,
        "schema": unquote(parts.path.removeprefix("/")) or None,
        "login": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "port": port,
        "extra": query.get("__extra__") or (json.dumps(query) if query else None),
    }


def from_json(text: str) -> dict[str, Any]:
    """The fields of a JSON object with the names of the fields."""
    try:
        given = json.loads(text)
    except ValueError as error:
        raise InvalidArgument(f"The connection is not JSON: {error}.", field="conn_json") from None
    return from_mapping(given)


def from_mapping(given: Any) -> dict[str, Any]:
    """The known fields of a mapping; ``extra`` may be an object."""
    if not isinstance(given, dict):
        raise InvalidArgument("A connection is a JSON object.", field="conn_json")
    fields = {name: given[name] for name in FIELDS if given.get(name) not in (None, "")}
    if isinstance(fields.get("extra"), (dict, list)):
        fields["extra"] = json.dumps(fields["extra"])
    if "port" in fields:
        fields["port"] = int(fields["port"])
    return fields


def as_uri(fields: dict[str, Any]) -> str:
    """The inverse of ``from_uri``."""
    login, password = fields.get("login"), fields.get("password")
    who = quote(login or "", safe="") + (f":{quote(password, safe='')}" if password else "")
    host = quote(fields.get("host") or "", safe="") + (f":{fields['port']}" if fields.get("port") else "")
    extra = fields.get("extra")
    query = ""
    if extra:
        try:
            loaded = json.loads(extra)
        except ValueError:
            loaded = None
        flat = isinstance(loaded, dict) and all(isinstance(value, str) for value in loaded.values())
        query = "?" + (urlencode(loaded) if flat else urlencode({"__extra__": extra}))
    schema = quote(fields.get("schema") or "", safe="")
    return f"{fields['conn_type'].replace('_', '-')}://{who}{'@' if who else ''}{host}/{schema}{query}"
