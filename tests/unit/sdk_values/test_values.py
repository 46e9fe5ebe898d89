from __future__ import annotations

import dataclasses
from collections import namedtuple
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from uuid import UUID

import pytest

from tradewind.sdk.artifact import Artifact
from tradewind.sdk.values import CannotEncode, decode, encode


@dataclasses.dataclass(frozen=True)
class Point:
    x: int
    when: datetime


class Colour(Enum):
    RED = "red"


Pair = namedtuple("Pair", "a b")


class Own:
    def __init__(self, n: int) -> None:
        self.n = n

    def __repr__(self) -> str:  # part of a test's name, which must be the same in each process of a parallel run
        return f"Own({self.n})"

    def serialize(self) -> dict[str, int]:
        return {"n": self.n}

    @staticmethod
    def deserialize(data: dict[str, int], version: int) -> Own:
        assert version == 1
        return Own(data["n"])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own) and other.n == self.n

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.spec("1/XC-09", "1/CF-04")
@pytest.mark.parametrize(
    "value",
    [
        None, True, 5, 1.5, float("inf"), "text", [1, [2]], {"a": {"b": None}}, (1, 2), {1, 2}, {1: "x", (2,): "y"},
        datetime(2020, 1, 1, tzinfo=UTC), date(2020, 1, 1), timedelta(1, 2, 3), Decimal("1.10"), b"\x00", frozenset({1}),
        UUID(int=5), Path("/tmp/x"), Point(1, datetime(2020, 1, 1, tzinfo=UTC)), Colour.RED, Pair(1, "b"), Own(3),
        {"__type__": "mine"},
    ],
    ids=repr,
)  # fmt: skip
def test_values_come_back_as_they_went(value: object) -> None:
    text, _ = encode(value)
    again = decode(text)
    assert again == value
    assert type(again) is type(value) or isinstance(value, Path)


def test_pendulum_dates_keep_their_zone() -> None:
    import pendulum

    moment = pendulum.datetime(2020, 7, 1, tz="Europe/Amsterdam")
    again = decode(encode(moment)[0])
    assert again == moment
    assert again.timezone_name == "Europe/Amsterdam"


def test_arrays_and_tables_come_back() -> None:
    pd = pytest.importorskip("pandas")
    import numpy as np

    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    pd.testing.assert_frame_equal(decode(encode(frame)[0]), frame)
    assert (decode(encode(np.array([1.5, 2.5]))[0]) == np.array([1.5, 2.5])).all()
    assert decode(encode(np.int64(3))[0]) == 3


@pytest.mark.parametrize("value", [lambda: 1, object(), open, {"a": [object()]}])
def test_what_cannot_travel_is_named(value: object) -> None:
    with pytest.raises(CannotEncode, match="cannot be passed between tasks"):
        encode(value)


def test_lengths_are_told_for_mapping() -> None:
    assert encode([1, 2, 3])[1] == 3
    assert encode({"a": 1})[1] == 1
    assert encode("abc")[1] is None


def test_artifacts_travel_as_plain_json() -> None:
    assert decode(encode(Artifact.markdown("# hi"))[0]) == {"__artifact__": "markdown", "text": "# hi"}
    table = decode(encode(Artifact.table([{"a": 1, "b": None}, {"a": date(2020, 1, 1)}]))[0])
    assert table == {"__artifact__": "table", "columns": ["a", "b"], "rows": [[1, None], ["2020-01-01", None]]}
    assert decode(encode(Artifact.image(b"png"))[0])["media_type"] == "image/png"
