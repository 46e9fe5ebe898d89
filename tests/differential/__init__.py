"""Ours against the answers of the real Apache Airflow 2.11, area by area.

``cases/`` says what is asked: plain data and functions that work with either library. ``make_answers.py`` (run where
``apache-airflow==2.11.*`` is installed) asks the real one and writes ``answers/*.json``; the tests ask ours and compare.
They need no Airflow. A difference is a failure unless it stands in a ``KNOWN`` table with its reason, which is a
decision of ``docs/concepts/decisions.md``; a ``KNOWN`` entry that no longer differs is a failure, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ANSWERS = Path(__file__).resolve().parent / "answers"


def answers(area: str) -> Any:
    """What Airflow answered."""
    return json.loads((ANSWERS / f"{area}.json").read_text(encoding="utf-8"))


def compare(
    pairs: Iterable[tuple[str, Any, Any]], known: dict[str, str], same: Callable[[Any, Any], bool] | None = None
) -> None:
    """Fail on every (case, Airflow's, ours) that differs without a reason, and on reasons that are not needed.

    A key of ``known`` is a case, or the beginning of cases up to a ``*``.
    """
    equal = same or (lambda theirs, ours: theirs == ours)
    wrong, used, count = [], set(), 0
    for case, theirs, ours in pairs:
        count += 1
        if equal(theirs, ours):
            continue
        reason = next((key for key in known if case == key or (key.endswith("*") and case.startswith(key[:-1]))), None)
        if reason is None:
            wrong.append(f"{case}\n    Airflow: {theirs!r}\n    ours:    {ours!r}")
        else:
            used.add(reason)
    idle = sorted(set(known) - used)
    text = "\n".join(wrong[:40])
    assert count, "no cases"
    assert not wrong, f"{len(wrong)} of {count} differ:\n{text}"
    assert not idle, f"these no longer differ: take them out of KNOWN: {idle}"
