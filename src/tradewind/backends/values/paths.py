"""Paths of values: a run's values lie below one prefix, so that they go with the run."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import quote

from tradewind.errors import InvalidArgument


def dag_prefix(dag_id: str) -> str:
    """Below it lies everything of a DAG."""
    return _part(dag_id)


def run_prefix(dag_id: str, run_id: str) -> str:
    """Below it lies everything of a run."""
    return f"{dag_prefix(dag_id)}/{_part(run_id)}"


def value_path(dag_id: str, run_id: str, task_id: str, map_index: int, key: str, attempt_id: str) -> str:
    """Where one push lies."""
    return f"{run_prefix(dag_id, run_id)}/{_part(task_id)}/{map_index}/{_part(attempt_id)}/{_part(key)}.json"


def _part(name: str) -> str:
    quoted = quote(name, safe="@+= ")
    return "%2E" + quoted[1:] if quoted.startswith(".") else quoted


def checked(path: str) -> str:
    """The path; InvalidArgument when it would lead out of the store."""
    if not path or path.startswith("/") or any(part in {"", ".", ".."} for part in PurePosixPath(path).parts):
        raise InvalidArgument(f"{path!r} is no address of a stored value.", field="path")
    return path
