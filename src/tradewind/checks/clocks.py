"""Where a file or a task asks the clock (TW201, TW203, TW205), and tasks that cannot be run twice (TW406, TW502)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tradewind.checks.contract import Finding
from tradewind.checks.source import Function, Source, calls, named, text_of, words

_NOW = re.compile(
    r"(datetime\.)?datetime\.(now|utcnow|today)$|(datetime\.)?date\.today$|pendulum\.(now|today|yesterday|tomorrow)$"
    r"|(airflow|tradewind)(\.\w+)*\.(utcnow|days_ago)$|timezone\.utcnow$|time\.(time|time_ns)$"
)
_CHANCE = re.compile(r"random\.\w+$|uuid\.uuid[14]$|secrets\.\w+$|os\.urandom$")
_TABLE = re.compile(
    r"(pandas|polars|geopandas|dask\.dataframe)\.(read_\w+|DataFrame|concat|merge|json_normalize)$|\.get_pandas_df$|\.get_df$"
)
_TABLE_TYPE = re.compile(r"(^|\.)(DataFrame|LazyFrame|GeoDataFrame|Series)$")


def _now_in(source: Source, node: ast.expr, depth: int = 0) -> str:
    for call in calls(ast.walk(node)):
        path = source.dotted(call.func)
        if _NOW.search(path):
            return path
    if depth < 3:
        for name in (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)):
            bound = source.bindings.get(name)
            if bound is not None and bound is not node and (path := _now_in(source, bound, depth + 1)):
                return path
    return ""


def moving_dates(source: Source) -> Iterator[Finding]:
    """``start_date`` made of the clock, and anything else at the top level that is (TW201, TW203)."""
    dated: set[int] = set()
    for node in source.at_import:
        for name, value in named(node):
            if name not in ("start_date", "end_date"):
                continue
            path = _now_in(source, value)
            dated.update(c.lineno for c in calls(ast.walk(value)))
            dated.update(_bound_lines(source, value))
            if path and name == "start_date":
                yield source.found("TW201", value, f"start_date comes from {path}().")
    for call in calls(source.at_import):
        path = source.dotted(call.func)
        if (_NOW.search(path) or _CHANCE.search(path)) and call.lineno not in dated:
            yield source.found("TW203", call, f"{path}() is asked whenever the file is read.")


def _bound_lines(source: Source, value: ast.expr) -> Iterator[int]:
    for name in (n.id for n in ast.walk(value) if isinstance(n, ast.Name)):
        if name in source.bindings:
            yield from (c.lineno for c in calls(ast.walk(source.bindings[name])))


def in_tasks(source: Source) -> Iterator[Finding]:
    """What makes a second run of a task differ from the first (TW205, TW406, TW502)."""
    for body in source.task_bodies:
        for call in calls(ast.walk(body)):
            path = source.dotted(call.func)
            if _NOW.search(path) and not path.startswith("time."):
                yield source.found("TW205", call, f"{body.name} asks {path}().")
            elif path == "open" and _mode(call).startswith("a"):
                yield source.found("TW502", call, f"{body.name} appends to a file.")
        yield from _tables(source, body)


def _mode(call: ast.Call) -> str:
    return text_of(call.args[1] if len(call.args) > 1 else words(call).get("mode")) or ""


def _tables(source: Source, body: Function) -> Iterator[Finding]:
    if body.returns is not None and _TABLE_TYPE.search(source.dotted(body.returns)):
        yield source.found("TW406", body.returns, f"{body.name} returns a {source.dotted(body.returns)}.")
        return
    tables = {
        target.id
        for node in ast.walk(body)
        if isinstance(node, ast.Assign) and _is_table(source, node.value, set())
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(body):
        if isinstance(node, ast.Return) and node.value is not None and _is_table(source, node.value, tables):
            yield source.found("TW406", node, f"{body.name} returns a table.")
        elif isinstance(node, ast.Call) and source.dotted(node.func).endswith(".xcom_push"):
            for name, value in named(node):
                if name == "value" and _is_table(source, value, tables):
                    yield source.found("TW406", node, f"{body.name} pushes a table.")


def _is_table(source: Source, node: ast.expr, tables: set[str]) -> bool:
    if isinstance(node, ast.Call):
        return bool(_TABLE.search(source.dotted(node.func)))
    return isinstance(node, ast.Name) and node.id in tables
