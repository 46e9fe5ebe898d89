"""kill -9 of every kind of process in the middle of one wide fan-out, and of the whole house."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.house import House, until
from tests.e2e.test_kill_scheduler import DAG_FILE, WIDTH, lines

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def probed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Path]]:
    home = tmp_path_factory.mktemp("home")
    probe = home / "probe.txt"
    house = House(home, PROBE=str(probe))
    (house.dags / "fan.py").write_text(DAG_FILE)
    house.start()
    house.make_admin()
    yield house, probe
    house.stop()


def put_back(house: House) -> set[str]:
    """The tasks of which the journal says that an attempt was lost."""
    text = (
        "SELECT DISTINCT t.task_id FROM journal j JOIN task_instance t ON t.id = j.ti_id WHERE j.why LIKE '%put back%'"
    )
    with closing(sqlite3.connect(house.home / "tradewind.db")) as conn:
        return {row[0] for row in conn.execute(text)}


def all_ran(house: House, probe: Path) -> None:
    """Every task succeeded; only those the journal calls lost may have run twice."""
    assert house.wait_for_run("fan", "r1", 200) == "success"
    ran = Counter(probe.read_text().split())
    assert len(ran) == WIDTH + 2
    twice = {name for name, n in ran.items() if n != 1}
    assert twice <= put_back(house)
    assert house.rest("GET", "/ui/dags/fan/runs/r1")["counts"] == {"success": WIDTH + 2}


def kill(house: House, module: str) -> None:
    os.kill(house.pid_of(module), signal.SIGKILL)


def test_any_process_may_be_killed_at_any_time(probed: tuple[House, Path]) -> None:
    house, probe = probed
    house.wait_for_dag("fan")
    house.trigger("fan", "r1")
    victims = ["api.main", "parser.main", "parser.child", "scheduler.main", "worker.zygote", "worker.host"]
    for nth, victim in enumerate(victims, start=1):
        goal = WIDTH * nth // (len(victims) + 2)
        until(f"{goal} tasks ran", lambda goal=goal: lines(probe) >= goal, 90)
        if victim == "worker.zygote":
            assert put_back(house) == set()  # nothing that ran was lost so far, so nothing may run twice
        kill(house, f"tradewind.{victim}")
    all_ran(house, probe)


def test_the_whole_house_may_be_killed_and_started_again(probed: tuple[House, Path]) -> None:
    """kill -9 of standalone alone: its children go by themselves, the tasks that run end well, nothing runs twice."""
    house, probe = probed
    house.wait_for_dag("fan")
    house.trigger("fan", "r1")
    until("tasks ran", lambda: lines(probe) >= WIDTH // 4, 60)
    assert house.process is not None
    house.process.kill()
    house.process.wait()
    for room in ("api", "scheduler", "parser"):
        until(f"the {room} is gone", lambda room=room: house._find(f"tradewind.{room}.main") is None, 20)
    house.start()
    all_ran(house, probe)
    assert put_back(house) == set()
