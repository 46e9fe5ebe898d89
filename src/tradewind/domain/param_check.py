"""Does a value fit a param's JSON schema? Asked where a file gives a default and where a person starts a run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_DESCRIBING = {
    "type",
    "title",
    "description",
    "section",
    "examples",
    "values_display",
    "description_md",
    "custom_html_form",
}


def breach(value: Any, schema: Mapping[str, Any]) -> str | None:
    """What is wrong with the value, in words, or None."""
    quick = _quick_verdict(value, schema)
    if quick is not None:
        return None if quick else f"{value!r} is not of type {schema.get('type')!r}"
    import jsonschema  # noqa: PLC0415  heavy; only params with a real schema need it

    try:
        formats = jsonschema.FormatChecker()
        # The library leaves this one to a package of its own; without it any text would do.
        formats.checks("date-time", raises=ValueError)(_is_moment)
        jsonschema.validate(value, schema, format_checker=formats)
    except jsonschema.ValidationError as error:
        return str(error.message)
    except jsonschema.SchemaError as error:
        return f"its schema is no JSON schema: {error.message}"
    return None


def _is_moment(value: Any) -> bool:
    """A date with a time; the offset may be missing. What is no text is the type's business."""
    return not isinstance(value, str) or (len(value) > len("2024-01-31") and bool(datetime.fromisoformat(value)))


def first_breach(params: Mapping[str, Mapping[str, Any]], conf: Mapping[str, Any]) -> tuple[str, str] | None:
    """(name, what is wrong) of the first param that the conf, else its default, does not satisfy."""
    for name, param in params.items():
        schema = param.get("schema")
        if not schema:
            continue
        given = name in conf
        value = conf[name] if given else param.get("value")
        problem = breach(value, schema)
        if problem is not None:
            return name, problem if given or value is not None else "it has no default, so a value must be given"
    return None


def _quick_verdict(value: Any, schema: Mapping[str, Any]) -> bool | None:
    """Whether the value fits, where the schema only names types; None when a full check is needed."""
    if not schema.keys() <= _DESCRIBING:
        return None
    kinds = schema.get("type")
    if kinds is None:
        return True
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        if kind not in _TYPES:
            return None
        if isinstance(value, _TYPES[kind]) and not (isinstance(value, bool) and kind in {"integer", "number"}):
            return True
        if kind == "integer" and isinstance(value, float) and value.is_integer():
            return True  # for JSON 6.0 is an integer
    return False
