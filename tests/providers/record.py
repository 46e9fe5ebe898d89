"""What ran against a counterpart, for docs/reference/providers.md: ``ran.json``, written with TRADEWIND_RECORD=1.

Without it, ``keep`` compares: a task that is not in the file, or works no longer, fails the test that ran it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "ran.json"


def known() -> dict[str, list[dict[str, str]]]:
    """``{run: [{task, what, fails}]}``: each thing that was run; ``fails`` says why where it does not work."""
    return json.loads(FILE.read_text()) if FILE.exists() else {}  # type: ignore[no-any-return]


def keep(run: str, tasks: Mapping[str, Mapping[str, Any]], bad: Mapping[str, tuple[str, Any]]) -> None:
    """Write what this run showed, or hold it against what was written."""
    lines = [
        {"task": task, "what": one["about"]}
        | ({"fails": str(bad[task][1] or bad[task][0])[:300]} if task in bad else {})
        for task, one in sorted(tasks.items())
        if one["about"]
    ]
    if os.environ.get("TRADEWIND_RECORD"):
        FILE.write_text(json.dumps(dict(sorted((known() | {run: lines}).items())), indent=1, ensure_ascii=False) + "\n")
        return
    assert not bad, dict(bad)
    stale = [line["what"] for line in lines if line not in known().get(run, [])]
    assert not stale, f"tests/providers/ran.json is not as it ran: {stale}. Run the test once with TRADEWIND_RECORD=1."
