"""The short way of a task that wants nothing but its function called: most tasks of most files.

``execution.execute`` is the truth; for the tasks chosen here ``run`` says and reports the very same with a fifth of the
steps. In the process of a short task each step costs page copies, far more than its instructions. What can be known
from the file alone is looked up once, before the fork. Whatever comes unexpected goes the long way.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import FunctionType
from typing import Any

from tradewind.domain.messages import Finished, WorkOrder, XComValue
from tradewind.sdk import current, execution, lines, masking, plugin_loading, stops, xcom
from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.context import MAKERS
from tradewind.sdk.decorated import PythonDecoratedOperator
from tradewind.sdk.exchange import is_elsewhere
from tradewind.sdk.operators.python import DONE_AT, PythonOperator, settle
from tradewind.sdk.rendered import rendered_fields
from tradewind.sdk.task_instance import RETURN_KEY
from tradewind.sdk.template import is_native, needs_engine
from tradewind.sdk.values import decode, encode
from tradewind.sdk.xcom_arg import PlainXComArg

#: Plain values: nothing to render in them, nothing to hide, short enough to be shown whole.
_SIMPLE = (type(None), bool, int, float)
#: Results that need no settling.
_SETTLED = frozenset({type(None), bool, int, float, str, list, dict, tuple})
_TEXT_MAX = 200
_FACTS = frozenset({"dag", "task", "ti", "task_instance", "dag_run"})
_WANTS = (
    "on_execute_callback",
    "on_success_callback",
    "outlets",
    "inlets",
    "params",
    "templates_dict",
    "operator_extra_links",
    "multiple_outputs",
    "start_trigger_args",
    "_pre_execute_hook",
    "_post_execute_hook",
)

#: (dag id, task id) -> what is known of it.
Known = dict[tuple[str, str], "Short"]


class Short:
    """What the file alone says of a task."""

    __slots__ = ("args", "function", "kwargs", "looks_up", "name", "owner", "rendered", "show", "task")

    def __init__(self, task: Any) -> None:
        self.task = task
        self.function = task.python_callable
        self.args: tuple[Any, ...] = tuple(task.op_args)
        self.kwargs: dict[str, Any] = dict(task.op_kwargs)
        self.looks_up = any(isinstance(v, PlainXComArg) for v in (*self.args, *self.kwargs.values()))
        self.name: str = task.task_id
        self.owner: str = task.owner
        self.show: bool = task.show_return_value_in_logs
        self.rendered: dict[str, Any] | None = None if self.looks_up else rendered_fields(task)


def find(dags: Iterable[Any]) -> Known:
    """The tasks of these DAGs that may go the short way."""
    brought = plugin_loading.loaded()
    if brought.policies is not None or brought.listeners or brought.global_links or brought.links:
        return {}
    if xcom.backend() is not None:
        return {}
    return {
        (dag.dag_id, task.task_id): Short(task)
        for dag in dags
        if not dag.params
        for task in dag.tasks
        if is_plain(task)
    }


def is_plain(task: Any) -> bool:
    """Whether the task wants nothing but its function called."""
    kind = type(task)
    if kind is not PythonOperator and kind is not PythonDecoratedOperator:
        return False
    if task.is_mapped or task.email or not task.do_xcom_push or any(getattr(task, name, None) for name in _WANTS):
        return False
    if isinstance(task.owner, str) is False or is_native(task) or kind.pre_execute is not BaseOperator.pre_execute:
        return False
    if any(below.is_mapped for below in task.downstream_list):
        return False  # the length of what it returns has a limit
    if not isinstance(task.op_args, (list, tuple)) or not isinstance(task.op_kwargs, dict):
        return False
    if any(name.startswith("_") or masking.is_sensitive_name(name) for name in task.op_kwargs):
        return False
    values = [*task.op_args, *task.op_kwargs.values()]
    return _asks_nothing(task) and all(_is_simple(task, value) for value in values)


def _asks_nothing(task: Any) -> bool:
    function = task.python_callable
    if type(function) is not FunctionType or function.__dict__:
        return False
    code = function.__code__
    if code.co_posonlyargcount or code.co_flags & 0x0C:  # *args, **kwargs
        return False
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return not any((name in MAKERS or name in _FACTS) and name not in task.op_kwargs for name in names)


def _is_simple(task: Any, value: Any) -> bool:
    if isinstance(value, PlainXComArg):
        return not value.operator.is_mapped and value.operator.get_dag() is task.get_dag()
    if type(value) is str:
        return len(value) <= _TEXT_MAX and not needs_engine(task, value)
    return type(value) in _SIMPLE


def run(short: Short, order: WorkOrder, client: Any, host: str, started: datetime) -> Finished | None:
    """Run the attempt and say how it ended; None: it must go the long way, nothing was done yet."""
    if order.map_index >= 0 or order.resume or masking.pattern() is not None:
        return None
    args, kwargs, rendered = short.args, short.kwargs, short.rendered
    if short.looks_up:
        found = _look_up(short, order.inputs)
        if found is None:
            return None
        args, kwargs = found
    task = short.task

    def whole() -> Any:
        return execution.context_of(task, order, started, host)

    before = current.enter(current.Late(whole), client)
    try:
        _export(short, order)
        token = stops.arm(task, order.execution_timeout)
        try:
            if short.looks_up:
                task.op_args, task.op_kwargs = args, kwargs
                rendered = _rendered(short, args, kwargs) or rendered_fields(task)
            value = short.function(*args, **kwargs)
            if type(value) not in _SETTLED:
                value = settle(value, current.get_current_context())
            text = f"Done. Returned value was: {value}" if short.show else "Done. Returned value not shown"
            if not lines.say(DONE_AT, text):
                task.log.info("%s", text)
            xcoms = _xcoms(value)
            if xcoms is None:
                ending = execution.Ending()
                execution.push(task, value, ending, current.get_current_context()["ti"])
                xcoms = ending.xcoms
        finally:
            stops.disarm(token)
        return Finished(
            attempt_id=order.attempt_id,
            at=execution.now(),
            outcome="success",
            xcoms=xcoms,
            rendered=rendered,
            started_at=started,
            host=host,
            pid=os.getpid(),
        )
    except BaseException as error:
        return execution.end_with_error(task, order, current.get_current_context(), error, rendered)
    finally:
        current.leave(before)


def _xcoms(value: Any) -> list[XComValue] | None:
    """The value as it is kept; None where limits and stores have a say."""
    if value is None:
        return []
    kind = type(value)
    if kind is int or kind is bool or kind is float or (kind is str and len(value) <= _TEXT_MAX):
        text, length = encode(value)
        return [XComValue(key=RETURN_KEY, value=text, length=length)]
    return None


def _look_up(short: Short, inputs: Mapping[str, Mapping[str, str]]) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """Arguments with results in their places; None when one must be asked for or fetched."""
    args: list[Any] = []
    for value in short.args:
        if type(value) is PlainXComArg:
            text = inputs.get(value.operator.task_id, {}).get(value.key)
            if text is None or is_elsewhere(text):
                return None
            args.append(decode(text))
        else:
            args.append(value)
    kwargs: dict[str, Any] = {}
    for name, value in short.kwargs.items():
        if type(value) is PlainXComArg:
            text = inputs.get(value.operator.task_id, {}).get(value.key)
            if text is None or is_elsewhere(text):
                return None
            kwargs[name] = decode(text)
        else:
            kwargs[name] = value
    return tuple(args), kwargs


def _rendered(short: Short, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any] | None:
    """Rendered fields where every value is shown as it is."""
    for value in (*args, *kwargs.values()):
        if type(value) not in _SIMPLE and (type(value) is not str or len(value) > _TEXT_MAX):
            return None
    if len(args) + len(kwargs) > 10:
        return None
    shown: dict[str, Any] = {"templates_dict": None} if type(short.task) is PythonOperator else {}
    shown["op_args"], shown["op_kwargs"] = list(args), kwargs
    return shown


def _export(short: Short, order: WorkOrder) -> None:
    """``execution_env.context_variables`` of a plain task, into the environment and the log."""
    facts = order.run
    date = facts.logical_date.isoformat() if facts.logical_date is not None else ""
    # As ``execution.tell_environment``, which takes three times as many steps through ``os.environ``.
    known = os.environ._data  # type: ignore[attr-defined]
    text = "Exporting env vars:"
    for name, key, value in (
        ("AIRFLOW_CTX_DAG_OWNER", b"AIRFLOW_CTX_DAG_OWNER", short.owner),
        ("AIRFLOW_CTX_DAG_ID", b"AIRFLOW_CTX_DAG_ID", facts.dag_id),
        ("AIRFLOW_CTX_TASK_ID", b"AIRFLOW_CTX_TASK_ID", short.name),
        ("AIRFLOW_CTX_EXECUTION_DATE", b"AIRFLOW_CTX_EXECUTION_DATE", date),
        ("AIRFLOW_CTX_LOGICAL_DATE", b"AIRFLOW_CTX_LOGICAL_DATE", date),
        ("AIRFLOW_CTX_TRY_NUMBER", b"AIRFLOW_CTX_TRY_NUMBER", str(order.try_number)),
        ("AIRFLOW_CTX_DAG_RUN_ID", b"AIRFLOW_CTX_DAG_RUN_ID", facts.run_id),
    ):
        if value:
            known[key] = data = value.encode("utf-8", "surrogateescape")
            os.putenv(key, data)
            text = f"{text} {name}={value!r}"
    if not lines.say("execution.py:1", text):
        execution.log.info("%s", text)
