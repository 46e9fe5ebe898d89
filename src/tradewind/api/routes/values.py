"""XCom values on their way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tradewind.backends.values.contract import ValueStore
from tradewind.errors import TradewindError

#: A larger value is told by its size: a page is no place for it.
SHOWN_BYTES = 1_000_000


def value_of(text: str, store: Callable[[], ValueStore] | None = None) -> Any:
    """A value as it rests, to be put into an answer as it is; what is no JSON is shown as text. A text that lies in the
    value store is fetched with ``store`` when it is not too long.
    """
    if text.startswith('{"__type__": "stored"'):
        where = msgspec.json.decode(text)
        if store is None or where["bytes"] > SHOWN_BYTES:
            return f"{where['bytes']:,} bytes in the value store at {where['path']}"
        try:
            text = store().get(where["path"]).decode()
        except TradewindError as error:
            return f"{where['bytes']:,} bytes that cannot be read: {error.message}"
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return msgspec.Raw(text.encode())
