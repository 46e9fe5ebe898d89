"""Answers in the forms people ask for: a table, JSON, YAML, or plain columns for other programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

Row = Mapping[str, Any]


def _plain(value: Any) -> Any:
    """A JSON value: times as ISO text, enums as their value."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return value


def _cell(value: Any) -> str:
    value = _plain(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in value):
        return ", ".join(str(item) for item in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)


def covers(start: datetime | None, end: datetime | None, due: datetime | None) -> str:
    """What a run is for, and when it may start: three dates that are easily confused, in one sentence."""
    if due is None:
        return ""
    at = f"due at {due.isoformat()}"
    if start is None or end is None:
        return at
    return (
        f"for {start.isoformat()}, {at}" if start == end else f"covers {start.isoformat()} to {end.isoformat()}, {at}"
    )


def as_table(rows: Sequence[Row], columns: Sequence[str], *, bare: bool = False) -> str:
    """Aligned columns; ``bare`` leaves the rule and the bars out."""
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max([len(column), *(len(line[at]) for line in cells)]) for at, column in enumerate(columns)]
    gap = "  " if bare else " | "

    def line(parts: Sequence[str]) -> str:
        return gap.join(part.ljust(width) for part, width in zip(parts, widths, strict=True)).rstrip()

    rule = [] if bare else ["=+=".join("=" * width for width in widths)]
    return "\n".join([line(columns), *rule, *(line(parts) for parts in cells)])


def as_yaml(value: Any, indent: int = 0) -> str:
    """YAML of JSON values. Scalars are written as JSON, which YAML reads."""
    pad = "  " * indent
    if isinstance(value, Mapping) and value:
        lines = []
        for key, item in value.items():
            nested = isinstance(item, (dict, list)) and item
            lines.append(
                f"{pad}{key}:\n{as_yaml(item, indent + 1)}" if nested else f"{pad}{key}: {as_yaml(item).strip()}"
            )
        return "\n".join(lines)
    if isinstance(value, list) and value:
        return "\n".join(f"{pad}- {as_yaml(item, indent + 1).lstrip()}" for item in value)
    return pad + json.dumps(value, ensure_ascii=False)


def show(rows: Sequence[Row], columns: Sequence[str], form: str, *, nothing: str = "No data found") -> None:
    """Print rows in one of the forms."""
    if form == "json":
        print(json.dumps([{c: _plain(row.get(c)) for c in columns} for row in rows], ensure_ascii=False))
    elif form == "yaml":
        print(as_yaml([{c: _plain(row.get(c)) for c in columns} for row in rows]))
    elif not rows and form == "table":
        print(nothing)
    else:
        print(as_table(rows, columns, bare=form == "plain"))


def show_one(facts: Row, form: str) -> None:
    """Print one thing with its facts."""
    if form == "json":
        print(json.dumps(_plain(facts), ensure_ascii=False))
    elif form == "yaml":
        print(as_yaml(_plain(facts)))
    else:
        show(
            [{"property": key, "value": value} for key, value in facts.items()],
            ("property", "value"),
            form,
        )
