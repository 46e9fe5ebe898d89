from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import ROOT

pytestmark = pytest.mark.slow


def test_imports_go_down_only() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    command = str(tool) if tool.is_file() else shutil.which("lint-imports")
    if command is None:
        pytest.skip("import-linter is not installed; script/setup installs it")
    done = subprocess.run(
        [command, "--no-cache"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
