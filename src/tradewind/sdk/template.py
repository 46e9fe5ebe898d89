"""Templates: which fields of a task are rendered, with what, and how files are found.

Only names in ``template_fields`` are touched. A text without template marks and without a template extension is not
looked at twice, and the engine is loaded only when there is something to render.
"""

from __future__ import annotations

import copy
import logging
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from tradewind.errors import did_you_mean
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.params import DagParam
from tradewind.sdk.templater import takes_over
from tradewind.sdk.xcom_arg import XComArg

log = logging.getLogger("airflow.task")
_MARKS = ("{{", "{%", "{#")


class Literal:
    """A value that is passed on as it is, template marks and all."""

    def __init__(self, value: Any) -> None:
        self.value = value


def literal(value: Any) -> Literal:
    """Keep template marks in ``value`` from being rendered."""
    return Literal(value)


LiteralValue = Literal


def field_names(task: Any) -> list[str]:
    """Names of the templated attributes."""
    fields = task.template_fields
    return [fields] if isinstance(fields, str) else list(fields)


def render_fields(task: Any, context: Any, jinja_env: Any = None) -> None:
    """Replace each templated attribute of ``task`` (a copy made for this try) by its value."""
    if takes_over(task, "_do_render_template_fields"):
        task._do_render_template_fields(task, field_names(task), context, jinja_env or environment_of(task), set())
        return
    for name in field_names(task):
        try:
            value = getattr(task, name)
        except AttributeError:
            raise AttributeError(
                f"{name!r} is configured as a template field but {type(task).__name__} does not have this attribute."
            ) from None
        if value is None or isinstance(value, (int, float)):
            continue
        try:
            setattr(task, name, render_value(task, value, context, jinja_env))
        except Exception as error:
            _suggest(error, context)
            log.error(
                "Exception rendering Jinja template for task '%s', field '%s'. Template: %r", task.task_id, name, value
            )
            raise


def _suggest(error: Exception, context: Any) -> None:
    """Say which name was meant, where a template asks for one that is not there."""
    if type(error).__name__ != "UndefinedError" or not error.args:
        return
    text = str(error.args[0])
    name, found, rest = text.removeprefix("'").partition("' is undefined")
    if found and not rest:
        hint = did_you_mean(name, context) or "The names that templates know are those of the context."
        error.args = (f"{text}. {hint}",)


def needs_engine(task: Any, value: Any) -> bool:
    """Whether a text has template marks or names a template file."""
    if not isinstance(value, str):
        return False
    return any(mark in value for mark in _MARKS) or (
        bool(task.template_ext) and value.endswith(tuple(task.template_ext))
    )


def is_native(task: Any) -> bool:
    """Whether every text of the task becomes an object."""
    chosen = getattr(task, "render_template_as_native_obj", None)
    if chosen is None:
        dag = task.get_dag() if hasattr(task, "get_dag") else None
        chosen = dag is not None and dag.render_template_as_native_obj
    return bool(chosen)


def render_value(task: Any, value: Any, context: Any, jinja_env: Any = None) -> Any:
    """The value with templates rendered and results resolved; containers are walked, other objects kept."""
    if isinstance(value, str):
        # A native engine makes an object of every text: "[1, 2]" a list, "" None.
        if not needs_engine(task, value) and not is_native(task):
            return value
        return _render_text(jinja_env or environment_of(task), task, value, context)
    if value is None or isinstance(value, (int, float, bytes)):
        return value
    if isinstance(value, (XComArg, DagParam)) or hasattr(value, "iter_references"):
        return value.resolve(context)
    if isinstance(value, Literal):
        return value.value
    if isinstance(value, list):
        return [render_value(task, item, context, jinja_env) for item in value]
    if isinstance(value, tuple):
        items = [render_value(task, item, context, jinja_env) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, dict):
        return {key: render_value(task, item, context, jinja_env) for key, item in value.items()}
    if isinstance(value, set):
        return {render_value(task, item, context, jinja_env) for item in value}
    if hasattr(value, "resolve") and hasattr(value, "render_path"):
        return value.render_path(lambda text: render_value(task, text, context, jinja_env))
    if takes_over(task, "_render_nested_template_fields"):
        task._render_nested_template_fields(value, context, jinja_env or environment_of(task), set())
        return value
    names = getattr(value, "template_fields", None)
    if names and not isinstance(value, type):
        twin = copy.copy(value)
        for name in [names] if isinstance(names, str) else names:
            setattr(twin, name, render_value(task, getattr(value, name), context, jinja_env))
        return twin
    return value


