"""Keeps registered secrets out of log files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Set
from typing import Any

from tradewind.sdk import masking

HIDDEN = "***"
_SHORT_LINE = 8  # a line of a longer secret is only hidden by itself when it is at least this long


class Masker:
    """``mask(text)``. ``known`` gives the live set of secrets; the pattern is rebuilt when the set has grown."""

    def __init__(self, known: Callable[[], Set[str]]) -> None:
        self._known = known
        self._size = 0
        self._pattern: re.Pattern[str] | None = None

    def mask(self, text: str) -> str:
        """The text without any known secret."""
        known = self._known()
        if len(known) != self._size:
            self._size = len(known)
            self._pattern = _pattern(known)
        return self._pattern.sub(HIDDEN, text) if self._pattern is not None else text


def _pattern(values: Iterable[str]) -> re.Pattern[str] | None:
    forms: set[str] = set()
    for value in values:
        # As it is, as Python and JSON quote it, and line by line: a key file is printed by the line.
        forms |= {value, repr(value)[1:-1], json.dumps(value)[1:-1]}
        forms |= {line for line in value.splitlines() if len(line) >= _SHORT_LINE}
    ordered = sorted(filter(None, forms), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, ordered))) if ordered else None


def secrets_in_reply(verb: str, args: dict[str, Any], value: Any) -> set[str]:
    """What a reply on its way to a task makes secret, so that the host can mask what the task's children print."""
    found: set[str] = set()
    if verb == "connection_get" and isinstance(value, dict):
        found |= {str(value.get("password") or "")}
        found |= _secret_extras(value.get("extra"))
    elif verb == "variable_get" and masking.is_sensitive_name(str(args.get("key", ""))) and isinstance(value, str):
        found.add(value)
    return {text for text in found if len(text) > 2}


def _secret_extras(extra: Any) -> set[str]:
    try:
        fields = json.loads(extra) if isinstance(extra, str) and extra else extra
    except ValueError:
        return set()
    if not isinstance(fields, dict):
        return set()
    return {str(v) for k, v in fields.items() if masking.is_sensitive_name(str(k)) and isinstance(v, str | int)}
