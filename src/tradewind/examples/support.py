"""What the examples share: where their data is, where results go, and how a chart becomes bytes."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from tradewind.settings import home_folder

DATA = Path(__file__).parent / "data"


def read_table(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file that travels with the examples."""
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def result_file(name: str) -> Path:
    """Where an example leaves a file for people: in the folder ``results`` of the home."""
    path = home_folder() / "results" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def write_table(name: str, rows: list[dict[str, Any]]) -> Path:
    """Write rows as CSV among the results."""
    path = result_file(name)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def new_chart(title: str) -> tuple[Any, Any]:
    """An empty matplotlib figure and its axes. matplotlib is only asked for here, when a chart is drawn."""
    try:
        from matplotlib.figure import Figure
    except ImportError as missing:
        raise RuntimeError("Drawing the chart needs matplotlib: pip install 'tradewind[examples]'") from missing
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
