"""A Python environment that holds Tradewind's distributions, built from this tree, and what a test asks for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tradewind.compat.distribution import distributions, write_wheel

ROOT = Path(__file__).resolve().parent.parent


def build_wheels(folder: Path) -> list[Path]:
    """Wheels of Tradewind, without the page, and of the distribution named ``apache-airflow``."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"TRADEWIND_SKIP_UI": "1"})
    write_wheel(distributions()[0], folder)
    return sorted(folder.glob("*.whl"))


class Environment:
    """A virtual environment in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uv = Path(shutil.which("uv") or Path(sys.executable).with_name("uv"))
        self._run_uv("venv", "--quiet", "--python", sys.executable, str(folder))

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def _run_uv(self, *words: str) -> str:
        done = subprocess.run(
            [str(self.uv), *words], capture_output=True, text=True, check=False, env=clean_environ(), timeout=300
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def install(self, *what: str | Path) -> None:
        """Distributions by name, wheel or folder, with what they need."""
        self._run_uv("pip", "install", "--quiet", "--python", str(self.python), *(str(one) for one in what))

    def check(self) -> None:
        """Every distribution has what it needs."""
        self._run_uv("pip", "check", "--python", str(self.python))

    def names(self) -> set[str]:
        """What is installed."""
        told = self._run_uv("pip", "freeze", "--python", str(self.python))
        return {line.partition("==")[0].partition(" @")[0] for line in told.splitlines()}

    def run(
        self, *words: str, cwd: Path, home: Path | None = None, seconds: float = 120, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """One command of the environment. Without a ``home`` there is none: no folder of the user, no settings."""
        where = {
            "HOME": str(home or cwd / "no-such-home"),
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }
        where["COLUMNS"] = "400"  # pytest cuts long names
        return subprocess.run(
            words, cwd=cwd, env=where | env, capture_output=True, text=True, check=False, timeout=seconds
        )


def clean_environ(drop: Iterable[str] = ("PYTHONPATH", "VIRTUAL_ENV")) -> dict[str, str]:
    """This process's environment without what leads back to this tree."""
    return {name: value for name, value in os.environ.items() if name not in drop}
