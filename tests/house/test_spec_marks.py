from __future__ import annotations

import subprocess
import sys

from tests import coverage_of_spec as coverage
from tests.house import ROOT


def test_every_marked_row_exists() -> None:
    known = {row.id for row in coverage.all_rows()}
    wrong = {mark: where for mark, where in coverage.marks().items() if mark not in known}
    assert not wrong, f"no such rows in the specification: {wrong}"


def test_the_report_ends_with_the_count() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.coverage_of_spec"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    last = done.stdout.strip().splitlines()[-1]
    covered, total = int(last.split()[1]), int(last.split()[3])
    assert last == f"covered {covered} of {total}"
    assert 0 < covered <= total
