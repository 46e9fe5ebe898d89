"""Two quick edits of a DAG file or its helper are two versions, whatever the bytecode cache believes."""

from __future__ import annotations

import os
from pathlib import Path

from tradewind.sdk.loading import load_file


def test_an_edit_of_same_size_in_the_same_second_is_seen(tmp_path: Path) -> None:
    dag, helper = tmp_path / "d.py", tmp_path / "helper_of_d.py"
    for number in ("41", "42"):
        helper.write_text(f"DEEP = {number}\n")
        dag.write_text(f"from helper_of_d import DEEP\nHERE = {number}\n")
        for file in (dag, helper):
            os.utime(file, (1_700_000_000, 1_700_000_000))
        module = load_file(dag, tmp_path).module
        assert (str(module.HERE), str(module.DEEP)) == (number, number)
