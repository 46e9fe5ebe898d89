"""Figures for people and for the next comparison."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: Larger is better; for every other figure smaller is.
_RATES = {"tasks_per_s"}
_FACTS = {"workload", "db", "tasks", "settings", "pss_by_process"}


def flat(figures: dict[str, Any]) -> dict[str, float]:
    """The numbers, nested ones with a dot in the name."""
    found: dict[str, float] = {}
    for key, value in figures.items():
        if key in _FACTS:
            continue
        if isinstance(value, dict):
            found |= {f"{key}.{inner}": number for inner, number in value.items()}
        else:
            found[key] = value
    return found


def show(figures: dict[str, Any]) -> str:
    """One line of figures, and where the memory is when it was measured."""
    numbers = "  ".join(f"{key}={value:g}" for key, value in flat(figures).items())
    lines = [f"{figures['workload']:4} {figures['db']:8} {numbers}"]
    lines += [f"       {size:7.1f} MB  {name}" for name, size in figures.get("pss_by_process", {}).items()]
    return "\n".join(lines)


def compare(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> str:
    """How each figure changed: 0.50x means half of what it was."""
    before = {(figures["workload"], figures["db"]): flat(figures) for figures in old}
    lines = []
    for figures in new:
        known = before.get((figures["workload"], figures["db"]))
        for key, value in flat(figures).items():
            was = (known or {}).get(key)
            if was:
                better = (value > was) == (key in _RATES)
                word = "same" if abs(value / was - 1) < 0.05 else "better" if better else "worse"
                lines.append(
                    f"{figures['workload']:4} {figures['db']:8} {key:18} {was:10g} -> {value:10g}  {value / was:5.2f}x  {word}"
                )
    return "\n".join(lines) or "Nothing to compare: no workload is in both."


def read(path: Path) -> list[dict[str, Any]]:
    """What an earlier ``--json`` wrote."""
    figures: list[dict[str, Any]] = json.loads(path.read_text())
    return figures
