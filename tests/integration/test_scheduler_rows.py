"""What the scheduler does and tells, step by step, and the rhythm it keeps."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import event

from tests.integration.test_parser import Home, dag_text
from tests.scheduling import House, dag, task_moment
from tradewind.clock import FakeClock
from tradewind.domain.spec import TaskSpec, TimetableSpec
from tradewind.scheduler.main import SchedulerProcess
from tradewind.settings import load_settings
from tradewind.store.engine import open_store, query
from tradewind.store.migrate import upgrade
from tradewind.store.reads import dags
from tradewind.store.reads.layouts import Layouts

DAILY = TimetableSpec(kind="cron", args={"expression": "0 0 * * *", "timezone": "UTC"}, summary="@daily")


@pytest.mark.spec("3/SC-09")
def test_a_run_is_made_at_the_end_of_its_interval_and_told_in_the_log(store: Any, caplog: Any) -> None:
    house = House(store, now=datetime(2020, 4, 11, 23, 59, 59, tzinfo=UTC))
    start = datetime(2020, 4, 11, tzinfo=UTC)
    house.publish(dag("hello_world", "a", timetable=DAILY, start_date=start, catchup=True))
    with caplog.at_level(logging.INFO, logger="tradewind.scheduler"):
        house.scheduler.wake()
        house.settle()
        assert "Created" not in caplog.text
        house.clock.advance(1)
        house.settle()
    assert house.rows("SELECT run_id FROM dag_run") == [("scheduled__2020-04-11T00:00:00+00:00",)]
    assert (
        "Created <DagRun hello_world @ 2020-04-11 00:00:00+00:00: scheduled__2020-04-11T00:00:00+00:00,"
        " externally triggered: False>"
    ) in caplog.messages


@pytest.mark.spec("3/SC-10")
def test_a_task_is_scheduled_only_when_all_it_hangs_on_holds(store: Any) -> None:
    house = House(store, lambda order: None, slots=0, now=task_moment(2) + timedelta(hours=12))
    spec = dag("d", "up>b", TaskSpec(task_id="b", depends_on_past=True, upstream=["up"]), timetable=DAILY)
    first, second = "scheduled__2026-01-01T00:00:00+00:00", "scheduled__2026-01-02T00:00:00+00:00"
    house.publish(msgspec.structs.replace(spec, start_date=task_moment(1), catchup=True))
    house.scheduler.wake()
    house.settle()
    assert house.rows("SELECT run_id FROM dag_run") == [(first,)]  # the second interval has not ended
    assert house.states(first) == {"up": "scheduled", "b": "none"}
    house.clock.advance(12 * 3600)
    house.settle()
    assert house.states(second) == {"up": "scheduled", "b": "none"}
    house.executor.slots = 10
    house.scheduler.wake()
    house.settle()
    for order in list(house.executor.held.values()):
        house.executor.begin(order)
        house.executor.finish(order)
    house.executor.slots = 0
    house.settle()
    assert house.states(first) == {"up": "success", "b": "scheduled"}
    assert house.states(second) == {"up": "success", "b": "none"}  # the one of the first run has not succeeded


@pytest.mark.spec("3/SC-11")
def test_a_scheduled_task_is_queued_by_weight_when_there_are_slots_and_then_the_executors(store: Any) -> None:
    house = House(store, lambda order: None, slots=2)
    house.publish(dag("d", "", *(TaskSpec(task_id=f"t{n}", priority=n) for n in range(4))))
    run_id = house.trigger("d")
    house.settle()
    assert house.states(run_id) == {"t3": "queued", "t2": "queued", "t1": "scheduled", "t0": "scheduled"}
    assert [order.task_id for order in house.executor.orders] == ["t3", "t2"]
    house.clock.advance(60)
    house.settle()
    assert house.states(run_id)["t3"] == "queued"  # it is with the executor: nobody hands it over again
    assert len(house.executor.orders) == 2


@pytest.mark.spec("3/SC-03")
@pytest.mark.parametrize("seconds", [0.5, 1.5])
def test_an_idle_scheduler_looks_again_after_the_pause_that_was_set(
    store: Any, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    settings = load_settings({"AIRFLOW__SCHEDULER__PROCESSOR_POLL_INTERVAL": str(seconds)})
    monkeypatch.setattr(store, "settings", settings)
    house = House(store)
    house.settle()
    assert house.scheduler.tick() == seconds


@pytest.fixture
def quiet(tmp_path: Path) -> Any:
    """Makes a scheduler process on a fake clock, and counts its statements."""
    made: list[SchedulerProcess] = []

    def make(name: str, **environ: str) -> tuple[SchedulerProcess, FakeClock, list[str]]:
        settings = load_settings({"TRADEWIND_HOME": str(tmp_path / name), **environ})
        settings.home.mkdir()
        first = open_store(settings)
        upgrade(first)
        first.close()
        process = SchedulerProcess(settings)
        made.append(process)
        clock = process._clock = FakeClock()
        seen: list[str] = []
        event.listen(process._store.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
        return process, clock, seen

    yield make
    for process in made:
        process._close()


@pytest.mark.spec("3/SC-16", "3/PF-08")
def test_the_heartbeat_keeps_the_rhythm_that_was_set_and_a_slower_one_asks_less(quiet: Any) -> None:
    counts = {}
    for seconds in (5, 60):
        environ = {} if seconds == 5 else {"AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": str(seconds)}
        process, clock, seen = quiet(f"home{seconds}", **environ)
        began, beats = clock.now(), set()
        for _ in range(300):
            process._beat()
            with process._store.read() as conn:
                ((at,),) = query(conn, "SELECT beat_at FROM process WHERE kind = 'scheduler'")
            beats.add(at)
            clock.advance(1)
        steps = [(later - at) / 1_000_000 for at, later in zip(sorted(beats), sorted(beats)[1:], strict=False)]
        assert set(steps) == {float(seconds)}
        assert len(beats) == 300 // seconds
        assert began <= clock.now()
        counts[seconds] = sum("UPDATE process" in text or "INSERT INTO process" in text for text in seen)
    assert counts[60] * 10 <= counts[5]


@pytest.mark.spec("3/SC-19")
def test_the_page_and_the_scheduler_use_what_was_stored_and_need_no_file(tmp_path: Path, monkeypatch: Any) -> None:
    home = Home(tmp_path)
    for name, value in home.given.items():
        monkeypatch.setenv(name, value)
    path = home.write("a.py", dag_text("stored"))
    home.once()
    path.unlink()
    with home.store.read() as conn:
        version = dags.version_id_of(conn, "stored", None)
        assert sorted(Layouts().get(conn, version).tasks) == ["t0", "t1"]
    house = House(home.store)
    with home.store.write() as conn:
        conn.exec_driver_sql("UPDATE dag SET is_paused = false")
    run_id = house.trigger("stored")
    house.settle()
    assert house.states(run_id) == {"t0": "success", "t1": "success"}
    home.store.close()
