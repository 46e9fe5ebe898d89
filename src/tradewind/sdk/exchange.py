"""How a value leaves a task and comes into another: the installation's own XCom class first, long texts to the value store.

What the row of a value holds is always JSON text: the value itself, ``{"__type__": "stored", ...}`` (its text lies in
the value store), or ``{"__type__": "custom", ...}`` (what the XCom class of [core] xcom_backend made of it).
"""

from __future__ import annotations

import base64
import inspect
import json
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

from tradewind.errors import TradewindError
from tradewind.sdk import values
from tradewind.sdk.configuration import import_path, settings
from tradewind.sdk.exceptions import AirflowConfigException, AirflowException
from tradewind.sdk.limits import inline_limit, value_limit


class Store(Protocol):
    """Where long texts go; see ``backends.values.contract``."""

    def put(self, path: str, data: bytes) -> None:
        """Keep."""
        ...

    def get(self, path: str) -> bytes:
        """Fetch."""
        ...


_open: Callable[[], Store] | None = None
_opened: Store | None = None
_path_of: Callable[..., str] | None = None


def use_store(opener: Callable[[], Store] | None, path_of: Callable[..., str] | None) -> None:
    """Say how the value store is opened, at first need, and how paths in it are named. None: every value stays inline."""
    global _open, _opened, _path_of
    _open, _opened, _path_of = opener, None, path_of


def _store() -> Store:
    global _opened
    if _opened is None:
        if _open is None:
            raise AirflowException("This value lies in the value store, which cannot be reached from here.")
        _opened = _open()
    return _opened


def pack(key: str, value: Any, ti: Any) -> tuple[str, int | None]:
    """Text for the row, and the length for mapping. CannotEncode names the key."""
    backend = backend_class()
    try:
        text, length = _custom(backend, key, value, ti) if backend is not None else values.encode(value)
    except values.CannotEncode as error:
        raise values.CannotEncode(f"XCom {key!r}: {error}") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise values.CannotEncode(f"XCom {key!r} cannot be encoded: {error}") from None
    if len(text) <= min(inline_limit(), value_limit()) // 4:
        return text, length  # not even four bytes for each letter would be too many
    data = text.encode()
    limit = value_limit()
    if len(data) > limit:
        raise values.CannotEncode(
            f"XCom {key!r} takes {len(data):,} bytes; the limit is {limit:,} ([xcom] max_value_bytes). "
            f"Write it to a file or object storage and return the path."
        )
    if len(data) <= inline_limit() or _open is None or _path_of is None:
        return text, length
    path = _path_of(ti.dag_id, ti.run_id, ti.task_id, ti.map_index, key, ti.attempt_id)
    _store().put(path, data)
    return json.dumps({values.TYPE: "stored", "path": path, "bytes": len(data)}), length


def text_of(form: dict[str, Any]) -> str:
    """The text behind ``{"__type__": "stored"}``."""
    try:
        return _store().get(form["path"]).decode()
    except TradewindError as error:
        raise AirflowException(f"A stored value cannot be read: {error}") from error


def read_stored(form: dict[str, Any]) -> Any:
    """The value of a stored text."""
    return values.decode(text_of(form))


@cache
def backend_class() -> Any:
    """The class of [core] xcom_backend, or None for our own way. AirflowConfigException when it is no BaseXCom."""
    path = settings().get_str("core", "xcom_backend")
    if not path or path.rpartition(".")[2] == "BaseXCom":
        return None
    from tradewind.sdk.xcom import BaseXCom  # noqa: PLC0415  only installations with a class of their own

    try:
        found = import_path(path)
    except ImportError as error:
        raise AirflowConfigException(f"[core] xcom_backend {path} cannot be imported: {error}") from error
    if not (isinstance(found, type) and issubclass(found, BaseXCom)):
        raise AirflowConfigException(f"Your custom XCom class `{path}` is not a subclass of `BaseXCom`.")
    return found


def _custom(backend: Any, key: str, value: Any, ti: Any) -> tuple[str, int | None]:
    facts = {"key": key, "task_id": ti.task_id, "dag_id": ti.dag_id, "run_id": ti.run_id, "map_index": ti.map_index}
    length = len(value) if isinstance(value, (list, tuple, dict)) else None
    made = backend.serialize_value(value, **_taken(backend.serialize_value, facts))
    if isinstance(made, str):
        return json.dumps({values.TYPE: "custom", "key": key, "text": made}, ensure_ascii=False), length
    if not isinstance(made, (bytes, bytearray)):
        return json.dumps({values.TYPE: "custom", "key": key, "form": values.to_json(made)}), length
    try:
        return json.dumps({values.TYPE: "custom", "key": key, "bytes": made.decode()}, ensure_ascii=False), length
    except UnicodeDecodeError:
        packed = base64.b64encode(made).decode()
        return json.dumps({values.TYPE: "custom", "key": key, "base64": packed}), length


def _taken(function: Callable[..., Any], facts: dict[str, Any]) -> dict[str, Any]:
    """Those of the facts the author's function has a place for: older ones take the value alone."""
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return facts
    names = {p.name for p in parameters}
    return {name: fact for name, fact in facts.items() if name in names}


def read_custom(form: dict[str, Any]) -> Any:
    """What the installation's class makes of its record."""
    if "text" in form:
        raw: Any = form["text"]
    elif "form" in form:
        raw = values.from_json(form["form"])
    else:
        raw = form["bytes"].encode() if "bytes" in form else base64.b64decode(form["base64"])
    backend = backend_class()
    if backend is None:
        raise AirflowException("A stored value was written by an XCom class of its own: set [core] xcom_backend to it.")
    return backend.deserialize_value(backend(key=form.get("key", ""), value=raw))
