"""The local distributions named apache-airflow, -core and -task-sdk, and `tradewind airflow install`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tradewind.compat.distribution import NAMES, distributions, write_wheel

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
UV = str(Path(sys.executable).parent / "uv")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wheel(distributions()[0], tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """The interpreter of an environment that holds nothing."""
    subprocess.run([UV, "venv", "--quiet", "--offline", "--python", sys.executable, str(tmp_path / "env")], check=True)
    return tmp_path / "env" / "bin" / "python"


def say(python: Path, *words: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run an interpreter that sees Tradewind's sources and nothing else of ours."""
    env = {"PYTHONPATH": str(SOURCE), "HOME": str(python.parent), "PATH": path or os.environ["PATH"]}
    return subprocess.run([str(python), *words], env=env, capture_output=True, text=True, check=False)


def test_the_wheel_holds_the_module_and_asks_for_tradewind(wheel: Path) -> None:
    assert wheel.name == "apache_airflow-3.3.0+tradewind-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        code = [name for name in archive.namelist() if name.endswith(".py")]
        metadata = archive.read("apache_airflow-3.3.0+tradewind.dist-info/METADATA").decode()
    assert code == ["airflow/__init__.py"]
    assert "Requires-Dist: tradewind" in metadata
    assert "Private :: Do Not Upload" in metadata


def test_the_same_sources_give_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    assert write_wheel(distributions()[0], tmp_path).read_bytes() == wheel.read_bytes()


def test_a_build_tool_makes_the_same_distribution_from_the_clone(tmp_path: Path) -> None:
    folder = ROOT / "packages" / "apache-airflow"
    shutil.copytree(folder, tmp_path / "package")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(tmp_path / "package")], check=True, capture_output=True)
    assert (tmp_path / "apache_airflow-3.3.0+tradewind-py3-none-any.whl").exists()


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


def test_install_gives_this_environment_the_three_names_without_the_network(bare: Path) -> None:
    told = say(bare, "-m", "tradewind", "airflow", "install", "--no-deps", path=str(Path(UV).parent))
    assert told.returncode == 0, told.stderr
    assert [line.split()[1] for line in told.stdout.splitlines()] == list(NAMES)
    shown = say(bare, "-m", "tradewind", "airflow", "show", "-o", "plain").stdout
    assert [line.split()[-1] for line in shown.splitlines()[1:]] == ["Tradewind"] * 3
    assert say(bare, "-c", "import airflow; print(airflow.__version__)").stdout.strip() == "3.3.0+tradewind"
    # pip and uv regard the name as present: a requirement is met without looking anywhere.
    met = subprocess.run(
        [UV, "pip", "install", "--offline", "--no-index", "--no-deps", "--python", str(bare), "apache-airflow>=2.11"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert met.returncode == 0, met.stderr
    again = say(bare, "-m", "tradewind", "airflow", "install", "--no-deps", path=str(Path(UV).parent))
    assert again.returncode == 0, again.stderr


def test_install_refuses_where_the_original_is(bare: Path) -> None:
    [packages] = (bare.parent.parent / "lib").glob("python*/site-packages")
    info = packages / "apache_airflow-3.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: apache-airflow\nVersion: 3.1.0\n")
    told = say(bare, "-m", "tradewind", "airflow", "install")
    assert told.returncode == 1
    assert "The original is installed in this environment (apache-airflow 3.1.0)" in told.stderr
    assert "pip uninstall -y apache-airflow" in told.stderr


def test_install_without_an_installer_says_how_to_go_on(bare: Path, tmp_path: Path) -> None:
    told = say(bare, "-m", "tradewind", "airflow", "install", path=str(tmp_path))
    assert told.returncode == 1
    assert "Neither pip nor uv is here" in told.stderr
    assert "--wheels FOLDER" in told.stderr
    assert say(bare, "-m", "tradewind", "airflow", "install", "--wheels", str(tmp_path / "w")).returncode == 0
    assert len(list((tmp_path / "w").glob("apache_airflow*+tradewind-*.whl"))) == 3
