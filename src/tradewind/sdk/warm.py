"""Import once, before forking, what tasks of a file will ask for: the template engine, Pendulum."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tradewind.sdk import moments
from tradewind.sdk.context import DATES
from tradewind.sdk.operators.python import PythonOperator
from tradewind.sdk.python_call import asks_for
from tradewind.sdk.template import environment_for_dag, field_names, needs_engine


def warm_up(dags: Iterable[Any]) -> None:
    """Look through the tasks; a file without templates and dates stays small."""
    dates = False
    for dag in dags:
        texts = [text for task in dag.tasks for text in _texts(task) if needs_engine(task, text)]
        if texts:
            environment_for_dag(dag)
            dates = dates or any(name in text for text in texts for name in DATES)
        dates = dates or any(_asks_for_dates(task) for task in dag.tasks)
    if dates:
        moments.load()


def _texts(task: Any) -> Iterator[str]:
    todo = [getattr(task, name, None) for name in field_names(task)]
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            todo.extend(value.values())
        elif isinstance(value, (list, tuple, set)):
            todo.extend(value)


def _asks_for_dates(task: Any) -> bool:
    function = getattr(task, "python_callable", None)
    if function is None or not issubclass(task.operator_class, PythonOperator):
        return False
    names = asks_for(function)
    return names is None or bool(names & DATES)
