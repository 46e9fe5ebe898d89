"""Scheduled runs, deadlines and earlier runs, on a fake clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.scheduling import House, dag
from tradewind.actions.clear_tasks import clear_tasks
from tradewind.domain.messages import Beat
from tradewind.domain.spec import TaskSpec, TimetableSpec

HOURLY = TimetableSpec(kind="cron", args={"expression": "0 * * * *", "timezone": "UTC"}, summary="0 * * * *")
START = datetime(2025, 12, 31, 20, tzinfo=UTC)  # the fake clock begins at midnight: four intervals are over


def run_ids(house: House) -> list[str]:
    return [row[0] for row in house.rows("SELECT run_id FROM dag_run ORDER BY logical_date")]


def test_with_catchup_every_missed_interval_gets_its_run_once(store):
    house = House(store)
    house.publish(dag("hourly", "a", timetable=HOURLY, start_date=START, catchup=True))
    house.settle()
    assert run_ids(house) == [f"scheduled__2025-12-31T{hour}:00:00+00:00" for hour in (20, 21, 22, 23)]
    again = house.new_scheduler("scheduler@h:2:b")
    house.scheduler.stop()
    again.tick()
    assert len(run_ids(house)) == 4


def test_without_catchup_only_the_newest_interval_is_run(store):
    house = House(store)
    house.publish(dag("hourly", "a", timetable=HOURLY, start_date=START, catchup=False))
    house.settle()
    assert run_ids(house) == ["scheduled__2025-12-31T23:00:00+00:00"]


def test_a_run_is_made_when_its_interval_ends_and_the_row_says_when_the_next_is_due(store):
    house = House(store)
    house.publish(dag("hourly", "a", timetable=HOURLY, start_date=START, catchup=False))
    house.settle()
    due = house.rows("SELECT next_run_after FROM dag")[0][0]
    assert due == int(datetime(2026, 1, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
    assert house.scheduler.tick() <= 5.0
    house.clock.advance(3600)
    house.settle()
    assert run_ids(house)[-1] == "scheduled__2026-01-01T00:00:00+00:00"


def test_catchup_never_has_more_active_runs_than_the_dag_allows(store):
    house = House(store, lambda order: None)
    spec = dag("hourly", "a", timetable=HOURLY, start_date=START, catchup=True)
    house.publish(spec, max_active_runs=1)
    house.settle()
    seen = []
    for _ in range(4):
        assert len(run_ids(house)) == len(seen) + 1
        order = next(iter(house.executor.held.values()))
        seen.append(order.run.run_id)
        house.executor.finish(order)
        house.settle()
    assert len(run_ids(house)) == 4


def test_a_new_version_of_a_dag_changes_when_it_runs(store):
    house = House(store)
    house.publish(dag("hourly", "a", timetable=HOURLY, start_date=START, catchup=False))
    house.settle()
    house.publish(dag("hourly", "a", timetable=TimetableSpec(kind="none"), start_date=START))
    house.scheduler.wake()
    house.settle()
    assert house.rows("SELECT next_run_after FROM dag") == [(None,)]


def test_dagrun_timeout_fails_the_run_and_ends_its_tasks(store):
    house = House(store, lambda order: None)
    house.publish(dag("slow", "a>b", dagrun_timeout=100.0))
    run_id = house.trigger("slow")
    house.settle()
    house.executor.begin(house.executor.orders[0])
    house.settle()
    house.clock.advance(101)
    house.settle()
    assert house.run_state(run_id) == "failed"
    assert house.states(run_id) == {"a": "skipped", "b": "skipped"}
    assert house.executor.cancelled == [house.executor.orders[0].attempt_id]


def test_a_rescheduled_sensor_comes_back_in_the_same_try(store):
    house = House(store)

    def script(order):
        if len(house.executor.orders) < 3:
            at = house.clock.now() + timedelta(seconds=30)
            return {"outcome": "rescheduled", "reschedule_at": at}
        return {}

    house.executor.script = script
    house.publish(dag("sensor", "a", TaskSpec(task_id="a", reschedules=True)))
    run_id = house.trigger("sensor")
    house.settle()
    assert house.states(run_id) == {"a": "up_for_reschedule"}
    for _ in range(2):
        house.clock.advance(31)
        house.settle()
    assert [order.try_number for order in house.executor.orders] == [1, 1, 1]
    assert house.executor.orders[2].resume == {"first_start": "2026-01-01T00:00:00+00:00", "checks": 2}
    assert house.run_state(run_id) == "success"


def test_depends_on_past_waits_for_the_same_task_of_the_run_before(store):
    house = House(store, lambda order: None)
    house.publish(dag("past", "a", TaskSpec(task_id="a", depends_on_past=True)))
    house.trigger("past")
    house.clock.advance(60)
    second = house.trigger("past")
    house.settle()
    assert house.states(second) == {"a": "none"}
    assert len(house.executor.orders) == 1
    house.executor.finish(house.executor.orders[0])
    house.settle()
    assert house.states(second) == {"a": "queued"}


def test_a_run_that_only_waits_gives_its_place_to_the_cleared_run_before_it(store):
    """max_active_runs=1: the later run has the only place and waits for the earlier one, which waits for a place."""
    house = House(store, lambda order: None)
    spec = dag("past", "a", TaskSpec(task_id="a", depends_on_past=True))
    house.publish(spec, max_active_runs=1)
    first = house.trigger("past")
    house.settle()
    house.executor.finish(house.executor.orders[0], outcome="failed")
    house.settle()
    house.clock.advance(60)
    second = house.trigger("past")
    house.settle()
    assert (house.run_state(first), house.run_state(second)) == ("failed", "running")
    clear_tasks(house.act, "past", first)
    house.scheduler.wake()
    house.clock.advance(10)
    house.settle()
    assert (house.run_state(first), house.run_state(second)) == ("running", "queued")
    (why,) = house.rows("SELECT why FROM journal WHERE \"before\" = 'running' AND \"after\" = 'queued'")[0]
    assert first in why
    for _ in range(2):
        house.executor.finish(house.executor.orders[-1])
        house.settle()
    assert (house.run_state(first), house.run_state(second)) == ("success", "success")


def test_what_a_dead_scheduler_drove_is_taken_over_though_the_clock_was_set_back(store):
    house = House(store, lambda order: None)
    house.publish(dag("one", "a"))
    run_id = house.trigger("one")
    house.settle()
    house.executor.begin(house.executor.orders[0])
    house.settle()
    house.executor.held.clear()  # the whole machine went down; its clock was ahead by two hours
    house.clock.jump(-7200)
    second = house.scheduler = house.new_scheduler("scheduler@h:2:b")
    house.executor.knows = None
    for _ in range(20):
        house.clock.advance(10)
        second.wake()
        house.settle()
    assert len(house.executor.orders) == 2
    house.executor.finish(house.executor.orders[1])
    house.settle()
    assert house.run_state(run_id) == "success"


def test_fail_fast_ends_everything_else(store):
    house = House(store, lambda order: None)
    house.publish(dag("fast", "a b b>c", fail_fast=True))
    run_id = house.trigger("fast")
    house.settle()
    a, b = sorted(house.executor.orders, key=lambda o: o.task_id)
    house.executor.begin(b)
    house.settle()
    house.executor.finish(a, outcome="failed")
    house.settle()
    assert house.states(run_id) == {"a": "failed", "b": "failed", "c": "skipped"}
    assert b.attempt_id in house.executor.cancelled


def test_a_clock_that_jumps_loses_no_attempt_whose_worker_lives(store):
    """A laptop that slept: every lease ran out at one moment, and the worker is heard of soon after."""
    house = House(store, lambda order: None)
    house.publish(dag("one", "a"))
    run_id = house.trigger("one")
    house.settle()
    [order] = house.executor.held.values()
    house.executor.begin(order)
    house.settle()
    house.clock.jump(6 * 3600)
    house.settle()
    assert house.states(run_id) == {"a": "running"}
    house.clock.advance(10)
    house.executor.out.append(Beat(host="h", worker="w", attempt_ids=[order.attempt_id]))
    house.settle()
    house.clock.advance(55)
    house.settle()
    assert house.states(run_id) == {"a": "running"}
    assert list(house.executor.held) == [order.attempt_id]
    house.clock.advance(60)
    house.settle()
    assert list(house.executor.held) != [order.attempt_id]  # a worker that stays silent is lost as ever


def test_a_manual_run_ignores_the_dates_of_the_dag_and_keeps_those_of_a_task(sqlite_store):
    from tradewind.sdk.dag import DAG
    from tradewind.sdk.freeze import freeze
    from tradewind.sdk.operators.python import PythonOperator

    past = datetime(2020, 1, 1, tzinfo=UTC)
    with DAG("over", start_date=past, end_date=past + timedelta(days=3), schedule="@daily", catchup=False) as over:
        PythonOperator(task_id="runs", python_callable=print)
        PythonOperator(task_id="ended", python_callable=print, end_date=past + timedelta(days=1))
    house = House(sqlite_store)
    house.publish(freeze(over, fileloc="over.py"))
    house.settle()
    run_id = house.trigger("over")
    house.settle()
    assert house.states(run_id) == {"runs": "success"}
    assert house.run_state(run_id) == "success"
    whys = [row[0] for row in house.rows(
        "SELECT why FROM journal j JOIN dag_run r ON r.id = j.run_pk WHERE ti_id IS NULL AND r.run_id = ?", run_id
    )]  # fmt: skip
    assert any("outside their start_date and end_date: ended" in why for why in whys)
