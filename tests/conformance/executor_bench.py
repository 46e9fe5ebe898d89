"""A home with DAG files and an executor in it, for the executors' conformance suite."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tradewind.domain.messages import (
    Beat,
    FileRef,
    Finished,
    Lost,
    RunFacts,
    Started,
    TaskReply,
    TaskRequest,
    Up,
    WorkOrder,
)
from tradewind.executor.contract import Executor
from tradewind.executor.local import LocalExecutor
from tradewind.settings import Settings, load_settings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DEADLINE = 30.0

ORDINARY = """
import logging, os, signal, subprocess, sys, time
from pathlib import Path
from tradewind.sdk import current
from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.dag import DAG

log = logging.getLogger("airflow.task")

class Calls(BaseOperator):
    def __init__(self, call, **kwargs):
        super().__init__(**kwargs)
        self.call = call
    def execute(self, context):
        return self.call()
    def on_kill(self):
        Path(os.environ["BENCH_HOME"], "on_kill").write_text("called")

def talks():
    for number in range(5):
        print("printed", number)
        log.info("logged %s", number)
    print("to stderr", file=sys.stderr)
    print("no newline", end="")
    return 42

def fails():
    raise ValueError("no good")

def raw():
    os.write(1, b"raw bytes\\n")
    subprocess.run(["echo", "from a child"])
    os.write(2, b"raw without newline")

def family():
    child = subprocess.Popen(["sleep", "600"])
    Path(os.environ["BENCH_HOME"], "family").write_text(f"{os.getpid()} {child.pid}")
    signal.pause()

def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("deaf now")
    while True:
        signal.pause()

def asks():
    client = current.client()
    value = client.variable_get(key="colour")
    try:
        client.run_trigger(dag_id="nope", run_id=None, logical_date=None, conf={}, reset=False)
    except Exception as error:
        print("refused:", type(error).__name__, error)
    return value

def leaks():
    connection = current.client().connection_get(conn_id="db")
    subprocess.run(["echo", "child says " + connection["password"]])
    from tradewind.sdk import masking
    masking.register(connection["password"])
    print("I say", connection["password"])
    log.error("the log says %s", connection["password"])
    raise ValueError("the error says " + connection["password"])

def waits():
    print("before")
    Path(os.environ["BENCH_HOME"], "waits").write_text(str(os.getpid()))
    signal.pause()

def chatters():
    for number in range(1000):
        print("x" * 100)

def once():
    with open(Path(os.environ["BENCH_HOME"], "ran"), "a") as file:
        file.write("ran\\n")

with DAG("ordinary") as dag:
    for call in (talks, fails, raw, family, deaf, asks, leaks, waits, chatters, once):
        Calls(task_id=call.__name__, call=call)
    Calls(task_id="exits", call=lambda: os._exit(3))
    Calls(task_id="dies", call=lambda: os.kill(os.getpid(), signal.SIGKILL))
    Calls(task_id="sleeps", call=lambda: time.sleep(600))
    Calls(task_id="files", call=lambda: __import__("resource").getrlimit(7)[0])
    Calls(task_id="pid", call=lambda: [os.getpid(), os.getpgid(0), os.getppid()])
"""

BROKEN = """
from tradewind.sdk.dag import DAG
import a_module_that_is_not_there
"""

THREADED = """
import threading
from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.dag import DAG

threading.Thread(target=threading.Event().wait, daemon=True, name="poller").start()

class One(BaseOperator):
    def execute(self, context):
        return 1

with DAG("threaded") as dag:
    One(task_id="one")
"""


class Bench:
    """Orders in, messages out; waits on conditions, with a deadline."""

    def __init__(self, home: Path, make: Callable[[Settings], Executor], isolation: str = "fork") -> None:
        self.home = home
        self.isolation = isolation
        self.dags = home / "dags"
        self.dags.mkdir(exist_ok=True)
        for name, text in {"ordinary.py": ORDINARY, "broken.py": BROKEN, "threaded.py": THREADED}.items():
            (self.dags / name).write_text(text)
        self.settings = load_settings()
        self._make = make
        self.executor = make(self.settings)
        self.heard: list[Up] = []
        self.answers: dict[str, TaskReply] = {}
        self.acknowledges = True
        self._count = 0

    def abandon(self) -> None:
        """What the kernel does for a scheduler that is killed: its sockets end without a word."""
        assert isinstance(self.executor, LocalExecutor)
        for link in self.executor._links:
            link.socket.close()

    def successor(self) -> None:
        """What a new scheduler has: another executor object, nothing in memory."""
        self.executor = self._make(self.settings)
        self.heard = []
        self.executor.start()

    def order(self, task_id: str, dag: str = "ordinary", **changes: object) -> WorkOrder:
        self._count += 1
        attempt_id = f"{self.home.name}-{self._count}"
        facts = RunFacts(
            dag_id=dag,
            run_id="r",
            run_type="manual",
            logical_date=NOW,
            data_interval_start=NOW,
            data_interval_end=NOW,
            run_after=NOW,
        )
        fields: dict[str, object] = {
            "attempt_id": attempt_id,
            "task_id": task_id,
            "try_number": 1,
            "max_tries": 1,
            "run": facts,
            "file": FileRef(bundle="dags-folder", root=str(self.dags), path=f"{dag}.py", hash="1"),
            "log_path": f"logs/of/{attempt_id}.log",
            "isolation": self.isolation,
        }
        return WorkOrder(**(fields | changes))  # type: ignore[arg-type]

    def submit(self, task_id: str, dag: str = "ordinary", **changes: object) -> str:
        order = self.order(task_id, dag, **changes)
        self.executor.submit([order])
        return order.attempt_id

    def pump(self, seconds: float = 0.05) -> None:
        fds = self.executor.fileno()
        if fds or self.executor.name != "inline":
            select.select(fds, [], [], seconds)
        for message in self.executor.poll():
            self.heard.append(message)
            if isinstance(message, TaskRequest):
                self._answer(message)
            elif isinstance(message, Finished | Lost) and self.acknowledges:
                self.executor.acknowledge([message.attempt_id])

    def _answer(self, request: TaskRequest) -> None:
        template = self.answers.get(request.verb)
        if template is not None:
            reply = TaskReply(
                attempt_id=request.attempt_id, number=request.number, value=template.value, error=template.error
            )
            self.executor.reply([reply])

    def until(self, condition: Callable[[], object], what: str = "the condition") -> None:
        deadline = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come; heard {self.heard[-5:]}"
            self.pump()

    def final(self, attempt_id: str) -> Finished | Lost:
        found: list[Finished | Lost] = []

        def ended() -> bool:
            found[:] = [m for m in self.heard if isinstance(m, Finished | Lost) and m.attempt_id == attempt_id]
            return bool(found)

        self.until(ended, f"the end of {attempt_id}")
        return found[0]

    def run(self, task_id: str, dag: str = "ordinary", **changes: object) -> Finished:
        final = self.final(self.submit(task_id, dag, **changes))
        assert isinstance(final, Finished), final
        return final

    def log(self, attempt_id: str) -> str:
        path = self.home / "logs" / "logs" / "of" / f"{attempt_id}.log"
        return path.read_text() if path.exists() else ""

    def file(self, name: str) -> str:
        path = self.home / name
        self.until(lambda: path.exists() and path.read_text(), f"file {name}")
        return path.read_text()

    def kinds(self, attempt_id: str) -> list[str]:
        return [
            type(m).__name__
            for m in self.heard
            if not isinstance(m, Beat) and isinstance(m, Started | Finished | Lost) and m.attempt_id == attempt_id
        ]


def is_alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
