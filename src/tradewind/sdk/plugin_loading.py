"""What add-on code brings: plugins of {home}/plugins and of installed packages, and the house rules of
``airflow_local_settings``. Loaded once per process, before the first DAG file; a broken plugin is logged and left out.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from tradewind.plugins import plugin_entry_points
from tradewind.sdk.configuration import settings
from tradewind.sdk.exceptions import AirflowClusterPolicySkipDag, AirflowClusterPolicyViolation
from tradewind.sdk.plugin import AirflowPlugin

log = logging.getLogger("airflow.task")
#: Attribute of a plugin -> package below ``airflow`` in which its things can be imported by the plugin's name.
_PACKAGES = {"operators": "operators", "hooks": "hooks", "sensors": "sensors", "macros": "macros"}


@dataclass
class Plugins:
    """Everything that was brought."""

    names: list[str] = field(default_factory=list)
    macros: dict[str, Any] = field(default_factory=dict)
    timetables: list[Any] = field(default_factory=list)
    listeners: list[Any] = field(default_factory=list)
    global_links: list[Any] = field(default_factory=list)
    links: list[Any] = field(default_factory=list)
    lineage_readers: list[Any] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)  #: file or entry point -> what was wrong
    policies: ModuleType | None = None

    def links_of(self, task: Any) -> list[Any]:
        """Links of plugins that belong to this task."""
        kind = getattr(task, "operator_class", type(task))
        return [*self.global_links, *(link for link in self.links if kind in tuple(getattr(link, "operators", ())))]


@cache
def loaded() -> Plugins:
    """Load them, once."""
    made = Plugins()
    folder = settings().get_path("core", "plugins_folder")
    if folder.is_dir():
        _reachable(folder)
        for file in sorted(folder.rglob("*.py")):
            if not any(part.startswith(".") for part in file.relative_to(folder).parts):
                _guarded(made, str(file), lambda file=file: _of_file(file))  # type: ignore[misc]
    for point in plugin_entry_points():
        _guarded(made, point.name, lambda point=point: [point.load()])  # type: ignore[misc]
    made.policies = _local_settings()
    return made


def _reachable(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def _of_file(file: Path) -> list[Any]:
    if "AirflowPlugin" not in file.read_text(encoding="utf-8"):
        return []  # a module that DAG files or other plugins import
    name = file.stem
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return [thing for thing in vars(module).values() if inspect.isclass(thing) and thing.__module__ == name]


def _guarded(made: Plugins, source: str, find: Callable[[], list[Any]]) -> None:
    try:
        for thing in find():
            if inspect.isclass(thing) and issubclass(thing, AirflowPlugin) and thing is not AirflowPlugin:
                _take(made, thing)
    except Exception as error:
        made.errors[source] = f"{type(error).__name__}: {error}"
        log.exception("The plugin %s cannot be used", source)


def _take(made: Plugins, plugin: Any) -> None:
    plugin.validate()
    if plugin.name in made.names:
        return
    plugin.on_load()
    made.names.append(plugin.name)
    made.macros[plugin.name] = SimpleNamespace(**{macro.__name__: macro for macro in plugin.macros})
    made.timetables += plugin.timetables
    made.listeners += plugin.listeners
    made.global_links += plugin.global_operator_extra_links
    made.links += plugin.operator_extra_links
    made.lineage_readers += plugin.hook_lineage_readers
    for kind, package in _PACKAGES.items():
        things = getattr(plugin, kind, ())
        if things:
            module = ModuleType(f"airflow.{package}.{plugin.name}", f"What the plugin {plugin.name} brings.")
            vars(module).update({thing.__name__: thing for thing in things})
            sys.modules[module.__name__] = module


def _local_settings() -> ModuleType | None:
    """``airflow_local_settings``: of {home}/config, or importable by that name."""
    config = settings().home / "config"
    if config.is_dir():
        _reachable(config)
    if importlib.util.find_spec("airflow_local_settings") is None:
        return None
    return importlib.import_module("airflow_local_settings")


def apply_policies(dags: dict[str, Any]) -> dict[str, Any]:
    """The DAGs after ``dag_policy`` and ``task_policy`` looked at (and changed) them. A policy may raise: a violation
    breaks the file, AirflowClusterPolicySkipDag leaves the DAG out.
    """
    rules = loaded().policies
    if rules is None:
        return dags
    kept = {}
    for dag_id, dag in dags.items():
        try:
            for name, things in (("dag_policy", [dag]), ("task_policy", list(dag.tasks))):
                rule = getattr(rules, name, None)
                for thing in things if rule is not None else ():
                    rule(thing)  # type: ignore[misc]
        except AirflowClusterPolicySkipDag as skip:
            log.info("DAG %s is left out by a policy: %s", dag_id, skip)
            continue
        except AirflowClusterPolicyViolation as error:
            raise AirflowClusterPolicyViolation(
                f"DAG {dag_id!r} breaks a policy of this installation: {error}"
            ) from None
        kept[dag_id] = dag
    return kept


def mutate_instance(ti: Any) -> None:
    """``task_instance_mutation_hook``: what it changes holds for this try."""
    hook = getattr(loaded().policies, "task_instance_mutation_hook", None)
    if hook is not None:
        hook(ti)


def tell(event: str, **facts: Any) -> None:
    """Call listeners of the event with those facts they name. Their errors are logged and change nothing."""
    for listener in loaded().listeners:
        function = getattr(listener, event, None)
        if function is None:
            continue
        try:
            names = inspect.signature(function).parameters
            function(**{name: fact for name, fact in facts.items() if name in names})
        except Exception:
            log.exception("The listener %s failed at %s", getattr(listener, "__name__", listener), event)


def links_of(task: Any, ti: Any) -> Iterator[tuple[str, str]]:
    """(name, address) of each link of the task that leads somewhere now."""
    for link in (*task.operator_extra_links, *loaded().links_of(task)):
        key = getattr(link, "xcom_key", None)
        try:
            made = ti.xcom_pull(task_ids=ti.task_id, key=key) if key else _address(link, task, ti)
        except Exception:
            log.exception("The link %s of task %s failed", getattr(link, "name", link), ti.task_id)
            continue
        if made:
            yield str(link.name), str(made)


def _address(link: Any, task: Any, ti: Any) -> Any:
    names = inspect.signature(link.get_link).parameters
    if "ti_key" in names or any(p.kind is p.VAR_KEYWORD for p in names.values()):
        return link.get_link(task, ti_key=ti.key)
    return link.get_link(task, ti.logical_date)  # the older form: operator and date
