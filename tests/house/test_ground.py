"""The scripts a newcomer runs, and what ends up in the package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house import ROOT

SCRIPTS = sorted(p for p in [*(ROOT / "script").iterdir(), ROOT / ".ci" / "run"] if p.is_file())


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_scripts_are_executable_and_stop_at_the_first_error(script: Path) -> None:
    assert os.access(script, os.X_OK)
    text = script.read_text()
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


def test_setup_refuses_a_form_it_does_not_know() -> None:
    done = subprocess.run(
        ["bash", str(ROOT / "script" / "setup"), "sever"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "unknown form 'sever'" in done.stderr
    assert "hint:" in done.stderr


def test_the_readme_names_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    assert "\nscript/server\n" in text
    assert "\nscript/test\n" in text


@pytest.mark.slow
def test_the_wheel_holds_the_rooms_the_examples_and_the_page_when_it_is_built(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, clone)
    shutil.copytree(ROOT / "src", clone / "src", ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copytree(ROOT / "packages", clone / "packages")
    page = clone / "src" / "tradewind" / "api" / "static"
    page.mkdir()
    (page / "index.html").write_text("<p>page</p>")
    program = "import hatchling.build, sys; print(hatchling.build.build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=clone, env=os.environ | {"TRADEWIND_SKIP_UI": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = zipfile.ZipFile(tmp_path / done.stdout.split()[-1]).namelist()
    assert "tradewind/api/static/index.html" in names
    assert "tradewind/py.typed" in names
    assert "tradewind/packages/apache-airflow/airflow/__init__.py" in names
    assert "tradewind/cli/main.py" in names
    assert not [name for name in names if name.startswith(("tests/", "docs/", "ui/"))]


def test_a_package_built_without_the_page_says_so_plainly(tmp_path: Path) -> None:
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import hatch_build; hatch_build.say_missing('there is no node')"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "the page was NOT built: there is no node" in done.stderr
    assert "API and command line work without it" in done.stderr
