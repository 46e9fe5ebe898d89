"""The alias table as one mapping: module path -> what each of its names stands for.

The rows are in ``rows_core`` (authoring), ``rows_operators``, ``rows_sdk``, ``rows_utils`` and ``rows_providers``. A row is a tuple:

    ("sdk.operators.bash:BashOperator", "airflow.operators.bash", "-airflow.operators.bash_operator")

First the home (below ``tradewind``; several names with commas; a path that starts with ``airflow.`` is looked up again), then the
modules that offer it under the same name, or ``module:Name`` under another. A leading ``-`` marks an old path: it warns
and names the first path of the row (the home itself when all its paths are old). A home without a colon stands for a whole module.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from tradewind.compat import rows_core, rows_operators, rows_sdk, rows_utils

Row = tuple[str, ...]


class Alias(NamedTuple):
    """What one name of one module stands for."""

    target: str  #: "module:attribute" or "module"
    instead: str | None = None  #: the new spelling, when this path is an old one
    missing: str | None = None  #: why it cannot be had, and the way out


@dataclass
class AliasModuleInfo:
    """One module path."""

    names: dict[str, Alias] = field(default_factory=dict)
    whole: list[str] = field(default_factory=list)  #: modules whose public names are all offered


def _home(target: str) -> str:
    return target if target.startswith("airflow.") else f"tradewind.{target}"


def _module(table: dict[str, AliasModuleInfo], path: str) -> AliasModuleInfo:
    words = path.split(".")
    for end in range(1, len(words)):
        table.setdefault(".".join(words[:end]), AliasModuleInfo())
    return table.setdefault(path, AliasModuleInfo())


def _add(table: dict[str, AliasModuleInfo], row: Row) -> None:
    home, _, attributes = _home(row[0]).partition(":")
    if not attributes:
        for path in row[1:]:
            _module(table, path).whole.append(home)
        return
    for attribute in attributes.split(","):
        first = (home if row[1].startswith("-") else row[1]).partition(":")
        newest = f"{first[0]}.{first[2] or attribute}"
        for place in row[1:]:
            path, _, name = place.lstrip("-").partition(":")
            instead = newest if place.startswith("-") else None
            _module(table, path).names[name or attribute] = Alias(f"{home}:{attribute}", instead)


def build(rows: Iterable[Row], missing: Iterable[tuple[str, str]]) -> dict[str, AliasModuleInfo]:
    """The mapping. ``missing`` holds ("module:Name,Name", why and what to do)."""
    table: dict[str, AliasModuleInfo] = {}
    for row in rows:
        _add(table, row)
    for place, why in missing:
        path, _, names = place.partition(":")
        info = _module(table, path)
        for name in names.split(",") if names else ():
            info.names.setdefault(name, Alias("", missing=why))
    return table


_CORE = (rows_core, rows_operators, rows_sdk, rows_utils)


@cache
def core() -> dict[str, AliasModuleInfo]:
    """The module paths that most files need; their names are complete."""
    return build((row for file in _CORE for row in file.ROWS), (why for file in _CORE for why in file.MISSING))


@cache
def modules() -> dict[str, AliasModuleInfo]:
    """Every module path we serve, packages on the way included."""
    from tradewind.compat import rows_providers, rows_rare  # noqa: PLC0415  700 old paths: few files need one

    files = (rows_rare, rows_providers, *_CORE)
    return build((row for file in files for row in file.ROWS), (why for file in files for why in file.MISSING))


def lookup(path: str) -> AliasModuleInfo | None:
    """One module path."""
    return core().get(path) or modules().get(path)
