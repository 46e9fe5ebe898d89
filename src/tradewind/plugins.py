"""What add-on packages bring: entry points of the group ``tradewind.plugins`` (and Airflow's ``airflow.plugins``)."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

GROUPS = ("tradewind.plugins", "airflow.plugins")


@cache
def plugin_entry_points() -> tuple[EntryPoint, ...]:
    """Every plugin entry point installed in this environment, sorted by name."""
    found = [point for group in GROUPS for point in entry_points(group=group)]
    return tuple(sorted(found, key=lambda point: point.name))
