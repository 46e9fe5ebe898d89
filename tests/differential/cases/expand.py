"""Mapped tasks: written once, made with the operator class of either library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: What the tasks before it pushed: name of the task -> value.
PUSHED: dict[str, Any] = {
    "two": ["p", "q"],
    "three": [10, 20, 30],
    "pairs": {"k1": "v1", "k2": "v2"},
    "empty": [],
    "one": ["only"],
    "kwargs": [{"a": 1, "b": 2}, {"a": 3}, {"b": 4}],
    "nested": [[1, 2], [3]],
    "mixed": [None, 0, "", [], {}],
    "dicts": [{"x": 1}, {"x": 2}],
}
Make = Callable[[Any, dict[str, Any]], Any]


def _expand(**mapped: Callable[[dict[str, Any]], Any] | Any) -> Make:
    def make(operator: Any, pushed: dict[str, Any]) -> Any:
        values = {name: value(pushed) if callable(value) else value for name, value in mapped.items()}
        return operator.partial(task_id="t").expand(**values)

    return make


def _kwargs(value: Callable[[dict[str, Any]], Any] | Any, **shared: Any) -> Make:
    def make(operator: Any, pushed: dict[str, Any]) -> Any:
        return operator.partial(task_id="t", **shared).expand_kwargs(value(pushed) if callable(value) else value)

    return make


def double(value: Any) -> Any:
    """Twice the value."""
    return value * 2


def as_a(value: Any) -> Any:
    """Arguments of an instance."""
    return {"a": value, "b": f"b{value}"}


CASES: dict[str, Make] = {
    "one list": _expand(a=[1, 2, 3]),
    "two lists": _expand(a=[1, 2], b=["x", "y", "z"]),
    "three lists": _expand(a=[1, 2], b=["x", "y"], c=[True, False, None]),
    "other order of names": _expand(c=[1, 2], a=["x", "y", "z"], b=[0]),
    "a tuple": _expand(a=(1, 2)),
    "a dict": _expand(a={"x": 1, "y": 2}),
    "a dict and a list": _expand(a={"x": 1, "y": 2}, b=[5, 6]),
    "lists of one": _expand(a=[1], b=[2], c=[3]),
    "an empty list": _expand(a=[]),
    "an empty list among others": _expand(a=[1, 2], b=[]),
    "lists in a list": _expand(a=[[1, 2], [3]], b=[{"k": 1}]),
    "a result": _expand(a=lambda p: p["three"]),
    "a result and a list": _expand(a=lambda p: p["three"], b=["x", "y"]),
    "a list and a result": _expand(a=["x", "y"], b=lambda p: p["three"]),
    "two results": _expand(a=lambda p: p["two"], b=lambda p: p["three"]),
    "two results the other way": _expand(b=lambda p: p["three"], a=lambda p: p["two"]),
    "the same result twice": _expand(a=lambda p: p["two"], b=lambda p: p["two"]),
    "a dict result": _expand(a=lambda p: p["pairs"]),
    "a dict result and a result": _expand(a=lambda p: p["pairs"], b=lambda p: p["two"]),
    "an empty result": _expand(a=lambda p: p["empty"]),
    "an empty result among others": _expand(a=lambda p: p["two"], b=lambda p: p["empty"]),
    "a result of one": _expand(a=lambda p: p["one"]),
    "falsy items": _expand(a=lambda p: p["mixed"]),
    "lists in a result": _expand(a=lambda p: p["nested"]),
    "results in a list": _expand(a=lambda p: [p["two"], p["three"]]),
    "map": _expand(a=lambda p: p["three"].map(double)),
    "map of map": _expand(a=lambda p: p["three"].map(double).map(double)),
    "map of a dict": _expand(a=lambda p: p["pairs"].map(lambda pair: pair[0] + pair[1])),
    "map and a list": _expand(a=lambda p: p["three"].map(double), b=[1, 2]),
    "zip": _expand(a=lambda p: p["two"].zip(p["three"])),
    "zip the other way": _expand(a=lambda p: p["three"].zip(p["two"])),
    "zip of three": _expand(a=lambda p: p["two"].zip(p["three"], p["one"])),
    "zip with a fill": _expand(a=lambda p: p["two"].zip(p["three"], fillvalue="-")),
    "zip with None": _expand(a=lambda p: p["two"].zip(p["three"], fillvalue=None)),
    "zip of three with a fill": _expand(a=lambda p: p["one"].zip(p["three"], p["empty"], fillvalue=0)),
    "zip with nothing": _expand(a=lambda p: p["two"].zip(p["empty"])),
    "zip with itself": _expand(a=lambda p: p["two"].zip(p["two"])),
    "zip of maps": _expand(a=lambda p: p["two"].map(double).zip(p["three"].map(double))),
    "map of a zip": _expand(a=lambda p: p["two"].zip(p["three"]).map(lambda pair: f"{pair[0]}{pair[1]}")),
    "zip of a dict": _expand(a=lambda p: p["pairs"].zip(p["three"])),
    "zip and a list": _expand(a=lambda p: p["two"].zip(p["three"]), b=["x", "y"]),
    "concat": _expand(a=lambda p: p["two"].concat(p["three"])),
    "concat of three": _expand(a=lambda p: p["two"].concat(p["empty"], p["one"])),
    "concat of maps": _expand(a=lambda p: p["three"].map(double).concat(p["two"])),
    "map of a concat": _expand(a=lambda p: p["two"].concat(p["three"]).map(double)),
    "concat and a list": _expand(a=lambda p: p["two"].concat(p["one"]), b=[1, 2]),
    "kwargs": _kwargs([{"a": 1, "b": 2}, {"a": 3}]),
    "kwargs with shared ones": _kwargs([{"a": 1}, {"a": 3}], b="shared", c=0),
    "kwargs with a result inside": _kwargs(lambda p: [{"a": p["two"]}, {"b": p["three"]}]),
    "kwargs of a result": _kwargs(lambda p: p["kwargs"]),
    "kwargs of a map": _kwargs(lambda p: p["three"].map(as_a)),
    "kwargs of a zip": _kwargs(lambda p: p["two"].zip(p["three"]).map(lambda pair: {"a": pair[0], "b": pair[1]})),
    "kwargs of a concat": _kwargs(lambda p: p["dicts"].concat(p["dicts"]).map(lambda item: {"a": item["x"]})),
    "kwargs of nothing": _kwargs(lambda p: p["empty"]),
    "kwargs of an empty list": _kwargs([]),
    "kwargs that are no dicts": _kwargs(lambda p: p["three"]),
    "a text": _expand(a="text"),
    "a number": _expand(a=5),
    "an unknown name": _expand(nonsense=[1]),
    "nothing": _expand(),
    "kwargs of a number": _kwargs(5),
    "kwargs of texts": _kwargs(["a"]),
    "kwargs with an unknown name": _kwargs([{"nonsense": 1}]),
}


def skip_small(skip: type[Exception]) -> Callable[[Any], Any]:
    """A function that skips what is below 20."""

    def keep(value: Any) -> Any:
        if value < 20:
            raise skip
        return value + 1

    return keep