def _render_text(env: Any, task: Any, text: str, context: Any) -> Any:
    from jinja2 import TemplateNotFound  # noqa: PLC0415  loaded with the engine

    if task.template_ext and text.endswith(tuple(task.template_ext)):
        try:
            template = env.get_template(text.strip())
        except TemplateNotFound as error:
            if str(error) != text.strip():
                raise
            folders = ", ".join(map(repr, search_path(task.get_dag())))
            raise TemplateNotFound(
                text,
                f"The template file {text!r} was not found; searched in {folders}. "
                f"Add its folder to the DAG's template_searchpath.",
            ) from None
    else:
        template = _compiled(env, text)
    return render_template(template, context)


def _compiled(env: Any, text: str) -> Any:
    cache: dict[str, Any] = env.tradewind_cache
    template = cache.get(text)
    if template is None:
        template = cache[text] = env.from_string(text)
        if len(cache) > 2000:
            cache.clear()
    return template


def render_template(template: Any, context: Any) -> Any:
    """Render with a context whose values are made when the template asks for them."""
    env = template.environment
    lazy = env.context_class(env, dict(env.globals), template.name, template.blocks)
    lazy.tradewind_source = context
    try:
        parts = template.root_render_func(lazy)
        return env.tradewind_join(parts)
    except Exception:
        env.handle_exception()


def search_path(dag: Any) -> list[str]:
    """Folders where template files are looked for, in order."""
    if dag is None:
        return [str(Path.cwd())]
    return [str(Path(dag.fileloc).parent), *map(str, dag.template_searchpath)]


def environment_of(task: Any, dag: Any = None) -> Any:
    """The engine of the task: its DAG's, native when the task asks for native objects."""
    dag = dag or task.get_dag()
    if dag is None:
        return _bare()
    native = task.render_template_as_native_obj
    return environment_for_dag(dag, native)


def environment_for_dag(dag: Any, native: bool | None = None) -> Any:
    """The DAG's engine, made once."""
    wanted = bool(dag.render_template_as_native_obj if native is None else native)
    made = dag.__dict__.setdefault("_environments", {})
    if wanted not in made:
        made[wanted] = build_environment(
            search_path(dag), wanted, dag.template_undefined, dag.jinja_environment_kwargs,
            dag.user_defined_macros, dag.user_defined_filters,
        )  # fmt: skip
    return made[wanted]


_bare_environment: Any = None


def _bare() -> Any:
    global _bare_environment
    if _bare_environment is None:
        _bare_environment = build_environment([os.curdir], False, None, None, None, None)
    return _bare_environment


def build_environment(
    folders: list[str],
    native: bool,
    undefined: Any,
    options: dict[str, Any] | None,
    macros: dict[str, Any] | None,
    filters: dict[str, Callable[..., Any]] | None,
) -> Any:
    """A Jinja environment with strict undefined names, our filters, and a lazy context."""
    import jinja2  # noqa: PLC0415  heavy; only tasks with something to render load it
    import jinja2.nativetypes  # noqa: PLC0415

    from tradewind.sdk.engine import LazyContext, NativeEngine, TextEngine  # noqa: PLC0415  loads the engine

    settings = {
        "undefined": undefined or jinja2.StrictUndefined,
        "extensions": ["jinja2.ext.do"],
        "cache_size": 400,
        "loader": jinja2.FileSystemLoader(folders),
        **(options or {}),
    }
    env = cast(Any, (NativeEngine if native else TextEngine)(**settings))
    env.context_class = LazyContext
    env.tradewind_cache = {}
    env.tradewind_join = jinja2.nativetypes.native_concat if native else "".join
    env.filters.update(FILTERS)
    if macros:
        env.globals.update(macros)
    if filters:
        env.filters.update(filters)
    return env


def _shape(pattern: str) -> Callable[[datetime | None], str | None]:
    return lambda moment: moment.strftime(pattern) if moment is not None else None


FILTERS: dict[str, Callable[..., Any]] = {
    "ds": _shape("%Y-%m-%d"),
    "ds_nodash": _shape("%Y%m%d"),
    "ts": lambda moment: moment.isoformat() if moment is not None else None,
    "ts_nodash": _shape("%Y%m%dT%H%M%S"),
    "ts_nodash_with_tz": lambda m: m.isoformat().replace("-", "", 2).replace(":", "") if m is not None else None,
}


class TemplateError(AirflowException):
    """A template cannot be rendered."""
