"""Runs that meet runs of their DAG; runs and tasks that wait too long; DAGs that fail again and again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.scheduling import House, dag
from tradewind.domain.messages import Beat, WorkOrder
from tradewind.domain.spec import DagSpec, TaskSpec, TimetableSpec
from tradewind.store.engine import Store
from tradewind.store.engine import run as execute

START = datetime(2026, 1, 1, tzinfo=UTC)
HOURLY = TimetableSpec(kind="cron", args={"expression": "0 * * * *", "timezone": "UTC"})


def hourly(**more: Any) -> DagSpec:
    return dag("d", "a>b", timetable=HOURLY, start_date=START, max_active_runs=1, **more)


def stay(order: WorkOrder) -> dict[str, Any] | None:
    return None


def pass_hours(house: House, hours: float) -> None:
    """Minute by minute; what the executor holds is started, and its worker is heard of."""
    started: set[str] = set()
    for _ in range(round(hours * 60)):
        for order in house.executor.held.values():
            if order.attempt_id not in started:
                house.executor.begin(order)
                started.add(order.attempt_id)
        if house.executor.held:
            house.executor.out.append(Beat(host="h", worker="w", attempt_ids=list(house.executor.held)))
        house.clock.advance(60)
        house.settle()


def runs(house: House) -> dict[str, str]:
    text = "SELECT run_id, state FROM dag_run ORDER BY run_after, id"
    return {run_id.split("T")[-1][:5] if "T" in run_id else run_id: state for run_id, state in house.rows(text)}


def journal_of(house: House, part: str) -> list[str]:
    text = "SELECT r.run_id, j.why FROM journal j JOIN dag_run r ON r.id = j.run_pk WHERE j.why LIKE ? ORDER BY j.id"
    return [f"{run_id[-14:-9]}: {why}" for run_id, why in house.rows(text, f"%{part}%")]


def test_queue_is_the_default_and_loses_nothing(store: Store) -> None:
    house = House(store, stay, now=START)
    house.publish(hourly(), max_active_runs=1)
    pass_hours(house, 3.5)
    assert runs(house) == {"00:00": "running"}

    for _ in range(4):
        for order in list(house.executor.held.values()):
            house.executor.finish(order)
        house.settle()
    assert list(runs(house)) == ["00:00", "01:00", "02:00"]


def test_skip_leaves_out_what_was_due_meanwhile_and_says_so(store: Store) -> None:
    house = House(store, stay, now=START)
    house.publish(hourly(overlap="skip"), max_active_runs=1)
    pass_hours(house, 3.5)  # the run due at 01:00 is still active at 02:00 and 03:00
    assert runs(house) == {"00:00": "running"}
    assert journal_of(house, "overlap=skip") == [
        "00:00: overlap=skip: the run of 2026-01-01T01:00:00+00:00 was left out, 1 of 1 runs were active",
        "00:00: overlap=skip: the run of 2026-01-01T02:00:00+00:00 was left out, 1 of 1 runs were active",
    ]

    while house.executor.held:
        for order in list(house.executor.held.values()):
            house.executor.finish(order)
        house.settle()
    # A scheduler that starts afresh knows from the rows what was left out.
    house.scheduler.stop()
    house.scheduler = house.new_scheduler("scheduler@h:2:b")
    pass_hours(house, 1)
    assert runs(house) == {"00:00": "success", "03:00": "running"}


def test_cancel_old_makes_room_for_the_new_run(store: Store) -> None:
    house = House(store, stay, now=START)
    house.publish(hourly(overlap="cancel_old", max_consecutive_failed_dag_runs=1), max_active_runs=1)
    pass_hours(house, 2.5)

    assert runs(house) == {"00:00": "failed", "01:00": "running"}
    (said,) = journal_of(house, "overlap=cancel_old")[-1:]
    assert "made room for scheduled__2026-01-01T01:00:00+00:00 (max_active_runs is 1)" in said
    assert len(house.executor.cancelled) == 1
    states = house.states("scheduled__2026-01-01T00:00:00+00:00")
    assert states == {"a": "skipped", "b": "skipped"}
    assert house.rows("SELECT is_paused FROM dag")[0][0] in (0, False)  # being replaced is no failure


def test_cancel_new_shows_the_run_that_did_not_happen(store: Store) -> None:
    house = House(store, stay, now=START)
    house.publish(hourly(overlap="cancel_new"), max_active_runs=1)
    pass_hours(house, 2.5)
    house.trigger("d", run_id="by_hand")
    house.settle()

    assert runs(house) == {"00:00": "running", "01:00": "failed", "by_hand": "failed"}
    assert "scheduled__2026-01-01T00:00:00+00:00 is still active" in journal_of(house, "overlap=cancel_new")[0]


def test_a_run_that_waits_too_long_fails_with_its_own_reason(store: Store) -> None:
    house = House(store, stay, now=START)
    house.publish(dag("d", "a", queue_timeout=600.0), max_active_runs=1)
    house.trigger("d", run_id="first")
    house.settle()
    house.trigger("d", run_id="second")
    house.settle()
    pass_hours(house, 9 / 60)
    assert runs(house) == {"first": "running", "second": "queued"}

    pass_hours(house, 2 / 60)
    assert runs(house) == {"first": "running", "second": "failed"}
    assert [s.split(": ", 1)[1] for s in journal_of(house, "queue_timeout")] == [
        "queue_timeout: the run did not start within 600 s"
    ]


def test_queue_execution_and_run_timeouts_are_three_things(store: Store) -> None:
    waits = TaskSpec(task_id="waits", pool="tight", queue_timeout=300.0, retries=3)
    holds = TaskSpec(task_id="holds", pool="tight", execution_timeout=5000.0, priority=9)
    house = House(store, stay, now=START)
    with store.write() as conn:
        execute(
            conn, "INSERT INTO pool (name, slots, description, include_deferred) VALUES ('tight', 1, '', ?)", [(False,)]
        )
    house.publish(dag("d", "waits>after", waits, holds, dagrun_timeout=3600.0))
    run_id = house.trigger("d")
    house.settle()
    assert house.states(run_id) == {"waits": "scheduled", "holds": "queued", "after": "none"}

    pass_hours(house, 6 / 60)
    assert house.states(run_id) == {"waits": "failed", "holds": "running", "after": "upstream_failed"}
    assert house.executor.orders[0].execution_timeout == 5000.0
    pass_hours(house, 1)
    assert house.run_state(run_id) == "failed"
    said = [why for (why,) in house.rows("SELECT why FROM journal WHERE why LIKE '%timeout%' ORDER BY id")]
    assert said[0] == "queue_timeout: did not start within 300 s"
    assert set(said[1:]) == {"dagrun_timeout: longer than 3600 s"}


@pytest.mark.parametrize("limit", [2, 3])
def test_a_dag_that_fails_again_and_again_is_switched_off_and_says_why(store: Store, limit: int) -> None:
    house = House(store, lambda order: {"outcome": "failed", "error": "no"}, now=START)
    house.publish(hourly(max_consecutive_failed_dag_runs=limit), max_active_runs=1)
    pass_hours(house, 5.5)

    assert list(runs(house).values()) == ["failed"] * limit
    (said,) = journal_of(house, "in a row")
    assert f"{limit} runs failed in a row (max_consecutive_failed_dag_runs is {limit}): the DAG is paused" in said
    audits = house.rows("SELECT actor, verb, dag_id, details FROM audit WHERE verb = 'pause_dag'")
    assert [(a, v, d) for a, v, d, _ in audits] == [("scheduler", "pause_dag", "d")]
    assert "failed in a row" in str(audits[0][3])
