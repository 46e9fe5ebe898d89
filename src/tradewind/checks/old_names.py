"""Old spellings: import paths of the alias table, arguments, template names, and access to the database (TW601 to TW604)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from tradewind.checks.contract import Finding
from tradewind.checks.source import Source, calls
from tradewind.compat.table import Alias, modules

#: Argument -> its newer name; None: it means nothing any more.
ARGUMENTS: dict[str, str | None] = {
    "schedule_interval": "schedule",
    "timetable": "schedule",
    "concurrency": "max_active_tasks",
    "task_concurrency": "max_active_tis_per_dag",
    "xcom_push": "do_xcom_push",
    "provide_context": None,
    "apply_defaults": None,
}
#: Only calls of these take the argument in that sense.
_ONLY_DAG = frozenset({"schedule_interval", "timetable", "concurrency"})
_TEMPLATE_NAMES = {
    "execution_date": "logical_date",
    "next_execution_date": "data_interval_end",
    "prev_execution_date": "prev_data_interval_start_success",
    "next_ds": "data_interval_end | ds",
    "prev_ds": "prev_data_interval_start_success | ds",
    "yesterday_ds": "macros.ds_add(ds, -1)",
    "tomorrow_ds": "macros.ds_add(ds, 1)",
}
_TEMPLATE_USE = re.compile(r"\{[{%][^{}%]*?\b(" + "|".join(_TEMPLATE_NAMES) + r")\b")
_DATABASE = re.compile(
    r"airflow\.(settings\.(Session|engine)|utils\.session\.(provide_session|create_session)|utils\.db\.provide_session)$"
)
_NEVER = frozenset({"airflow", "airflow.models"})  #: too broad to be called old: many names are at home there


class Moved(NamedTuple):
    """A name that has a newer address."""

    module: str
    name: str


def newer(module: str, name: str) -> Moved | None:
    """Where an imported name is found today, when the address asked for is an old one."""
    info = modules().get(module)
    alias = info.names.get(name) if info is not None else None
    if alias is None or alias.instead is None:
        return _renamed(module, name, alias)
    where, _, there = alias.instead.rpartition(".")
    return Moved(where, there)


def _renamed(module: str, name: str, alias: Alias | None) -> Moved | None:
    """A class whose name changed while its path still works: DummyOperator is EmptyOperator."""
    if alias is None or alias.missing is not None or module in _NEVER:
        return None
    home, _, there = alias.target.partition(":")
    if not there or there == name:
        return None
    for candidate, info in modules().items():
        other = info.names.get(there)
        if other is not None and other.instead is None and other.target == f"{home}:{there}":
            return Moved(candidate, there)
    return None


def old_paths(source: Source) -> Iterator[Finding]:
    """Imports from old paths, and imports that lead to the database."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for name in node.names:
                asked = f"{node.module}.{name.name}"
                if _DATABASE.match(asked):
                    yield source.found("TW604", node, f"{asked} is the database of the orchestrator.")
                    continue
                moved = newer(node.module, name.name) if node.module.startswith("airflow") else None
                if moved is not None:
                    new = f"from {moved.module} import {moved.name}"
                    yield source.found("TW601", node, f"{asked} is the old name.", f"Write {new}.")


def is_airflow_call(source: Source, call: ast.Call) -> str:
    """The dotted path of a call of something from Airflow or Tradewind, else ""."""
    path = source.dotted(call.func)
    return path if path.startswith(("airflow.", "tradewind.")) else ""


def takes(path: str, argument: str) -> bool:
    """Whether that call takes the old argument in the sense that has a newer name."""
    made = path.rpartition(".")[2]
    is_dag = made in ("DAG", "dag")
    if argument in _ONLY_DAG:
        return is_dag
    return not is_dag and (made[:1].isupper() or made == "task")


def old_arguments(source: Source) -> Iterator[Finding]:
    """Arguments that have a newer name (TW602), also as keys of ``default_args``."""
    for call in calls(ast.walk(source.tree)):
        path = is_airflow_call(source, call)
        if not path:
            continue
        for keyword in call.keywords:
            if keyword.arg in ARGUMENTS and takes(path, keyword.arg):
                yield _old_argument(source, keyword.value, keyword.arg)
            elif keyword.arg == "default_args" and isinstance(keyword.value, (ast.Dict, ast.Name)):
                yield from _old_defaults(source, keyword.value)


def _old_defaults(source: Source, value: ast.expr) -> Iterator[Finding]:
    given = source.bindings.get(value.id) if isinstance(value, ast.Name) else value
    if isinstance(given, ast.Dict):
        for key in given.keys:
            if isinstance(key, ast.Constant) and key.value in ARGUMENTS and key.value not in _ONLY_DAG:
                yield _old_argument(source, key, str(key.value))


def _old_argument(source: Source, node: ast.expr, name: str) -> Finding:
    new = ARGUMENTS[name]
    if new is None:
        return source.found("TW602", node, f"{name} means nothing any more.", f"Leave {name} out.")
    return source.found("TW602", node, f"{name} is the old name.", f"Write {new}=.")


def old_template_names(source: Source) -> Iterator[Finding]:
    """Names in templates that Airflow 3 has no more (TW603)."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "{" in node.value:
            for name in dict.fromkeys(_TEMPLATE_USE.findall(node.value)):
                yield source.found(
                    "TW603", node, f"{{{{ {name} }}}} is the old name.", f"Write {{{{ {_TEMPLATE_NAMES[name]} }}}}."
                )
