"""Limits by key: the key of a run is filled in from what the brain knows of it, with no user code and no templates."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from tradewind.domain.spec import DagSpec, LimitSpec, TaskSpec

_FIELD = re.compile(r"\{\{\s*(.*?)\s*\}\}")
#: Fields a key may hold besides ``params.NAME``.
FIELDS = ("dag_id", "run_id", "task_id", "ds")
#: Longer keys are cut, with a digest of the whole in place of the rest.
MAX_KEY = 200

Limits = tuple[LimitSpec, ...]


def unknown_fields(key: str, params: Iterable[str]) -> list[str]:
    """Fields of the key that no run could fill."""
    known = {*FIELDS, *(f"params.{name}" for name in params)}
    return [name for name in _FIELD.findall(key) if name not in known]


def resolve(
    dag: DagSpec, task: TaskSpec, run_id: str, logical_date: datetime | None, conf: Mapping[str, Any]
) -> Limits:
    """The limits of a task in one run, their keys filled in."""
    params: dict[str, Any] = {}
    for declared in (dag.params, task.params):
        params.update({name: param.get("value") for name, param in declared.items()})
    params.update(conf)

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name.startswith("params."):
            given = params.get(name.removeprefix("params."))
            return given if isinstance(given, str) else msgspec.json.encode(given).decode()
        if name == "ds":
            return logical_date.date().isoformat() if logical_date is not None else ""
        return {"dag_id": dag.dag_id, "run_id": run_id, "task_id": task.task_id}.get(name, "")

    return tuple(msgspec.structs.replace(limit, key=_short(_FIELD.sub(value, limit.key))) for limit in task.limits)


def _short(key: str) -> str:
    if len(key) <= MAX_KEY:
        return key
    return f"{key[: MAX_KEY - 17]}~{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def dump(limits: Sequence[LimitSpec]) -> str | None:
    """As a task instance row keeps them; None for none."""
    return msgspec.json.encode(limits).decode() if limits else None


@lru_cache(maxsize=10_000)
def load(text: str | None) -> Limits:
    """From a row."""
    return tuple(msgspec.json.decode(text, type=list[LimitSpec])) if text else ()
