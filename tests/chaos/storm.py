"""The run itself: start everything, keep it busy, do it harm, let it recover, look at what is left."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.chaos.audit import Findings, audit, sample
from tests.chaos.database import Postgres
from tests.chaos.machine import Machine
from tradewind.actions.context import Act
from tradewind.actions.create_run import create_run
from tradewind.clock import SystemClock
from tradewind.errors import Conflict, DatabaseTrouble
from tradewind.settings import load_settings
from tradewind.store import migrate
from tradewind.store.engine import open_store
from tradewind.store.notices import WideRinger

#: Open runs that are kept going.
BUSY = 6
#: How long it may take to recover once nothing more is done to it.
RECOVERY_SECONDS = 150.0

DAG_FILE = """
import os, random, time
from datetime import datetime
from tradewind import DAG, task

def told(what, context):
    ti = context["ti"]
    line = f"{what} {ti.dag_id} {ti.run_id} {ti.task_id} {ti.map_index}\\n"
    fd = os.open(os.environ["PROBE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, line.encode())
    os.close(fd)

def work(seconds, **context):
    told("start", context)
    time.sleep(random.random() * seconds)
    told("end", context)

for name, runs, active in (("wide", 2, 10), ("deep", 3, 4)):
    with DAG(name, start_date=datetime(2026, 1, 1), schedule=None, max_active_runs=runs, max_active_tasks=active):
        @task
        def first(**context):
            work(0.2, **context)
            return [1, 2, 3]

        @task(pool="narrow", retries=0)
        def middle(x, **context):
            work(1.0, **context)

        @task(trigger_rule="all_done")
        def last(**context):
            work(0.5, **context)

        several = middle.expand(x=first()) if name == "wide" else middle(first())
        several >> last()
"""


class _Driver:
    """Makes runs, so that there is always something to do."""

    def __init__(self, url: str, home: Path) -> None:
        settings = load_settings({"TRADEWIND_HOME": str(home), "TRADEWIND__DATABASE__SQL_ALCHEMY_CONN": url})
        self.store = open_store(settings)
        migrate.upgrade(self.store)
        with self.store.write() as conn:
            conn.exec_driver_sql("INSERT INTO pool (name, slots, include_deferred) VALUES ('narrow', 4, false)")
        self._act = Act(self.store, SystemClock(), WideRinger(_Nobody(), self.store), settings, "storm", "test")  # type: ignore[arg-type]
        self._number = 0

    def feed(self, open_runs: int) -> None:
        """Runs up to the wanted number; the database may be away."""
        with contextlib.suppress(DatabaseTrouble):
            for _ in range(max(0, BUSY - open_runs)):
                self._number += 1
                with contextlib.suppress(Conflict):  # the answer to an earlier try was lost, the run was not
                    create_run(self._act, ("wide", "deep")[self._number % 2], run_id=f"r{self._number}")


class _Nobody:
    def ring(self, kind: str, topic: str = "") -> int:
        return 0

    def close(self) -> None: ...


def run(seconds: float, seed: int, say: Callable[[str], None] = lambda text: None) -> Findings:
    """A storm of so many seconds, and what it left."""
    rng = Random(seed)
    folder = Path(tempfile.mkdtemp(prefix="twchaos"))
    probe, dags = folder / "probe", folder / "dags"
    dags.mkdir()
    probe.touch()
    (dags / "chaos.py").write_text(DAG_FILE)
    database = Postgres()
    findings = Findings()
    machines: list[Machine] = []
    try:
        database.start()
        driver = _Driver(database.url, folder / "driver")
        machines += [Machine(folder / name, dags, database.url, probe, parses=name == "m1") for name in ("m1", "m2")]
        _wait_for_dags(database, machines)
        began = time.monotonic()
        _storm(began + seconds, rng, database, machines, driver, findings, say)
        say(f"{time.monotonic() - began:6.1f} calm")
        for machine in machines:
            machine.calm()
        _recover(database, machines, findings)
        findings.seconds = time.monotonic() - began
        with database.connect() as conn:
            audit(conn, probe, findings)
        if not findings.good():
            for machine in machines:
                say(machine.tail())
        driver.store.close()
        return findings
    finally:
        for machine in machines:
            machine.close()
        database.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for_dags(database: Postgres, machines: list[Machine]) -> None:
    deadline = time.monotonic() + 90
    while True:
        for machine in machines:
            machine.look()
        with database.connect() as conn:
            if conn.execute("SELECT COUNT(*) FROM dag").fetchone()[0] == 2:
                return
        assert time.monotonic() < deadline, [machine.tail() for machine in machines]
        time.sleep(0.1)


def _storm(
    until: float, rng: Random, database: Postgres, machines: list[Machine], driver: _Driver, findings: Findings,
    say: Callable[[str], None],
) -> None:  # fmt: skip
    began = time.monotonic()
    harm_at, database_at = began + 3.0, None
    while (now := time.monotonic()) < until:
        if database_at is not None and now >= database_at:
            database.start()
            database_at = None
        if now >= harm_at:
            harm_at = now + rng.uniform(1.5, 6.0)
            machine = rng.choice(machines)
            what = rng.choice(_HARM)
            if what == "restart of PostgreSQL":
                if database_at is not None:
                    continue
                database.crash()
                database_at = now + rng.uniform(0.0, 3.0)
            elif not _harm(machine, what, rng):
                continue
            findings.done[what] += 1
            say(f"{now - began:6.1f} {what} ({machine.house.home.name})")
        for machine in machines:
            machine.look()
        if database_at is None:
            driver.feed(_look(database, findings))
        time.sleep(0.05)
    if database_at is not None:
        database.start()


_HARM = (
    *("kill -9 of a scheduler", "kill -9 of a worker host", "kill -9 of a zygote", "a scheduler stands still"),
    *("restart of PostgreSQL", "power off"),
)


def _harm(machine: Machine, what: str, rng: Random) -> bool:
    match what:
        case "kill -9 of a scheduler":
            machine.kill_scheduler(rng.choice([0.0, 2.0, 16.0]))
        case "kill -9 of a worker host":
            return machine.kill("tradewind.worker.host")
        case "kill -9 of a zygote":
            return machine.kill("tradewind.worker.zygote")
        case "a scheduler stands still":
            machine.pause_scheduler(rng.choice([2.0, 15.0]))
        case "power off":
            machine.power_off(rng.choice([1.0, 15.0]))
    return True


def _look(database: Postgres, findings: Findings) -> int:
    """Open runs now; limits are looked at on the way. Many when the database is away."""
    try:
        with database.connect() as conn:
            sample(conn, findings)
            row = conn.execute("SELECT COUNT(*) FROM dag_run WHERE state IN ('queued', 'running')").fetchone()
            return int(row[0])
    except Exception as error:
        if type(error).__name__ not in ("OperationalError", "AdminShutdown"):
            raise
        return BUSY


def _recover(database: Postgres, machines: list[Machine], findings: Findings) -> None:
    deadline = time.monotonic() + RECOVERY_SECONDS
    while time.monotonic() < deadline:
        for machine in machines:
            machine.look()
        if _look(database, findings) == 0:
            return
        time.sleep(0.2)
