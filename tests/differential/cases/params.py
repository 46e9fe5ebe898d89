"""Params: schemas, and values that keep or break them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

UNSET = object()


class Case(NamedTuple):
    """A param, and what a run is given for it."""

    default: Any
    schema: dict[str, Any]
    given: Any = UNSET


def _each(default: Any, schema: dict[str, Any], *given: Any) -> list[Case]:
    return [Case(default, schema), *(Case(default, schema, value) for value in given)]


CASES = [
    *_each(5, {}, "text", None, [1], {"a": 1}), *_each(None, {}, 1), *_each("x", {"type": "string"}, "", "y", 1, None, ["a"]),
    *_each(5, {"type": "integer"}, 6, 6.0, 6.5, "6", True, None), *_each(1.5, {"type": "number"}, 1, "1", None, 1e300),
    *_each(True, {"type": "boolean"}, False, 0, "true", None), *_each([1], {"type": "array"}, [], (1, 2), {"a": 1}, "[]"),
    *_each({"a": 1}, {"type": "object"}, {}, [], "{}"), *_each(None, {"type": "null"}, 0), *_each(None, {"type": ["null", "string"]}, "a", None, 1),
    *_each(5, {"type": "integer", "minimum": 0, "maximum": 10}, 0, 10, -1, 11), *_each(5, {"exclusiveMinimum": 0, "exclusiveMaximum": 10}, 0, 1, 10),
    *_each("abc", {"type": "string", "minLength": 2, "maxLength": 4}, "a", "ab", "abcde"), *_each("a1", {"pattern": "^[a-z]\\d$"}, "b2", "b22", "2b", 5),
    *_each("red", {"enum": ["red", "green", 1, None]}, "green", 1, None, "blue", "1"), *_each("red", {"const": "red"}, "blue"),
    *_each([1, 2], {"type": "array", "items": {"type": "integer"}}, [1, "a"], []), *_each([1], {"minItems": 1, "maxItems": 2, "uniqueItems": True}, [], [1, 1], [1, 2, 3]),
    *_each({"a": 1}, {"properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"a": "x"}, {"b": 1}, {"a": 2, "b": 3}),
    *_each({"a": 1}, {"additionalProperties": False, "properties": {"a": {}}}, {"b": 1}), *_each(3, {"multipleOf": 3}, 9, 10),
    *_each("2024-01-02", {"type": "string", "format": "date"}, "2024-02-30", "02.01.2024", "2024-01-02T00:00:00"),
    *_each("2024-01-02T03:04:05+00:00", {"type": "string", "format": "date-time"}, "2024-01-02T03:04:05Z", "2024-01-02T03:04:05", "2024-01-02", "nonsense"),
    *_each("10:11:12", {"type": "string", "format": "time"}, "10:11:12+00:00", "25:00:00", "x"), *_each("a@b.example", {"format": "email"}, "nobody"),
    *_each("text", {"type": "string", "format": "multiline"}, "a\nb"), *_each(1, {"anyOf": [{"type": "integer"}, {"type": "string"}]}, "a", 1.5),
    *_each(1, {"oneOf": [{"minimum": 0}, {"maximum": 10}]}, 20, 5), *_each(1, {"not": {"type": "string"}}, "a", 2), *_each("a", {"description_md": "x", "title": "T", "section": "S"}, "b"),
    *_each("a", {"type": "string", "examples": ["a", "b"]}, "c"), *_each("a", {"type": "string", "values_display": {"a": "A"}}, "b"),
    *_each(datetime(2024, 1, 2, tzinfo=UTC), {}), *_each(date(2024, 1, 2), {}), *_each(time(1, 2), {}), *_each(UNSET, {"type": "string"}, "a", 1),
    *_each(UNSET, {}, None), *_each({1, 2}, {}), *_each((1, 2), {}), *_each(object(), {}), *_each(5, {"type": "no such type"}, 6),
]  # fmt: skip


def told(case: Case, param: Any, missing: Any) -> Any:
    """The value a run gets."""
    made = param(**({} if case.default is UNSET else {"default": case.default}), **case.schema)
    return made.resolve(missing if case.given is UNSET else case.given)
