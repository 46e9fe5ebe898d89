"""What ran against a real counterpart: ``ran.json``, which docs/reference/providers.md shows (tests/providers_report.py).

A task says what it shows in its ``doc``, after the short name of the package: ``ftp: FTPSensor, soft_fail``. With
TRADEWIND_RECORD=1 a test writes what it saw; without, it holds it against the file, so that the page stays true.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "ran.json"
Line = dict[str, str]


def known() -> dict[str, list[Line]]:
    """By package: what was run against what by which test; ``fails`` says why where it does not work."""
    return json.loads(FILE.read_text()) if FILE.exists() else {}  # type: ignore[no-any-return]


def lines_of(
    tasks: Mapping[str, Mapping[str, Any]], bad: Mapping[str, str], against: str, test: str
) -> dict[str, list[Line]]:
    """The lines of one run, by package."""
    found: dict[str, list[Line]] = {}
    for task, one in sorted(tasks.items()):
        package, colon, what = str(one["about"] or "").partition(": ")
        if colon:
            line = {"what": what, "against": against, "test": test} | ({"fails": bad[task]} if task in bad else {})
            found.setdefault(f"apache-airflow-providers-{package}", []).append(line)
    return found


def keep(found: Mapping[str, list[Line]], test: str, against: str) -> None:
    """Write the lines of this run, or hold them against what was written."""
    before = known()
    if os.environ.get("TRADEWIND_RECORD"):
        for package in {*before, *found}:
            others = [one for one in before.get(package, []) if (one["test"], one["against"]) != (test, against)]
            lines = sorted([*others, *found.get(package, [])], key=lambda one: (one["test"], one["what"]))
            before[package] = lines
        ordered = {package: before[package] for package in sorted(before) if before[package]}
        FILE.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n")
        return
    stale = [line["what"] for package, lines in found.items() for line in lines if line not in before.get(package, [])]
    assert not stale, f"tests/providers/ran.json is not as it ran: {stale}. Run the test once with TRADEWIND_RECORD=1."
