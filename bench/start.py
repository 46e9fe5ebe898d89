"""What it costs to start: imports, commands, and what must be installed."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from bench.installation import Installation

ROOT = Path(__file__).parents[1]
_IMPORTS = {
    "import_tradewind_ms": "import tradewind",
    "import_dag_ms": "from tradewind import DAG, task",
    "import_airflow_ms": "from airflow import DAG",
}


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _cpu_ms(code: str, env: dict[str, str], runs: int = 25) -> float:
    """The least CPU time of many runs: what other programs do to the machine adds, and never takes away."""
    least = float("inf")
    for _ in range(runs):
        before = _spent()
        subprocess.run([sys.executable, "-c", code], env=env, check=True)
        least = min(least, (_spent() - before) * 1000)
    return least


def imports(env: dict[str, str]) -> dict[str, float]:
    """CPU time of an interpreter that imports a name, less that of one that does nothing."""
    paths = [str(ROOT / "src"), str(ROOT / "packages" / "apache-airflow"), env.get("PYTHONPATH", "")]
    env = env | {"PYTHONPATH": ":".join(filter(None, paths))}
    bare = _cpu_ms("pass", env)
    return {name: round(_cpu_ms(code, env) - bare, 1) for name, code in _IMPORTS.items()}


def command(env: dict[str, str], *words: str, runs: int = 20) -> tuple[float, float]:
    """Median time and least CPU time of one command, in ms."""
    taken, cpu = [], []
    for _ in range(runs):
        before, began = _spent(), time.perf_counter()
        subprocess.run([sys.executable, "-m", "tradewind", *words], env=env, check=True, stdout=subprocess.DEVNULL)
        taken.append((time.perf_counter() - began) * 1000)
        cpu.append((_spent() - before) * 1000)
    return round(sorted(taken)[runs // 2], 1), round(min(cpu), 1)


def commands(house: Installation) -> dict[str, float]:
    """``tradewind version``, and ``tradewind dags list`` with a running installation and by itself."""
    figures = {}
    alone = house.env | {"TRADEWIND_CLI_DOOR": "0"}
    for name, env, words in (
        ("cli_version", house.env, ("version",)),
        ("cli_list", house.env, ("dags", "list")),
        ("cli_list_alone", alone, ("dags", "list")),
    ):
        figures[f"{name}_ms"], figures[f"{name}_cpu_ms"] = command(env, *words)
    return figures


def _needed() -> dict[str, Distribution]:
    """Every distribution that an installation without extras brings, by name."""
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    open_ends, found = list(project["dependencies"]), {}
    while open_ends:
        wanted = Requirement(open_ends.pop())
        name = wanted.name.lower().replace("_", "-")
        if name in found or (wanted.marker is not None and not wanted.marker.evaluate({"extra": ""})):
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        open_ends += found[name].requires or []
    return found


def _size(files: list[Path]) -> int:
    return sum(file.stat().st_size for file in files if file.suffix != ".pyc" and file.is_file())


def installed() -> dict[str, Any]:
    """How many distributions come with Tradewind (itself included), and their size without bytecode."""
    needed = _needed()
    size = _size([path for path in (ROOT / "src").rglob("*") if "__pycache__" not in path.parts])
    size += sum(_size([Path(str(file.locate())) for file in found.files or []]) for found in needed.values())
    return {"distributions": len(needed) + 1, "installed_mb": round(size / 1e6, 1)}
