"""The local distribution named apache-airflow."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "packages" / "apache-airflow"
SOURCE = Path(__file__).resolve().parents[2] / "src"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(PACKAGE)],
        check=True,
        capture_output=True,
    )
    [built] = out.glob("*.whl")
    return built


def test_the_wheel_holds_one_module_and_asks_for_tradewind(wheel: Path) -> None:
    assert wheel.name == "apache_airflow-3.3.0+tradewind-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        code = [name for name in archive.namelist() if ".dist-info/" not in name]
        metadata = archive.read("apache_airflow-3.3.0+tradewind.dist-info/METADATA").decode()
    assert code == ["airflow/__init__.py"]
    assert "Requires-Dist: tradewind" in metadata
    assert "Private :: Do Not Upload" in metadata


def test_plain_python_finds_airflow_when_it_is_installed(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "import airflow, sys\nfrom airflow import DAG\nfrom airflow.operators.bash import BashOperator\n"
        "import airflow.utils.dates\nprint(airflow.__version__, DAG.__name__, BashOperator.__name__, airflow.utils.dates.days_ago(1).hour)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{tmp_path}:{SOURCE}", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stderr == ""
    assert told.stdout.split() == ["3.3.0+tradewind", "DAG", "BashOperator", "0"]
