"""How a value leaves a task and comes into another: the installation's own XCom class first, long texts to the value store.

What the row of a value holds is always JSON text: the value itself, or ``{"__type__": "stored", ...}`` where its text
lies in the value store.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

from tradewind.errors import TradewindError
from tradewind.sdk import values, xcom
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.limits import inline_limit, value_limit


class Store(Protocol):
    """Where long texts go; see ``backends.values.contract``."""

    def put(self, path: str, data: bytes) -> None:
        """Keep."""
        ...

    def get(self, path: str) -> bytes:
        """Fetch."""
        ...


_MARK = '{"__type__": "stored"'
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
    kind = xcom.backend()
    try:
        text, length = values.encode(value) if kind is None else xcom.to_stored(kind, key, value, ti)
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


def is_elsewhere(text: str) -> bool:
    """Whether the row holds only the address of the text."""
    return text.startswith(_MARK)


def whole(text: str) -> str:
    """The text of a row, fetched where only its address is in the row."""
    return text_of(json.loads(text)) if is_elsewhere(text) else text


def read_stored(form: dict[str, Any]) -> Any:
    """The value of a stored text."""
    return values.decode(text_of(form))
