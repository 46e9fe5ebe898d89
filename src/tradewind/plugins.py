"""What add-on packages bring: entry points of the group ``tradewind.plugins`` (and Airflow's ``airflow.plugins``)."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUPS = ("tradewind.plugins", "airflow.plugins")


@cache
def plugin_entry_points() -> tuple[EntryPoint, ...]:
    """Every plugin entry point installed in this environment, sorted by name."""
    if not _may_have_some():
        return ()
    from importlib.metadata import entry_points  # noqa: PLC0415  a megabyte in each process that has no use for it

    found = [point for group in GROUPS for point in entry_points(group=group)]
    return tuple(sorted(found, key=lambda point: point.name))


def _may_have_some() -> bool:
    """Whether any installed package names one of the groups; True where only ``importlib.metadata`` can tell."""
    for place in map(Path, sys.path):
        if place.is_file():
            return True  # packages in an archive
        for listing in (*place.glob("*.dist-info/entry_points.txt"), *place.glob("*.egg-info/entry_points.txt")):
            try:
                text = listing.read_text(encoding="utf-8")
            except (OSError, ValueError):
                return True
            if any(group in text for group in GROUPS):
                return True
    return False
