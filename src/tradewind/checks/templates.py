"""Templates that will not render: syntax, unknown names, missing files (TW403 to TW405), and the values they ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tradewind.checks.contract import Finding, Use
from tradewind.errors import did_you_mean
from tradewind.sdk.context import MAKERS
from tradewind.sdk.mapped import MappedOperator
from tradewind.sdk.template import environment_of, field_names, needs_engine, search_path

_CONTEXT = frozenset({*MAKERS, "dag", "task", "ti", "task_instance", "dag_run", "expanded_ti_count", "exception"})


def check_templates(task: Any, dag: Any, line: int, shown: str, uses: list[Use]) -> Iterator[Finding]:
    """Compile every templated text of a task as the run will, without rendering it."""
    for field, text in _texts(task):
        if not needs_engine(task, text):
            continue
        found = _trouble(task, dag, text, uses, Use("variable", "", shown, line, f"{dag.dag_id}.{task.task_id}"))
        if found is not None:
            code, message, fix = found
            yield Finding(shown, line, code, f"{task.task_id}.{field}: {message}", dag_id=dag.dag_id, fix=fix)


def _texts(task: Any) -> Iterator[tuple[str, str]]:
    given = task.mapped_kwargs if isinstance(task, MappedOperator) else None
    for field in field_names(task):
        value = given.get(field) if given is not None else getattr(task, field, None)
        for text in _inside(value):
            yield field, text


def _inside(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple, set)):
        for item in value:
            yield from _inside(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _inside(item)


def _trouble(task: Any, dag: Any, text: str, uses: list[Use], place: Use) -> tuple[str, str, str] | None:
    import jinja2  # noqa: PLC0415  loaded with the first template
    import jinja2.meta  # noqa: PLC0415

    env = environment_of(task, dag)
    source = text
    if task.template_ext and text.endswith(tuple(task.template_ext)):
        folders = search_path(dag)
        try:
            source = env.loader.get_source(env, text.strip())[0]
        except jinja2.TemplateNotFound:
            if any((Path(folder) / text.strip()).is_file() for folder in folders):
                return None
            return "TW405", f"{text!r} is not in {', '.join(map(repr, folders))}.", ""
    try:
        tree = env.parse(source)
    except jinja2.TemplateSyntaxError as error:
        return "TW403", f"{error.message} (line {error.lineno} of the template).", ""
    uses.extend(_asked(tree, place))
    known = {*_CONTEXT, *env.globals}
    for name in sorted(jinja2.meta.find_undeclared_variables(tree) - known):
        hint = did_you_mean(name, known) or ""
        if name in dag.params:
            hint = f"Write {{{{ params.{name} }}}}."
        return "TW404", f"there is no {name!r}.", hint
    return None


def _asked(tree: Any, place: Use) -> Iterator[Use]:
    """``var.value.x``, ``var.json.x`` and ``conn.x`` of a template."""
    import jinja2.nodes as n  # noqa: PLC0415  loaded with the first template

    for node in tree.find_all(n.Getattr):
        below = node.node
        if isinstance(below, n.Name) and below.name == "conn" and node.attr != "get":
            yield Use("connection", node.attr, place.file, place.line, place.by)
        elif (
            isinstance(below, n.Getattr)
            and below.attr in ("value", "json")
            and isinstance(below.node, n.Name)
            and below.node.name == "var"
            and node.attr != "get"
        ):
            yield Use("variable", node.attr, place.file, place.line, place.by)
