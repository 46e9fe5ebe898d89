"""Values that travel between tasks: JSON first, a tagged form for the rest.

``encode`` gives JSON text and the length (of a list or dict, for mapping); ``decode`` gives the value back. A type
without an encoder is an error that names it, at the push, never a silent change.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import math
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from enum import Enum
from importlib import import_module
from pathlib import PurePath
from typing import Any

from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.moments import stamp, zone

TYPE = "__type__"
XCOM_RETURN_KEY = "return_value"


class CannotEncode(AirflowException, TypeError):
    """A value has no encoder. The message names the type and what to do."""


_to_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def encode(value: Any) -> tuple[str, int | None]:
    """JSON text and length. CannotEncode names the type."""
    if value is None or value is True or value is False:
        return ("null" if value is None else "true" if value is True else "false"), None
    if type(value) is int:
        return repr(value), None
    form = to_json(value)
    length = len(value) if isinstance(value, (list, tuple, dict)) else _own_length(value, form)
    return _to_text(form), length


def _own_length(value: Any, form: Any) -> int | None:
    return len(form) if isinstance(form, list) and hasattr(value, "__len__") else None


def decode(text: str | bytes | None) -> Any:
    """The value again."""
    if text is None:
        return None
    return from_json(json.loads(text))


def to_json(value: Any, depth: int = 0) -> Any:
    """The JSON form."""
    kind = type(value)
    if value is None or kind is str or kind is bool or kind is int:
        return value
    if kind is float:
        return value if math.isfinite(value) else {TYPE: "float", "value": repr(value)}
    if depth > 100:
        raise CannotEncode("The value is nested deeper than 100 levels. Return something flatter.")
    if kind is list:
        return [to_json(item, depth + 1) for item in value]
    if kind is dict:
        if all(type(key) is str for key in value) and TYPE not in value:
            return {key: to_json(item, depth + 1) for key, item in value.items()}
        pairs = [[to_json(key, depth + 1), to_json(item, depth + 1)] for key, item in value.items()]
        return {TYPE: "dict", "value": pairs}
    for types, name, maker in _BUILT_IN:
        if isinstance(value, types) and kind in types:
            return {TYPE: name, "value": maker(value, depth)}
    return _other(value, depth)


def _items(value: Any, depth: int) -> list[Any]:
    return [to_json(item, depth + 1) for item in value]


def _moment(value: datetime, _depth: int) -> str:
    return value.isoformat()


_BUILT_IN: tuple[tuple[tuple[type, ...], str, Callable[[Any, int], Any]], ...] = (
    ((tuple,), "tuple", _items),
    ((set,), "set", _items),
    ((frozenset,), "frozenset", _items),
    ((datetime,), "datetime", _moment),
    ((date,), "date", lambda v, _: v.isoformat()),
    ((time,), "time", lambda v, _: v.isoformat()),
    ((timedelta,), "timedelta", lambda v, _: [v.days, v.seconds, v.microseconds]),
    ((bytes, bytearray), "bytes", lambda v, _: base64.b64encode(v).decode()),
)


#: Types whose modules are loaded only where a value of theirs exists.
_AS_TEXT = {("decimal", "Decimal"): "decimal", ("uuid", "UUID"): "uuid"}


def _other(value: Any, depth: int) -> Any:
    kind = type(value)
    if (kind.__module__, kind.__name__) in _AS_TEXT:
        return {TYPE: _AS_TEXT[kind.__module__, kind.__name__], "value": str(value)}
    own = getattr(value, "to_artifact", None)
    if callable(own) and not isinstance(value, type):
        return own()
    if isinstance(value, datetime):  # Pendulum and other subclasses
        zone = getattr(getattr(value, "tzinfo", None), "name", None) or getattr(value.tzinfo, "key", None)
        return {TYPE: "datetime", "value": value.isoformat(), **({"zone": zone} if zone else {})}
    if isinstance(value, Enum):
        return {TYPE: "enum", "class": _path(kind), "value": to_json(value.value, depth + 1)}
    if isinstance(value, tzinfo):
        return _zone_form(value)
    if isinstance(value, PurePath):
        return {TYPE: "path", "value": str(value)}
    if isinstance(value, (str, int, float)):  # subclasses, such as NewType'd ids
        return to_json((str if isinstance(value, str) else int if isinstance(value, int) else float)(value))
    if isinstance(value, timedelta):
        return {TYPE: "timedelta", "value": [value.days, value.seconds, value.microseconds]}
    if hasattr(value, "serialize") and hasattr(kind, "deserialize"):
        return _object(kind, to_json(value.serialize(), depth + 1), "serialize", int(getattr(kind, "__version__", 1)))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: to_json(getattr(value, f.name), depth + 1) for f in dataclasses.fields(value)}
        return _object(kind, fields, "fields", int(getattr(kind, "__version__", 1)))
    if hasattr(value, "model_dump") and hasattr(kind, "model_validate"):
        return _object(kind, to_json(value.model_dump(mode="json"), depth + 1), "pydantic", 1)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return _object(kind, [to_json(item, depth + 1) for item in value], "named_tuple", 1)
    if isinstance(value, dict):
        return to_json(dict(value), depth)
    if isinstance(value, (list, tuple, set, frozenset)):
        base = next(b for b in (list, tuple, set, frozenset) if isinstance(value, b))
        return to_json(base(value), depth)
    if hasattr(value, "__getitem__") and hasattr(value, "__len__") and kind.__name__ == "LazyItems":
        return [to_json(item, depth + 1) for item in value]
    form = _scientific(value, depth)
    if form is not None:
        return form
    if may_pickle():
        import pickle  # noqa: PLC0415  rarely allowed

        return {TYPE: "pickle", "value": base64.b64encode(pickle.dumps(value)).decode()}
    raise CannotEncode(
        f"A value of type {_path(kind)} cannot be passed between tasks. Return plain values (numbers, text, lists, "
        f"dicts, dates, dataclasses, pydantic models, numpy arrays, DataFrames), give the class serialize() and "
        f"deserialize(), or write it to a file and return the path."
    )


def _zone_form(value: tzinfo) -> dict[str, Any]:
    name = getattr(value, "key", None) or getattr(value, "name", None)
    if isinstance(name, str) and name:
        return {TYPE: "timezone", "value": name}
    offset = value.utcoffset(None)
    if offset is None:
        raise CannotEncode(f"The time zone {value!r} has no name. Use zoneinfo.ZoneInfo.")
    return {TYPE: "timezone", "offset": offset.total_seconds()}


def _path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _object(kind: type, fields: Any, how: str, version: int) -> dict[str, Any]:
    if "<locals>" in kind.__qualname__:
        raise CannotEncode(
            f"{_path(kind)} is defined inside a function, so no other task can find it. Move it to module level."
        )
    return {TYPE: "object", "class": _path(kind), "how": how, "version": version, "value": fields}


def _scientific(value: Any, depth: int) -> Any:
    """Numpy and pandas, when they are loaded (a value of theirs can only exist then)."""
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        if isinstance(value, numpy.generic):
            return to_json(value.item(), depth)
        if isinstance(value, numpy.ndarray):
            return {TYPE: "ndarray", "dtype": str(value.dtype), "value": to_json(value.tolist(), depth + 1)}
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        if isinstance(value, pandas.DataFrame):
            return {TYPE: "dataframe", "value": json.loads(value.to_json(orient="table", date_unit="ns"))}
        if isinstance(value, pandas.Series):
            return {TYPE: "series", "name": value.name, "value": _items(value.tolist(), depth)}
    return None


def from_json(form: Any) -> Any:
    """The value of a JSON form."""
    if isinstance(form, list):
        return [from_json(item) for item in form]
    if not isinstance(form, dict):
        return form
    tag = form.get(TYPE)
    if tag is None:
        return {key: from_json(item) for key, item in form.items()}
    reader = _READERS.get(tag)
    if reader is None:
        raise AirflowException(f"A stored value has the unknown type {tag!r}; it was written by a newer release.")
    return reader(form)


def _read_datetime(form: dict[str, Any]) -> datetime:
    moment = datetime.fromisoformat(form["value"])
    if form.get("zone"):
        made: datetime = stamp(moment.astimezone(zone(form["zone"])))
        return made
    return moment


def _read_frame(form: dict[str, Any]) -> Any:
    import io  # noqa: PLC0415  only here

    import pandas as pd  # noqa: PLC0415  optional: install tradewind[examples] or pandas

    return pd.read_json(io.StringIO(json.dumps(form["value"])), orient="table")


def _read_array(form: dict[str, Any]) -> Any:
    import numpy as np  # noqa: PLC0415  optional: install numpy

    return np.array(from_json(form["value"]), dtype=form["dtype"])


def _read_series(form: dict[str, Any]) -> Any:
    import pandas as pd  # noqa: PLC0415  optional: install pandas

    return pd.Series(from_json(form["value"]), name=form.get("name"))


def _class_of(path: str) -> Any:
    parts = path.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            found: Any = import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for name in parts[cut:]:
            found = getattr(found, name)
        return found
    raise AirflowException(f"A stored value needs the class {path}, which cannot be imported here.")


def _read_object(form: dict[str, Any]) -> Any:
    kind, fields, how = _class_of(form["class"]), from_json(form["value"]), form["how"]
    if how == "serialize" and hasattr(kind, "deserialize"):
        return kind.deserialize(fields, form.get("version", 1))
    if how == "pydantic" and hasattr(kind, "model_validate"):
        return kind.model_validate(fields)
    if how == "named_tuple" and isinstance(kind, type) and issubclass(kind, tuple):
        return kind(*fields)
    if how == "fields" and dataclasses.is_dataclass(kind):
        return _make_dataclass(kind, fields)
    raise AirflowException(f"{form['class']} is no longer a class whose values can be read back.")


def _make_dataclass(kind: Any, fields: dict[str, Any]) -> Any:
    made = object.__new__(kind)
    for name, value in fields.items():
        object.__setattr__(made, name, value)
    return made


def _read_enum(form: dict[str, Any]) -> Any:
    kind = _class_of(form["class"])
    if not (isinstance(kind, type) and issubclass(kind, Enum)):
        raise AirflowException(f"{form['class']} is no longer an Enum.")
    return kind(from_json(form["value"]))


def may_pickle() -> bool:
    """[xcom] enable_pickling."""
    from tradewind.sdk.configuration import settings  # noqa: PLC0415  only values without a JSON form come here

    return settings().get_bool("xcom", "enable_pickling")


def _read_pickle(form: dict[str, Any]) -> Any:
    if not may_pickle():
        raise AirflowException("A stored value is pickled, which [xcom] enable_pickling does not allow here.")
    import pickle  # noqa: PLC0415  rarely allowed

    return pickle.loads(base64.b64decode(form["value"]))


_READERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "float": lambda f: float(f["value"]),
    "dict": lambda f: {_hashable(from_json(k)): from_json(v) for k, v in f["value"]},
    "tuple": lambda f: tuple(from_json(f["value"])),
    "set": lambda f: {_hashable(item) for item in from_json(f["value"])},
    "frozenset": lambda f: frozenset(_hashable(item) for item in from_json(f["value"])),
    "datetime": _read_datetime,
    "date": lambda f: date.fromisoformat(f["value"]),
    "time": lambda f: time.fromisoformat(f["value"]),
    "timedelta": lambda f: timedelta(*f["value"]),
    "decimal": lambda f: _class_of("decimal.Decimal")(f["value"]),
    "uuid": lambda f: _class_of("uuid.UUID")(f["value"]),
    "bytes": lambda f: base64.b64decode(f["value"]),
    "timezone": lambda f: zone(f["value"]) if "value" in f else timezone(timedelta(seconds=f["offset"])),
    "path": lambda f: _class_of("pathlib.Path")(f["value"]),
    "enum": _read_enum,
    "object": _read_object,
    "ndarray": _read_array,
    "dataframe": _read_frame,
    "series": _read_series,
    "pickle": _read_pickle,
    "raw": lambda f: base64.b64decode(f["value"]),
}


def _read_stored(form: dict[str, Any]) -> Any:
    from tradewind.sdk import exchange  # noqa: PLC0415  exchange knows values, not the reverse

    return exchange.read_stored(form)


_READERS["stored"] = _read_stored


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
