"""Values that tasks hand to one another."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

Point = namedtuple("Point", ["x", "y"])


@dataclasses.dataclass
class Order:
    """A plain dataclass."""

    number: int
    lines: list[str]
    made_at: datetime | None = None


@dataclasses.dataclass(frozen=True)
class Basket:
    """One inside the other."""

    order: Order
    tags: tuple[str, ...] = ()


class Versioned:
    """A class that writes and reads itself."""

    __version__ = 2

    def __init__(self, value: int) -> None:
        self.value = value

    def serialize(self) -> dict[str, Any]:
        return {"value": self.value}

    @staticmethod
    def deserialize(data: dict[str, Any], version: int) -> Versioned:
        assert version == 2
        return Versioned(data["value"])

    def __str__(self) -> str:
        return f"Versioned({self.value})"


class Colour(Enum):
    """A plain enum."""

    RED = "red"


class Nothing:
    """Nobody knows how to write it."""


def _numpy(name: str, *args: Any) -> Callable[[], Any]:
    def make() -> Any:
        import numpy as np

        return getattr(np, name)(*args)

    return make


def _pandas(make: Callable[[Any], Any]) -> Callable[[], Any]:
    def made() -> Any:
        import pandas as pd

        return make(pd)

    return made


#: A value, or a function that makes it where its library is installed.
CASES: dict[str, Any] = {
    "none": None, "true": True, "zero": 0, "int": 12345678901234567890, "negative": -1, "float": 1.5, "tiny": 1e-300, "text": "text", "empty text": "",
    "unicode": "ünï\u2028\U0001f600", "surrogates": '"\\/\b\n', "list": [1, "a", None], "empty list": [], "nested": [[1, [2, [3]]]], "dict": {"a": 1}, "empty dict": {},
    "deep": {"a": {"b": {"c": [1, {"d": 2}]}}}, "dict with dunder": {"__type": "x"}, "dict with class": {"__classname__": "x"}, "dict with type": {"__type__": "x"},
    "number keys": {1: "a", 2: "b"}, "mixed keys": {"a": 1, 2: "b"}, "tuple": (1, "a"), "tuple in list": [(1, 2), (3,)], "empty tuple": (), "tuple in dict": {"a": (1, (2,))},
    "set": {1, 2, 3}, "frozenset": frozenset({"a"}), "set in dict": {"a": {1}}, "named tuple": Point(1, 2), "ordered dict": OrderedDict([("b", 1), ("a", 2)]),
    "utc datetime": datetime(2024, 1, 2, 3, 4, 5, 678, tzinfo=UTC), "naive datetime": datetime(2024, 1, 2, 3, 4), "zoned datetime": datetime(2024, 7, 1, tzinfo=ZoneInfo("Europe/Amsterdam")),
    "offset datetime": datetime(2024, 7, 1, tzinfo=timezone(timedelta(hours=2))), "date": date(2024, 2, 29), "time": time(1, 2, 3), "timedelta": timedelta(days=1, seconds=2, microseconds=3),
    "negative timedelta": timedelta(days=-1, hours=3), "datetimes in dict": {"at": [datetime(2024, 1, 1, tzinfo=UTC)]}, "timezone": ZoneInfo("Asia/Tokyo"),
    "decimal": Decimal("1.10"), "decimal int": Decimal(5), "decimal nan": Decimal("NaN"), "decimal big": Decimal("12345678901234567890.123456789"), "uuid": UUID(int=7),
    "nan": float("nan"), "infinity": float("inf"), "bytes": b"\x00\xff", "enum": Colour.RED, "dataclass": Order(1, ["a"], datetime(2024, 1, 1, tzinfo=UTC)),
    "frozen dataclass": Basket(Order(2, []), ("x",)), "list of dataclasses": [Order(1, []), Order(2, ["b"])], "own class": Versioned(5), "own class in dict": {"v": Versioned(6)},
    "complex": 1 + 2j, "range": range(3), "unknown class": Nothing(), "function": len, "class": Order, "unknown in list": [Nothing()], "generator": (n for n in ()),
    "numpy int": _numpy("int64", 5), "numpy small": _numpy("int8", -5), "numpy float": _numpy("float64", 1.5), "numpy half": _numpy("float16", 0.5), "numpy bool": _numpy("bool_", True),
    "numpy array": _numpy("array", [1, 2, 3]), "numpy matrix": _numpy("array", [[1.5, 2.0], [3.0, 4.0]]), "numpy text": _numpy("str_", "a"),
    "frame": _pandas(lambda pd: pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})), "empty frame": _pandas(lambda pd: pd.DataFrame()),
    "timestamp": _pandas(lambda pd: pd.Timestamp("2024-01-02T03:04:05+00:00")),
}  # fmt: skip


def value_of(name: str) -> Any:
    """The value of a case, made anew where it must be."""
    value = CASES[name]
    return value() if callable(value) and getattr(value, "__qualname__", "").startswith("_") else value
