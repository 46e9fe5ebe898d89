"""Which rows of the specification the tests claim to prove: ``python -m tests.coverage_of_spec [--missing]``.

The ids come from ``@pytest.mark.spec("1/TR-03")`` marks, read from the source, so nothing is imported or run. The rows come
from ``tests/spec_rows.txt`` (``--write DIR`` makes it anew from a folder with the specification's files).
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).resolve().parent
ROWS = TESTS / "spec_rows.txt"


class Row(NamedTuple):
    """One row: ``1/TR-03`` and the heading it stands under."""

    id: str
    section: str


def read_specification(folder: Path) -> list[Row]:
    """Every row of the tables in ``{1..5}-*.md``: a first cell such as ``TR-03`` or ``TR-3a``."""
    rows: dict[str, Row] = {}
    for file in sorted(folder.glob("[0-9]-*.md")):
        section = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            if heading := re.match(r"#{1,3} (.*)", line):
                section = heading[1].strip()
            elif cell := re.match(r"\|\s*\**`?([A-Z]{1,4}-?\d+[a-z]?)`?\**\s*\|", line):
                row = Row(f"{file.name[0]}/{cell[1]}", f"{file.name[0]} · {section}")
                rows.setdefault(row.id, row)
    return list(rows.values())


def all_rows() -> list[Row]:
    """The rows as committed beside the tests."""
    return [Row(*line.split("\t", 1)) for line in ROWS.read_text(encoding="utf-8").splitlines() if line]


def _marks_in(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.spec"):
            for given in node.args:
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    yield given.value, node.lineno


def marks() -> dict[str, list[str]]:
    """Row id -> the places in the tests that claim it."""
    found: dict[str, list[str]] = {}
    for file in sorted(TESTS.rglob("test_*.py")):
        for row, line in _marks_in(ast.parse(file.read_text(encoding="utf-8"))):
            found.setdefault(row, []).append(f"{file.relative_to(TESTS.parent)}:{line}")
    return found


def main(argv: list[str]) -> int:
    """Print the counts per section, then one line ``covered X of Y``."""
    if argv[:1] == ["--write"]:
        rows = read_specification(Path(argv[1]))
        ROWS.write_text("".join(f"{row.id}\t{row.section}\n" for row in rows), encoding="utf-8")
        print(f"{len(rows)} rows written to {ROWS.name}")
        return 0
    claimed = marks()
    rows = all_rows()
    sections: dict[str, list[Row]] = {}
    for row in rows:
        sections.setdefault(row.section, []).append(row)
    for section, members in sections.items():
        done = [row.id for row in members if row.id in claimed]
        print(f"{len(done):>4} of {len(members):>3}  {section}")
        if "--missing" in argv and len(done) < len(members):
            print("             missing: " + ", ".join(row.id for row in members if row.id not in claimed))
    unknown = sorted(set(claimed) - {row.id for row in rows})
    if unknown:
        print(f"unknown rows are claimed: {', '.join(unknown)}")
    print(f"covered {len({row.id for row in rows} & set(claimed))} of {len(rows)}")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
