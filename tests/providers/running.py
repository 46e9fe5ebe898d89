"""Run a DAG file, or a few lines, in the environment of the official provider packages."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.providers import record
from tests.providers.environment import interpreter
from tests.servers.process import ROOT, clean_env, environment

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Run:
    """What became of a DAG's tasks, and all it wrote."""

    tasks: dict[str, dict[str, Any]]
    log: str

    def state(self, task_id: str) -> str:
        """A task's state."""
        return str(self.tasks[task_id]["state"])

    def error(self, task_id: str) -> str:
        """Why a task failed, or nothing."""
        return str(self.tasks[task_id]["error"] or "")

    def works(self, against: str, test: str, but: Mapping[str, str] | None = None) -> None:
        """Keep what was run for the report; fail, with each task's reason, where one did not end as it should."""
        wanted = {task: (but or {}).get(task, "success") for task in self.tasks}
        bad = {
            task: str(one["error"] or one["state"])[:300]
            for task, one in self.tasks.items()
            if one["state"] != wanted[task]
        }
        test = str(Path(test).relative_to(ROOT))
        if not bad or os.environ.get("TRADEWIND_RECORD"):
            record.keep(record.lines_of(self.tasks, bad, against, test))
        assert not bad, f"{json.dumps(bad, indent=1)}\n{self.log[-2500:]}"

    def shows(self, package: str, what: str, against: str, test: str) -> None:
        """As ``works``, for a DAG that shows one thing as a whole."""
        bad = {task: one["error"] or one["state"] for task, one in self.tasks.items() if one["state"] != "success"}
        test = str(Path(test).relative_to(ROOT))
        line = {"what": what, "against": against, "test": test} | ({"fails": str(bad)[:300]} if bad else {})
        if not bad or os.environ.get("TRADEWIND_RECORD"):
            record.add(f"apache-airflow-providers-{package}", line)
        assert not bad, f"{json.dumps(bad, indent=1)}\n{self.log[-2500:]}"


def python() -> Path:
    """The Python that has the provider packages."""
    return interpreter()


def run_dag(name: str, home: Path, seconds: float = 110, **env: str) -> Run:
    """Run ``dags/NAME.py`` with these variables of the environment; ``conn_x=uri`` is the connection ``x``."""
    result = home / f"{name}.json"
    done = subprocess.run(
        [python(), HERE / "program.py", HERE / "dags" / f"{name}.py", result],
        env=_env(home, env), cwd=home, capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip
    log = done.stdout + done.stderr
    assert result.exists(), f"dags/{name}.py did not run to its end ({done.returncode}): {log[-2500:]}"
    dags = json.loads(result.read_text())
    assert len(dags) == 1, f"{sorted(dags)}: one DAG in a file"
    return Run(next(iter(dags.values())), log)


def run_lines(code: str, home: Path, seconds: float = 240, **env: str) -> Any:
    """Run a few lines whose last one prints JSON; give that."""
    done = subprocess.run(
        [python(), "-c", code],
        env=_env(home, env),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def command(home: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """The ``airflow`` command of that environment."""
    return subprocess.run(
        [python().parent / "airflow", *words],
        env=_env(home, env), cwd=home, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip


def vendor(code: str, **env: str) -> Any:
    """A few lines with the vendor's own client, in the environment that has nothing of ours; the last prints JSON."""
    done = subprocess.run(
        [environment("servers", "servers"), "-c", code],
        env=clean_env() | env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def _env(home: Path, given: dict[str, str]) -> dict[str, str]:
    env = clean_env() | {"TRADEWIND_HOME": str(home), "TRADEWIND__CORE__LOAD_EXAMPLES": "False"}
    env["PYTHONPATH"] = str(ROOT / "src")
    env["PATH"] = f"{python().parent}:{env.get('PATH', '')}"
    for name, value in given.items():
        env[f"AIRFLOW_CONN_{name[5:].upper()}" if name.startswith("conn_") else name] = value
    return env
