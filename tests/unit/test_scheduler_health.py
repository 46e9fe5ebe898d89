"""A scheduler that beats and gets nowhere is ill; one that rightly waits is well."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import timedelta

import pytest

from tests.scheduling import House, dag
from tradewind.clock import FakeClock
from tradewind.errors import OutsideTrouble
from tradewind.scheduler.alone import Alone
from tradewind.scheduler.health import HealthDoor, Progress, Work, undone
from tradewind.settings import load_settings
from tradewind.store.engine import open_store
from tradewind.store.reads.processes import list_processes
from tradewind.store.writes import processes


def test_passes_that_fail_make_it_ill_within_half_a_minute() -> None:
    clock = FakeClock()
    progress = Progress(clock)
    progress.passed(None)
    for _ in range(4):
        clock.advance(5)
        progress.crashed(RuntimeError("no such column"))
    assert not progress.is_good()
    assert progress.facts()["error"] == "no such column"
    progress.passed(None)
    assert progress.is_good()


def test_the_same_work_lying_there_makes_it_ill_and_other_work_does_not() -> None:
    clock = FakeClock()
    progress = Progress(clock)
    for number in range(10):
        clock.advance(5)
        progress.passed(Work(f"run {number}", None))
        assert progress.is_good()
    for _ in range(5):
        clock.advance(5)
        progress.passed(Work("run 9", None))
    assert not progress.is_good()
    assert progress.facts()["oldest_work"] == "run 9"


def test_nothing_to_do_is_no_illness(sqlite_store) -> None:
    house = House(sqlite_store)
    progress = Progress(house.clock)
    for _ in range(20):
        house.clock.advance(6)
        house.scheduler.tick()
        progress.passed(undone(house.scheduler))
    assert progress.is_good()


def test_ready_tasks_that_no_worker_takes_are_work_that_lies(sqlite_store) -> None:
    house = House(sqlite_store, slots=0)
    house.publish(dag("d", "a"))
    house.trigger("d")
    progress = Progress(house.clock)
    for _ in range(6):
        house.scheduler.tick()
        progress.passed(undone(house.scheduler))
        house.clock.advance(6)
    assert not progress.is_good()
    assert "no worker" in progress.facts()["oldest_work"]


def test_the_door_of_the_process_answers_503_then() -> None:
    clock = FakeClock()
    progress = Progress(clock)
    settings = load_settings(
        {
            "TRADEWIND__SCHEDULER__ENABLE_HEALTH_CHECK": "True",
            "TRADEWIND__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": "0",
            "TRADEWIND__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST": "127.0.0.1",
        }
    )
    door = HealthDoor(settings, progress)
    try:
        address = f"http://127.0.0.1:{door.port}/health"
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert json.load(answer)["status"] == "healthy"
        clock.advance(25)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(address, timeout=10)
        assert refused.value.code == 503
    finally:
        door.close()


@pytest.mark.spec("3/SC-17")
def test_the_list_of_processes_tells_the_silent_and_the_stuck_from_the_well(sqlite_store) -> None:
    now = FakeClock().now()
    with sqlite_store.write() as conn:
        for name, ago, stuck in (("well", 1, False), ("silent", 31, False), ("stuck", 1, True)):
            at = now - timedelta(seconds=ago)
            processes.beat(conn, name, "scheduler", "h", 1, at - timedelta(seconds=25), {})
            processes.beat(conn, name, "scheduler", "h", 1, at, {}, progress=not stuck)
    with sqlite_store.read() as conn:
        found = {row["id"]: row["status"] for row in list_processes(conn, now, 30.0)}
    assert found == {"well": "healthy", "silent": "unhealthy", "stuck": "unhealthy"}


@pytest.mark.spec("3/HA-03")
def test_a_second_scheduler_on_sqlite_is_refused_with_a_way_out(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tradewind.scheduler.alone._PATIENCE_SECONDS", 0.0)
    settings = load_settings({"TRADEWIND_HOME": str(tmp_path)})
    one, other = open_store(settings), open_store(settings)
    held = Alone(one)
    with pytest.raises(OutsideTrouble, match="SQLite is for one only") as refused:
        Alone(other)
    assert "PostgreSQL" in (refused.value.hint or "")
    held.close()
    Alone(other).close()
