"""A real installation in a temporary home: real processes, real port, torn down to the last child."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
PASSWORD = "correct horse battery staple"


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def until(what: str, ask: Callable[[], T], seconds: float = 30.0) -> T:
    """Ask again and again until the answer is truthy; fail with the last answer when time is up."""
    deadline = time.monotonic() + seconds
    answer = ask()
    while not answer:
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s; last answer {answer!r}")
        time.sleep(0.02)
        answer = ask()
    return answer


class House:
    """One home with its process tree."""

    def __init__(self, home: Path, **env: str) -> None:
        self.home = home
        self.dags = home / "dags"
        self.dags.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "TRADEWIND"))}
        self.env |= {
            "TRADEWIND_HOME": str(home),
            "TRADEWIND__API__PORT": str(self.port),
            "TRADEWIND__CORE__LOAD_EXAMPLES": "False",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        } | env
        self.process: subprocess.Popen[bytes] | None = None
        self.output = home / "standalone.out"

    def start(self) -> House:
        """Start everything; returns when /health answers."""
        with self.output.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tradewind", "standalone"],
                env=self.env,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until("the page answers", self._healthy, 60)
        return self

    def _healthy(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.output.read_text()[-3000:]
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def stop(self) -> None:
        """SIGTERM, then certainty: nothing of this home runs on."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for pid in self.processes():
            with_suppress_kill(pid)

    def processes(self) -> list[int]:
        """Pids of every process whose environment names this home."""
        mark = f"TRADEWIND_HOME={self.home}\0".encode()
        found = []
        for proc in Path("/proc").iterdir():
            if proc.name.isdigit() and int(proc.name) != os.getpid():
                try:
                    if mark in (proc / "environ").read_bytes() + b"\0":
                        found.append(int(proc.name))
                except OSError:
                    continue
        return found

    def pid_of(self, module: str) -> int:
        """The pid of the room whose main is ``module``, be it a fork or an interpreter; waits for it to exist."""
        return until(f"a {module} process", lambda: self._find(module))

    def _find(self, module: str) -> int | None:
        title = f"tradewind: {module.split('.')[1]}".encode()
        for pid in self.processes():
            try:
                line = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if module.encode() in line or line[0] == title:
                return pid
        return None

    def cli(self, *words: str, check: bool = True, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run one CLI verb in this home."""
        done = subprocess.run(
            [sys.executable, "-m", "tradewind", *words],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            input=stdin,
        )
        assert not check or done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}"
        return done

    def make_admin(self) -> None:
        """A user "tester" with all rights."""
        self.cli(
            "users", "create", "--username", "tester", "--password", PASSWORD, "--firstname", "T", "--lastname", "R",
            "--role", "Admin", "--email", "t@example.org",
        )  # fmt: skip

    def rest(self, method: str, path: str, body: Any = None, *, expect: int | None = None) -> Any:
        """One REST call as "tester"; the decoded answer."""
        request = urllib.request.Request(f"{self.url}{path}", method=method)
        request.add_header("Authorization", "Basic " + b64encode(f"tester:{PASSWORD}".encode()).decode())
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, data, timeout=20) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        assert (expect or status) == status, f"{method} {path}: {status} {text[:2000]!r}"
        assert expect or status < 400, f"{method} {path}: {status} {text[:2000]!r}"
        return json.loads(text) if text else None

    def wait_for_dag(self, dag_id: str, seconds: float = 30) -> None:
        """Until the DAG is listed."""

        def listed() -> bool:
            return dag_id in [d["dag_id"] for d in self.rest("GET", "/api/v1/dags?limit=1000")["dags"]]

        until(f"DAG {dag_id} is listed", listed, seconds)

    def run_state(self, dag_id: str, run_id: str) -> str:
        """The state of one run."""
        return str(self.rest("GET", f"/api/v1/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def wait_for_run(self, dag_id: str, run_id: str, seconds: float = 60) -> str:
        """Until the run ended; its state."""
        return until(
            f"run {run_id} of {dag_id} ends",
            lambda: s if (s := self.run_state(dag_id, run_id)) in ("success", "failed") else None,
            seconds,
        )

    def trigger(self, dag_id: str, run_id: str, conf: dict[str, Any] | None = None) -> None:
        """Unpause and trigger by REST."""
        self.rest("PATCH", f"/api/v1/dags/{dag_id}", {"is_paused": False})
        self.rest("POST", f"/api/v1/dags/{dag_id}/dagRuns", {"dag_run_id": run_id, "conf": conf or {}})

    def states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """Task id -> state."""
        answer = self.rest("GET", f"/api/v1/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=1000")
        return {t["task_id"]: t["state"] for t in answer["task_instances"]}

    def log(self, dag_id: str, run_id: str, task_id: str, attempt: int = 1) -> str:
        """The log of one try, from disk."""
        path = (
            self.home
            / "logs"
            / f"dag_id={dag_id}/run_id={re.sub('/', '_', run_id)}/task_id={task_id}/attempt={attempt}.log"
        )
        return path.read_text() if path.exists() else ""


def with_suppress_kill(pid: int) -> None:
    """kill -9, whether or not it is still there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
