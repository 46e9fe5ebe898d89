"""What a group of cells shows."""

from __future__ import annotations

from pathlib import Path

from tradewind.store.reads.grid import WORST_FIRST, worst


def test_a_group_shows_its_worst_part_and_success_before_skipped() -> None:
    assert worst(list("sk")) == "s"
    assert worst(list("skfr")) == "f"
    assert worst(list("kk")) == "k"
    assert worst([]) == "."


def test_the_page_knows_the_same_order() -> None:
    source = Path(__file__).resolve().parent.parent.parent / "ui" / "src" / "lib" / "states.ts"
    assert f'const URGENCY = "{WORST_FIRST.rstrip(".")}"' in source.read_text()
