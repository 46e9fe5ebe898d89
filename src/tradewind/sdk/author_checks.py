"""Arguments of the wrong type, found when a DAG is frozen: said with file, line, name and what to write."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tradewind.errors import DagFileError, did_you_mean
from tradewind.sdk.exceptions import ParamValidationError

if TYPE_CHECKING:
    from tradewind.sdk.dag import DAG

#: What becomes of a run that is due while ``max_active_runs`` others are active.
OVERLAP = ("queue", "skip", "cancel_old", "cancel_new")
_WORDS = {
    str: ("a text", '"name"'),
    bool: ("True or False", "True"),
    int: ("a whole number", "1"),
    timedelta: ("a timedelta", "timedelta(minutes=5)"),
}
#: Argument -> type, may be None.
_TASK: tuple[tuple[str, type, bool], ...] = (
    ("owner", str, False),
    ("pool", str, False),
    ("queue", str, True),
    ("priority_weight", int, False),
    ("depends_on_past", bool, False),
    ("wait_for_downstream", bool, False),
    ("do_xcom_push", bool, False),
    ("max_active_tis_per_dag", int, True),
    ("max_active_tis_per_dagrun", int, True),
    ("sla", timedelta, True),
    ("queue_timeout", timedelta, True),
)
_DAG: tuple[tuple[str, type, bool], ...] = (
    ("max_active_runs", int, True),
    ("max_active_tasks", int, True),
    ("dagrun_timeout", timedelta, True),
    ("queue_timeout", timedelta, True),
    ("overlap", str, False),
    ("is_paused_upon_creation", bool, True),
    ("description", str, True),
    ("team", str, True),
)
_CALLBACKS = (
    *(f"on_{moment}_callback" for moment in ("execute", "failure", "success", "retry", "skipped")),
    "sla_miss_callback",
)


def check_types(dag: DAG, tasks: Iterable[Any], fileloc: str) -> None:
    """Raises DagFileError for the first argument of a wrong type."""
    _check(dag, f"DAG {dag.dag_id!r}", _DAG, dag.file or fileloc, dag.line)
    _check_runs(dag, dag.file or fileloc)
    for task in tasks:
        _check(task, f"Task {dag.dag_id + '.' + task.task_id!r}", _TASK, task.file or fileloc, task.line)


def _check_runs(dag: DAG, file: str) -> None:
    what = f"DAG {dag.dag_id!r}"
    window = dag.catchup
    if not isinstance(window, (bool, timedelta, type(None))) or (isinstance(window, timedelta) and not window):
        raise DagFileError(
            f"{what}: catchup must be True, False or how far to go back, not {window!r} of type {type(window).__name__}.",
            file=file,
            line=dag.line,
            hint="Write catchup=False, or catchup=timedelta(hours=24) for the runs of the last day.",
        )
    if isinstance(window, timedelta) and window < timedelta(0):
        raise DagFileError(
            f"{what}: catchup={window!r} lies ahead.", file=file, line=dag.line, hint="Write a positive timedelta."
        )
    if dag.overlap not in OVERLAP:
        raise DagFileError(
            f"{what}: overlap={dag.overlap!r} is not known.",
            file=file,
            line=dag.line,
            hint=did_you_mean(dag.overlap, OVERLAP) or f"Use one of {', '.join(OVERLAP)}.",
        )


def _check(made: Any, what: str, types: tuple[tuple[str, type, bool], ...], file: str, line: int | None) -> None:
    for name, kind, optional in types:
        value = getattr(made, name)
        if type(value) is kind or (value is None and optional):
            continue
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            words, example = _WORDS[kind]
            raise DagFileError(
                f"{what}: {name} must be {words}, not {value!r} of type {type(value).__name__}.",
                file=file,
                line=line,
                hint=f"Write {name}={example}.",
            )
    for name in _CALLBACKS:
        value = getattr(made, name, None)
        if value is None or callable(value):
            continue
        if not isinstance(value, (list, tuple)) or not all(callable(one) for one in value):
            raise DagFileError(
                f"{what}: {name} must be a function or a list of functions, not {value!r}.",
                file=file,
                line=line,
                hint=f"Write {name}=my_function, without quotes or parentheses.",
            )


def check_params(dag: DAG, fileloc: str) -> None:
    """A DAG that runs by itself needs params whose values fit their schemas: nobody is asked for others."""
    try:
        dag.params.validate()
    except (ParamValidationError, ValueError) as error:
        raise DagFileError(
            f"DAG {dag.dag_id!r} has a schedule, and a param's value does not fit: {error}",
            file=dag.file or fileloc,
            line=dag.line,
            hint="Give the param a value that fits its schema, or the DAG schedule=None.",
        ) from error
