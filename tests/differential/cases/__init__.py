"""What is asked. Nothing here imports Airflow or Tradewind."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any


def plain(value: Any) -> Any:
    """A value as JSON that keeps its kind: equal values of the two libraries have equal forms."""
    if value is None or isinstance(value, (bool, str)):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, Enum):
        return {"enum": str(value.value)}
    if isinstance(value, (int, float)):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, datetime):
        # The zone's name is the library's business; the moment and the wall clock are not.
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, timedelta):
        return {"seconds": value.total_seconds()}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value):
            return {"dict": {key: plain(item) for key, item in value.items()}}
        return {"pairs": [[plain(key), plain(item)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [plain(item) for item in value]}
    if isinstance(value, (set, frozenset)):
        return {type(value).__name__: sorted((plain(item) for item in value), key=repr)}
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": bytes(value).hex()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"object": type(value).__name__, "fields": fields}
    if hasattr(value, "tolist") and hasattr(value, "dtype"):
        return {"numbers": plain(value.tolist()), "dtype": str(value.dtype)}
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return {"frame": plain({str(key): list(item.values()) for key, item in value.to_dict().items()})}
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    text = str(value)
    return {type(value).__name__: "" if " at 0x" in text else text}


def answer(ask: Callable[[], Any]) -> Any:
    """What ``ask`` gives, in plain form, or which kind of error it raises."""
    try:
        return plain(ask())
    except Exception as error:
        return {"error": type(error).__name__}
