"""What add-on packages bring: entry points of the group ``tradewind.plugins`` (and Airflow's ``airflow.plugins``).

Provider packages tell what they bring as plain data (group ``apache_airflow_provider``); reading it imports none of
their code, so that every process may ask.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradewind.domain.connection_form import ConnectionForm, forms

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUPS = ("tradewind.plugins", "airflow.plugins")
PROVIDERS = "apache_airflow_provider"
log = logging.getLogger(__name__)


@cache
def plugin_entry_points() -> tuple[EntryPoint, ...]:
    """Every plugin entry point installed in this environment, sorted by name."""
    if not _may_have_some(GROUPS):
        return ()
    from importlib.metadata import entry_points  # noqa: PLC0415  a megabyte in each process that has no use for it

    found = [point for group in GROUPS for point in entry_points(group=group)]
    return tuple(sorted(found, key=lambda point: point.name))


@dataclass(frozen=True)
class Provider:
    """One installed provider package and the facts it states of itself."""

    package: str
    version: str
    facts: dict[str, Any]


@cache
def providers() -> tuple[Provider, ...]:
    """Every installed provider package, by name; one that cannot tell is logged and left out."""
    if not _may_have_some((PROVIDERS,)):
        return ()
    from importlib.metadata import entry_points  # noqa: PLC0415  as above

    found = {}
    for point in entry_points(group=PROVIDERS):
        try:
            facts = _facts(point)
        except Exception:
            log.exception("The provider package behind %s cannot be read", point.value)
            continue
        package = facts.get("package-name") or (point.dist.name if point.dist else point.value)
        found[package] = Provider(package, point.dist.version if point.dist else "", facts)
    return tuple(found[package] for package in sorted(found))


def _facts(point: EntryPoint) -> dict[str, Any]:
    """What the entry point's function says. Its file is run by itself, so that nothing it lies in is imported."""
    file = Path(*point.module.split(".")).with_suffix(".py")
    place = next((Path(entry, file) for entry in sys.path if Path(entry, file).is_file()), None)
    if place is None:
        return dict(point.load()())
    space: dict[str, Any] = {"__name__": point.module}
    exec(compile(place.read_text(encoding="utf-8"), str(place), "exec"), space)
    return dict(space[point.attr]())


def listed(key: str) -> Iterator[tuple[Provider, Any]]:
    """The entries of one list of the facts, over all provider packages."""
    for provider in providers():
        for entry in provider.facts.get(key) or ():
            yield provider, entry


#: Hooks of our own thin providers, for types of connections that no installed package brings.
OWN_HOOKS = {
    "http": "tradewind.providers.http.hooks.HttpHook",
    "mysql": "tradewind.providers.mysql.hooks.MySqlHook",
    "oracle": "tradewind.providers.oracle.hooks.OracleHook",
    "postgres": "tradewind.providers.postgres.hooks.PostgresHook",
    "fs": "tradewind.sdk.hooks.FSHook",
}


def hook_class_of(conn_type: str) -> str | None:
    """The path of the class that serves this type of connection: an installed package's, else our own."""
    for _, entry in listed("connection-types"):
        if entry.get("connection-type") == conn_type:
            return str(entry["hook-class-name"])
    return OWN_HOOKS.get(conn_type)


def untold_hooks() -> dict[str, str]:
    """Connection type -> hook class, of packages that tell nothing of their forms as data: their hooks must be asked.

    Packages of others than Airflow's, and Airflow's of before its third release.
    """
    silent: dict[str, dict[str, str]] = {}
    telling = set()
    for provider, entry in listed("connection-types"):
        if "ui-field-behaviour" in entry or "conn-fields" in entry:
            telling.add(provider.package)
        elif entry.get("connection-type") and entry.get("hook-class-name"):
            silent.setdefault(provider.package, {})[entry["connection-type"]] = entry["hook-class-name"]
    return {
        kind: path
        for package, hooks in silent.items()
        if package not in telling or not package.startswith("apache-airflow-providers-")
        for kind, path in hooks.items()
        if package not in _NOTHING_TO_TELL
    }


#: Their hooks say nothing either.
_NOTHING_TO_TELL = {f"apache-airflow-providers-{name}" for name in ("ftp", "imap", "mysql", "sqlite")}


def connection_forms(learned: Mapping[str, Mapping[str, Any]] | None = None) -> tuple[ConnectionForm, ...]:
    """The forms of all types of connections. ``learned``: what hooks said of theirs when they were asked."""
    told = learned or {}
    return forms(
        (
            (provider.package, {**entry, **told.get(entry.get("connection-type"), {})})
            for provider, entry in listed("connection-types")
        ),
        OWN_HOOKS,
    )


def _may_have_some(groups: tuple[str, ...]) -> bool:
    """Whether any installed package names one of the groups; True where only ``importlib.metadata`` can tell."""
    for place in map(Path, sys.path):
        if place.is_file():
            return True  # packages in an archive
        for listing in (*place.glob("*.dist-info/entry_points.txt"), *place.glob("*.egg-info/entry_points.txt")):
            try:
                text = listing.read_text(encoding="utf-8")
            except (OSError, ValueError):
                return True
            if any(group in text for group in groups):
                return True
    return False
