"""``tradewind providers``: installed provider packages and what they bring, by their own word. None of their code is loaded."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator
from typing import Any

from tradewind import plugins
from tradewind.cli.output import show, show_one
from tradewind.cli.shape import OUTPUT, Verb, arg
from tradewind.errors import not_found


def _sentence(text: Any) -> str:
    """The first paragraph of a description, without the marks of links."""
    first = str(text or "").strip().split("\n\n")[0]
    return " ".join(re.sub(r"`([^`<]*?)\s*<[^>]*>`__", r"\1", first).replace("`", "").split())


def list_providers(args: argparse.Namespace) -> None:
    """Every package."""
    rows = [
        {"package_name": p.package, "description": _sentence(p.facts.get("description")), "version": p.version}
        for p in plugins.providers()
    ]
    show(rows, ("package_name", "description", "version"), args.output)


def get(args: argparse.Namespace) -> None:
    """One package; with ``--full`` all it states."""
    found = {p.package: p for p in plugins.providers()}
    provider = found.get(args.provider_name) or found.get(f"apache-airflow-providers-{args.provider_name}")
    if provider is None:
        raise not_found("provider package", args.provider_name, found)
    facts = {"description": _sentence(provider.facts.get("description")), "version": provider.version}
    show_one({"package_name": provider.package, **(provider.facts if args.full else {}), **facts}, args.output)


def hooks(args: argparse.Namespace) -> None:
    """The hook of each type of connection."""
    rows = [
        {
            "connection_type": form.conn_type,
            "class": form.hook_class,
            "package_name": form.package,
            "hook_name": form.name,
        }
        for form in plugins.connection_forms()
        if form.installed
    ]
    show(
        sorted(rows, key=lambda row: row["connection_type"] or ""),
        ("connection_type", "class", "package_name", "hook_name"),
        args.output,
    )


def widgets(args: argparse.Namespace) -> None:
    """Fields that connection forms have of their own."""
    rows = [
        {
            "field": f"extra__{form.conn_type}__{each.name}",
            "label": each.title,
            "type": "/".join(_words(each.schema.get("type"))),
            "secret": each.secret,
            "package_name": form.package,
        }
        for form in _forms()
        for each in form.extra
    ]
    show(rows, ("field", "label", "type", "secret", "package_name"), args.output)


def behaviours(args: argparse.Namespace) -> None:
    """What connection forms do with the common fields."""
    rows = [
        {
            "connection_type": form.conn_type,
            "hidden": [name for name, each in form.standard.items() if each.hidden],
            "labels": {name: each.title for name, each in form.standard.items() if each.title.lower() != name},
            "examples": [name for name, each in form.standard.items() if each.placeholder],
        }
        for form in _forms()
    ]
    show(rows, ("connection_type", "hidden", "labels", "examples"), args.output)


def _forms() -> Iterator[Any]:
    from tradewind.actions.test_connection import forms_of_hooks  # noqa: PLC0415  only where forms are asked for

    yield from (f for f in plugins.connection_forms(forms_of_hooks(plugins.untold_hooks())) if f.installed)


def _words(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(each) for each in value or ()]


def _names(entry: Any) -> Iterator[str]:
    """The classes or modules that one entry of a list names."""
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, dict):
        found = [
            entry[key] for key in ("class-name", "plugin-class", "classpath", "dialect-class-name") if key in entry
        ]
        yield from found or entry.get("python-modules") or ()


def _list_of(key: str) -> Callable[[argparse.Namespace], None]:
    def verb(args: argparse.Namespace) -> None:
        """One row per name."""
        rows = [
            {"name": name, "package_name": provider.package}
            for provider, entry in plugins.listed(key)
            for name in _names(entry)
        ]
        show(sorted(rows, key=lambda row: row["name"]), ("name", "package_name"), args.output)

    return verb


def configs(args: argparse.Namespace) -> None:
    """Sections of the settings that packages add."""
    rows = [
        {"section": section, "keys": sorted(about.get("options") or ()), "package_name": p.package}
        for p in plugins.providers()
        for section, about in (p.facts.get("config") or {}).items()
    ]
    show(rows, ("section", "keys", "package_name"), args.output)


_LISTS = (
    ("links", "extra-links", "Links that packages put on a task's page."),
    ("logging", "logging", "Log handlers of packages."),
    ("secrets", "secrets-backends", "Stores of secrets that packages bring."),
    ("notifications", "notifications", "Notifiers of packages."),
    ("triggers", "triggers", "Modules with triggers."),
    ("queues", "queues", "Message queues."),
    ("decorators", "task-decorators", "Task decorators (`@task.name`)."),
    ("plugins", "plugins", "Plugins that packages bring."),
    ("executors", "executors", "Executors of packages (Tradewind has its own)."),
    ("auth-managers", "auth-managers", "Auth managers of packages (Tradewind has its own)."),
)
VERBS = (
    Verb("list", "Every installed provider package.", list_providers, (OUTPUT,)),
    Verb(
        "get",
        "One package, by its whole name or the part behind apache-airflow-providers-.",
        get,
        (arg("provider_name", help="name of the package"), arg("--full", "-f", action="store_true", help="all it states"), OUTPUT),
    ),
    Verb("hooks", "The hook of each type of connection.", hooks, (OUTPUT,)),
    Verb("widgets", "Fields that connection forms have of their own.", widgets, (OUTPUT,)),
    Verb("behaviours", "How connection forms show the common fields.", behaviours, (OUTPUT,)),
    Verb("configs", "Sections of the settings that packages add.", configs, (OUTPUT,)),
    *(Verb(name, help, _list_of(key), (OUTPUT,)) for name, key, help in _LISTS),
)  # fmt: skip
