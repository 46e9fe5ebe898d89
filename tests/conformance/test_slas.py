"""SLAs and deadlines on every database: late is written down once, at its moment, and told once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.scheduling import House, dag
from tradewind.domain.spec import DeadlineSpec, TaskSpec, TimetableSpec
from tradewind.settings import load_settings

HALF_HOUR = TimetableSpec(kind="cron", args={"expression": "*/30 * * * *", "timezone": "UTC"}, summary="*/30 * * * *")
START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SLA = ["sla_miss", "sla_email"]


def task(task_id, sla=120.0, **more):
    return TaskSpec(task_id=task_id, operator="PythonOperator", sla=sla, **more)


def house_of(store, *tasks, edges="", callbacks=SLA, script=None, **more):
    house = House(store, script or (lambda order: {} if order.callback else None), now=START + timedelta(seconds=1))
    more = {"timetable": HALF_HOUR, "start_date": START, "catchup": True} | more
    house.publish(dag("d", edges, *tasks, callbacks=callbacks, **more))
    house.settle()
    return house


def at(house, hour, minute, second=0):
    """The clock goes on to that time."""
    house.clock.advance((datetime(2026, 1, 1, hour, minute, second, tzinfo=UTC) - house.clock.now()).total_seconds())
    house.settle()


def misses(house):
    text = "SELECT r.run_id, s.task_id FROM sla_miss s JOIN dag_run r ON r.id = s.run_pk ORDER BY s.id"
    return [tuple(row) for row in house.rows(text)]


def calls(house, name="sla_miss_callback"):
    return [o for o in house.executor.orders if o.callback is not None and o.callback.name == name]


RUN = "scheduled__2026-01-01T12:00:00+00:00"


@pytest.mark.spec("3/SL-03", "3/SL-04", "3/SL-05")
def test_a_miss_is_noticed_at_the_deadline_while_the_task_runs_and_reported_once(store):
    house = house_of(store, task("a"), edges="a>b")
    at(house, 12, 30)
    at(house, 12, 31, 59)
    assert misses(house) == []
    at(house, 12, 32)
    assert misses(house) == [(RUN, "a")]
    (order,) = calls(house)
    assert [miss["task_id"] for miss in order.callback.details["misses"]] == ["a"]
    assert [(b["task_id"], b["state"]) for b in order.callback.details["blocking"]] == [("a", "queued"), ("b", "none")]
    assert house.run_state(RUN) == "running"
    house.executor.finish(next(o for o in house.executor.orders if o.task_id == "a"))
    house.settle()
    at(house, 12, 40)
    assert misses(house) == [(RUN, "a")]
    assert house.states(RUN) == {"a": "success", "b": "queued"}


@pytest.mark.spec("3/SL-12")
def test_a_job_that_grew_trips_its_sla_without_failing(store):
    house = house_of(store, task("a"))
    at(house, 12, 30)
    house.executor.finish(house.executor.orders[0])
    at(house, 12, 33)
    assert misses(house) == []  # one minute: kept
    at(house, 13, 0)
    job = next(o for o in house.executor.orders if o.run.run_id != RUN)
    at(house, 13, 5)
    house.executor.finish(job)
    house.settle()
    assert [run_id for run_id, _ in misses(house)] == [job.run.run_id]
    assert house.run_state(job.run.run_id) == "success"


@pytest.mark.spec("3/SL-02")
def test_only_the_tasks_with_an_sla_are_looked_at_each_at_its_own_time(store):
    house = house_of(store, task("a", 60.0), task("b", 180.0), edges="c")
    at(house, 12, 30)
    at(house, 12, 31)
    assert misses(house) == [(RUN, "a")]
    at(house, 12, 33)
    assert misses(house) == [(RUN, "a"), (RUN, "b")]
    assert len(calls(house)) == 2


def test_a_run_that_waits_for_its_turn_and_one_that_failed_are_late_too(store):
    house = house_of(store, task("a"), script=lambda order: {} if order.callback else {"outcome": "failed"})
    at(house, 12, 30)
    assert house.run_state(RUN) == "failed"
    at(house, 12, 32)
    assert misses(house) == [(RUN, "a")]


def test_a_skipped_task_keeps_its_sla(store):
    house = house_of(store, task("a"), script=lambda order: {} if order.callback else {"outcome": "skipped"})
    at(house, 12, 30)
    at(house, 12, 33)
    assert misses(house) == []
    assert house.rows("SELECT COUNT(*) FROM run_deadline") == [(0,)]


def test_runs_that_are_made_after_their_time_are_reported_at_once_in_one_message(store):
    house = House(store, lambda order: {} if order.callback else None, now=START + timedelta(hours=2, seconds=1))
    house.publish(dag("d", "", task("a"), callbacks=SLA, timetable=HALF_HOUR, start_date=START, catchup=True))
    house.settle()
    assert len(misses(house)) == 3  # the fourth, of half past one, has two minutes yet
    (order,) = calls(house)
    assert len(order.callback.details["misses"]) == 3


def test_manual_runs_have_no_sla(store):
    house = house_of(store, task("a"), timetable=TimetableSpec(kind="none"))
    house.trigger("d")
    house.settle()
    at(house, 14, 0)
    assert misses(house) == []


@pytest.mark.spec("3/SL-10")
def test_a_dag_without_slas_costs_nothing(store):
    house = house_of(store, edges="a", callbacks=[])
    at(house, 12, 30)
    assert house.rows("SELECT COUNT(*) FROM run_deadline") == [(0,)]
    assert house.scheduler.alerts.next_at() is None


def test_a_miss_nobody_wants_to_hear_of_is_only_written_down(store):
    house = house_of(store, task("a"), callbacks=[])
    at(house, 12, 30)
    at(house, 12, 32)
    assert misses(house) == [(RUN, "a")]
    assert calls(house) == []


def test_what_people_were_sent_is_noted(store):
    sent = {"rendered": {"email_sent": True}}
    house = house_of(store, task("a"), script=lambda order: sent if order.callback else None)
    at(house, 12, 30)
    at(house, 12, 32)
    assert house.rows("SELECT email_sent, notification_sent FROM sla_miss") == [(True, False)]


def test_a_scheduler_that_starts_later_finds_what_is_late(store):
    house = house_of(store, task("a"))
    at(house, 12, 30)
    house.clock.advance(3600)
    house.scheduler = house.new_scheduler("scheduler@h:2:b")
    house.settle()
    assert (RUN, "a") in misses(house)


@pytest.mark.spec("3/SL-09")
def test_slas_can_be_switched_off(store, tmp_path):
    environ = {"TRADEWIND_HOME": str(tmp_path), "AIRFLOW__CORE__CHECK_SLAS": "False"}
    store.settings = load_settings(environ)
    house = house_of(store, task("a"))
    at(house, 12, 30)
    at(house, 13, 40)
    assert misses(house) == []
    assert calls(house) == []


# -- deadlines ----------------------------------------------------------------------------------------------------


def deadline_house(store, *deadlines, script=None, **more):
    house = House(store, script or (lambda order: {} if order.callback else None), now=START)
    house.publish(dag("d", "a", deadlines=list(deadlines), **more))
    return house


def deadlines(house):
    return house.rows("SELECT number, state FROM run_deadline ORDER BY run_pk, number")


def test_a_run_that_has_not_succeeded_at_its_deadline_is_told_of_once(store):
    house = deadline_house(store, DeadlineSpec(reference="queued_at", interval=60.0))
    run_id = house.trigger("d")
    house.settle()
    house.clock.advance(59)
    house.settle()
    assert deadlines(house) == [(0, "waiting")]
    house.clock.advance(2)
    house.settle()
    house.clock.advance(60)
    house.settle()
    assert deadlines(house) == [(0, "missed")]
    (order,) = calls(house, "deadline")
    assert order.callback.details["number"] == 0
    assert house.run_state(run_id) == "running"


@pytest.mark.parametrize(("outcome", "state"), [("success", "met"), ("failed", "missed")])
def test_a_run_that_ended_before_keeps_it_only_as_a_success(store, outcome, state):
    house = deadline_house(
        store,
        DeadlineSpec(reference="queued_at", interval=60.0),
        script=lambda order: {} if order.callback else {"outcome": outcome},
    )
    house.trigger("d")
    house.settle()
    house.clock.advance(61)
    house.settle()
    assert deadlines(house) == [(0, state)]
    assert len(calls(house, "deadline")) == (state == "missed")


def test_each_reference_gives_its_moment(store):
    fixed = datetime(2026, 1, 1, 15, 0, tzinfo=UTC)
    house = deadline_house(
        store,
        DeadlineSpec(reference="logical_date", interval=60.0),
        DeadlineSpec(reference="fixed", at=fixed, interval=-600.0),
        DeadlineSpec(reference="average_runtime", interval=5.0, max_runs=3, min_runs=2),
    )
    house.trigger("d", logical_date=datetime(2026, 1, 1, 11, 0, tzinfo=UTC), run_id="r1")
    text = (
        "SELECT d.number, d.due_at FROM run_deadline d JOIN dag_run r ON r.id = d.run_pk WHERE r.run_id = ?"
        " ORDER BY number"
    )
    moments = {
        0: datetime(2026, 1, 1, 11, 1, tzinfo=UTC),
        1: datetime(2026, 1, 1, 14, 50, tzinfo=UTC),
    }
    as_key = {n: round(t.timestamp() * 1_000_000) for n, t in moments.items()}
    assert dict(house.rows(text, "r1")) == as_key  # too little history for an average
    house.settle()
    for run_id, seconds in (("r1", 10), ("r2", 30)):
        if run_id != "r1":
            house.trigger("d", run_id=run_id)
            house.settle()
        house.clock.advance(seconds)
        house.executor.finish(next(o for o in house.executor.orders if o.run.run_id == run_id and not o.callback))
        house.settle()
    house.trigger("d", run_id="r3")
    due = dict(house.rows(text, "r3"))[2]
    assert due == round((house.clock.now() + timedelta(seconds=20 + 5)).timestamp() * 1_000_000)


def test_scheduled_and_asset_runs_and_backfills_have_deadlines(store):
    from tradewind.actions.start_backfill import Wish, start_backfill

    house = deadline_house(
        store,
        DeadlineSpec(reference="logical_date", interval=86400.0),
        timetable=HALF_HOUR,
        start_date=START - timedelta(days=2),
        catchup=False,
    )
    house.settle()
    day = datetime(2025, 12, 31, 12, tzinfo=UTC)
    start_backfill(house.act, Wish(dag_id="d", from_date=day, to_date=day + timedelta(minutes=10)))
    house.scheduler.wake()
    house.settle()
    text = "SELECT r.run_type FROM run_deadline d JOIN dag_run r ON r.id = d.run_pk ORDER BY r.id"
    assert [row[0] for row in house.rows(text)] == ["scheduled", "backfill"]
