"""A company with 200 DAG files moves in by the commands of ``docs/guides/coming-from-airflow.md``, as they are printed there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.company import write_company
from tests.require import missing

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "guides" / "coming-from-airflow.md"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def commands() -> list[str]:
    """The lines under "Moving a repository", in order."""
    part = GUIDE.read_text().split("## Moving a repository")[1].split("\n## ")[0]
    blocks = re.findall(r"```\n(.*?)```", part, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Type them one after the other in a fresh environment; what each printed, by its first words."""
    place = tmp_path_factory.mktemp("company")
    repository = write_company(place / "repository")
    wheels = place / "wheels"
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TRADEWIND", "AIRFLOW", "PYTHON", "VIRTUAL"))
    }
    env |= {
        "TRADEWIND_SKIP_UI": "1",
        "HOME": str(place),
        "PIP_FIND_LINKS": str(wheels),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(wheels),
        str(ROOT),
    ]
    subprocess.run(build, env=env, check=True, capture_output=True)
    seen: dict[str, str] = {"": str(repository)}
    script = "set -e\n"
    for command in commands():
        script = f"{script}{command}\n" if command.startswith(("cd ", ". ", "export ")) else script
        if command.startswith((". ", "export ", "cd ")):
            continue
        done = subprocess.run(
            ["bash", "-c", f"{script}{command}"], cwd=repository, env=env, capture_output=True, text=True, check=False
        )
        if (
            done.returncode
            and "pip install" in command
            and re.search("No matching distribution|Connection", done.stderr)
        ):
            missing("registry", done.stderr.strip().splitlines()[-1])
        assert done.returncode == 0, f"$ {command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        seen[command] = done.stdout + done.stderr
    return seen


def test_every_printed_command_works_and_the_companys_own_tests_pass(moved: dict[str, str]) -> None:
    tests = moved["python -m pytest tests"]
    assert re.search(r"\b40 passed", tests), tests[-2000:]
    assert "failed" not in tests.rsplit("\n", 2)[-2]


def test_the_check_finds_old_spellings_only_and_rewrites_them(moved: dict[str, str]) -> None:
    before = moved["tradewind dags check dags/"]
    assert re.search(r"202 files: \d+ notes; --fix can rewrite", before), before[-500:]
    assert "nothing found" in moved["tradewind dags check --fix dags/"]
    text = (Path(moved[""]) / "dags" / "alpha" / "style_1_branching.py").read_text()
    assert 'EmptyOperator(task_id="start")' in text
    assert "DummyOperator" not in text


def test_all_dags_are_known_to_the_installation(moved: dict[str, str]) -> None:
    listed = json.loads(moved["tradewind dags list -o json"])
    assert len([row for row in listed if row["dag_id"].startswith(("alpha_", "theta_"))]) == 50
    assert len(listed) == 200
    assert "success" in moved["tradewind dags test beta_taskflow 2026-01-05"]
