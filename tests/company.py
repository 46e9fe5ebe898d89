"""A company's repository of DAGs as it grew over the years: 200 files in the styles of Airflow 1.10, 2 and 3.

Written from 25 files by 8 teams (``tests/fixtures/company``); with plug-in, shared modules, components and tests.
"""

from __future__ import annotations

import shutil
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parent / "fixtures" / "company"
TEAMS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")


def write_company(folder: Path) -> Path:
    """The repository, in ``folder``, which is made."""
    shutil.copytree(
        TEMPLATES, folder, ignore=shutil.ignore_patterns("style_*", "common", ".airflowignore", "__pycache__")
    )
    dags = folder / "dags"
    shutil.copytree(TEMPLATES / "common", dags / "common", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TEMPLATES / ".airflowignore", dags / ".airflowignore")
    for number, team in enumerate(TEAMS, start=5):
        home = dags / team
        home.mkdir()
        for template in sorted((TEMPLATES / "dags").glob("style_*/*.py")):
            text = template.read_text(encoding="utf-8").replace("__TEAM__", team).replace("__HOUR__", str(number))
            (home / f"{template.parent.name}_{template.name}").write_text(text, encoding="utf-8")
    return folder
