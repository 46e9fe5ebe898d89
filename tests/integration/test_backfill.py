"""Backfills: planned whole, made bit by bit by the same scheduler, on a fake clock (now is 2026-01-01)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.scheduling import House, dag
from tradewind.actions.control_backfill import cancel_backfill, pause_backfill, set_pace
from tradewind.actions.create_run import create_run
from tradewind.actions.edit_pools import create_pool
from tradewind.actions.foretell_backfill import foretell, runs_ahead
from tradewind.actions.mark_run import mark_run
from tradewind.actions.pause_dag import pause_dag
from tradewind.actions.start_backfill import Wish, preview_backfill, start_backfill
from tradewind.domain.messages import WorkOrder
from tradewind.domain.spec import DagSpec, TaskSpec, TimetableSpec
from tradewind.errors import Conflict, InvalidArgument, NotFound
from tradewind.store.reads import backfills

DAILY = TimetableSpec(kind="cron", args={"expression": "0 0 * * *", "timezone": "UTC"}, summary="@daily")
START = datetime(2025, 1, 1, tzinfo=UTC)


def day(number: int, month: int = 12) -> datetime:
    return datetime(2025, month, number, tzinfo=UTC)


def daily(edges: str = "a>b", *tasks: TaskSpec, **more: Any) -> DagSpec:
    given = {"timetable": DAILY, "start_date": START, "catchup": False} | more
    return dag("daily", edges, *tasks, **given)


class Filled(House):
    """``daily`` is published, paused, so that only backfills move."""

    def settle(self, most: int = 100) -> int:
        passes = super().settle(most)
        while self.scheduler.backfills.is_due():
            self.scheduler.tick()
            passes += super().settle(most)
        return passes

    def start(self, first: int, last: int, **more: Any) -> int:
        made = start_backfill(self.act, Wish("daily", day(first), day(last), **more))
        self.scheduler.wake()
        return made.id

    def let_go(self, order: WorkOrder, **said: Any) -> None:
        self.executor.finish(order, **said)
        self.settle()

    def run_ids(self) -> list[str]:
        return [row[0] for row in self.rows("SELECT run_id FROM dag_run ORDER BY id")]

    def states_of_runs(self) -> dict[str, str]:
        return {
            name.split("T")[0].split("__")[1]: state
            for name, state in self.rows("SELECT run_id, state FROM dag_run ORDER BY id")
        }

    def tally(self, backfill_id: int) -> backfills.Tally:
        with self.store.read() as conn:
            return backfills.tally(conn, backfill_id)

    def row(self, backfill_id: int) -> backfills.BackfillRow:
        with self.store.read() as conn:
            return backfills.the_backfill(conn, backfill_id)


def house_of(store: Any, spec: DagSpec | None = None, script: Any = None, paused: bool = True, **more: Any) -> Filled:
    house = Filled(store, script)
    house.publish(spec or daily(), **more)
    pause_dag(house.act, "daily", paused)
    house.settle()
    return house


def test_every_interval_of_the_closed_range_runs_though_the_dag_is_paused(store):
    house = house_of(store)
    pk = house.start(1, 5)
    house.settle()
    assert house.run_ids() == [f"backfill__2025-12-0{n}T00:00:00+00:00" for n in (1, 2, 3, 4, 5)]
    assert set(house.states_of_runs().values()) == {"success"}
    assert [o.task_id for o in house.executor.orders].count("a") == 5
    done = house.row(pk)
    assert done.completed_at is not None
    assert house.tally(pk) == backfills.Tally(total=5, success=5, intervals=5)


def test_the_facts_of_a_backfill_run_are_those_of_its_interval(store):
    house = house_of(store)
    house.start(3, 3, conf={"again": True})
    house.settle()
    facts = house.executor.orders[0].run
    assert (facts.run_type, facts.logical_date, facts.data_interval_end) == ("backfill", day(3), day(4))
    assert facts.next_logical_date == day(4)
    assert facts.conf == {"again": True}


def test_no_more_runs_exist_than_may_run(store):
    house = house_of(store, script=lambda order: None)
    pk = house.start(1, 31, max_active_runs=3)
    house.settle()
    assert len(house.run_ids()) == 3
    assert house.tally(pk) == backfills.Tally(total=31, planned=28, running=3, intervals=31)


def test_newest_first(store):
    house = house_of(store)
    house.start(1, 3, backwards=True, max_active_runs=1)
    house.settle()
    assert [o.run.logical_date for o in house.executor.orders if o.task_id == "a"] == [day(3), day(2), day(1)]


def test_depends_on_past_cannot_run_newest_first(store):
    house = house_of(store, daily("a", TaskSpec(task_id="a", operator="PythonOperator", depends_on_past=True)))
    with pytest.raises(InvalidArgument, match="depends_on_past"):
        house.start(1, 3, backwards=True)
    house.start(1, 3)
    house.settle()
    assert [o.run.logical_date for o in house.executor.orders] == [day(1), day(2), day(3)]


@pytest.mark.parametrize(("reprocess", "again"), [("none", []), ("failed", [day(2)]), ("completed", [day(1), day(2)])])
def test_what_happens_to_intervals_that_have_a_run(store, reprocess, again):
    house = house_of(store)
    for number, state in ((1, "success"), (2, "failed")):
        made = create_run(house.act, "daily", logical_date=day(number), run_type="scheduled")
        mark_run(house.act, "daily", made.run_id, state)
    seen = preview_backfill(house.act, Wish("daily", day(1), day(3), reprocess=reprocess))
    pk = house.start(1, 3, reprocess=reprocess)
    house.settle()
    ran = [o.run.logical_date for o in house.executor.orders if o.task_id == "a"]
    assert ran == [*again, day(3)]
    assert len(house.run_ids()) == 3, "a run that is there is run again, not made anew"
    assert {one.piece.interval.start for one in seen.planned if one.fate != "skip"} == set(ran)
    assert house.tally(pk).skipped == 2 - len(again)
    assert house.rows("SELECT run_type FROM dag_run ORDER BY id") == [("scheduled",), ("scheduled",), ("backfill",)]


def test_a_run_that_is_at_work_is_left_alone(store):
    house = house_of(store, script=lambda order: None)
    create_run(house.act, "daily", logical_date=day(2))
    pk = house.start(2, 2, reprocess="completed")
    house.settle()
    assert house.row(pk).completed_at is not None
    assert house.tally(pk).skipped == 1
    assert house.rows("SELECT reason FROM backfill_run") == [("its run is queued now",)]


def test_a_part_of_the_tasks_with_and_without_what_they_need(store):
    house = house_of(store, daily("a>b>c"))
    house.start(1, 1, task_regex="^b$")
    house.start(2, 2, task_regex="^b$", upstream=False)
    house.settle()
    assert [o.task_id for o in house.executor.orders if o.run.logical_date == day(1)] == ["a", "b"]
    assert [o.task_id for o in house.executor.orders if o.run.logical_date == day(2)] == ["b"]
    assert set(house.states_of_runs().values()) == {"success"}
    with pytest.raises(NotFound, match="task that matches"):
        house.start(3, 3, task_regex="nothing_like_it")


def test_a_run_of_some_tasks_fails_when_one_of_them_fails(store):
    house = house_of(store, daily("a>b"), script=lambda order: {"outcome": "failed"})
    house.start(1, 1, task_ids=["a"])
    house.settle()
    assert house.states_of_runs() == {"2025-12-01": "failed"}


def test_later_the_rest_of_the_tasks_of_such_a_run_can_be_filled_in(store):
    house = house_of(store)
    house.start(1, 1, task_ids=["a"])
    house.settle()
    house.start(1, 1, reprocess="completed", task_ids=["b"], upstream=False)
    house.settle()
    assert [o.task_id for o in house.executor.orders] == ["a", "b"]
    assert house.states("backfill__2025-12-01T00:00:00+00:00") == {"a": "success", "b": "success"}


def test_a_mapped_task_is_not_parted_from_what_it_maps_over(store):
    from tradewind.domain.spec import MapInput, MapSpec, XComRef

    mapped = MapSpec(kind="expand", inputs=[MapInput(name="x", refs=[XComRef(task_id="a")])])
    house = house_of(store, daily("a>b", TaskSpec(task_id="b", operator="PythonOperator", mapped=mapped)))
    with pytest.raises(InvalidArgument, match="'b' is mapped over what 'a' returns"):
        house.start(1, 1, task_ids=["b"], upstream=False)


def test_a_pool_for_the_whole_backfill(store):
    house = house_of(store, script=lambda order: None)
    with pytest.raises(NotFound, match="pool"):
        house.start(1, 1, pool="night")
    create_pool(house.act, "night", 2)
    house.start(1, 9, pool="night")
    house.settle()
    assert [order.pool for order in house.executor.orders] == ["night", "night"]
    assert house.rows("SELECT DISTINCT pool FROM task_instance") == [("night",)]
    made = create_run(house.act, "daily", logical_date=day(20))
    pause_dag(house.act, "daily", False)
    house.scheduler.wake()
    house.settle()
    mark_run(house.act, "daily", made.run_id, "failed")
    house.start(20, 20, pool="night", reprocess="failed")
    house.settle()
    text = "SELECT DISTINCT t.pool FROM task_instance t JOIN dag_run r ON r.id = t.run_pk WHERE r.run_id = ?"
    again = house.rows(text, made.run_id)
    assert again == [("night",)]


def test_marked_a_success_without_being_run(store):
    house = house_of(store)
    house.start(1, 2, mark_success=True)
    house.settle()
    assert house.executor.orders == []
    assert house.states("backfill__2025-12-01T00:00:00+00:00") == {"a": "success", "b": "success"}
    assert set(house.states_of_runs().values()) == {"success"}


def test_only_the_first_run_is_let_off_what_came_before(store):
    spec = daily("a", TaskSpec(task_id="a", operator="PythonOperator", depends_on_past=True))
    house = house_of(
        store, spec, lambda order: {"outcome": "failed" if order.run.logical_date == day(1) else "success"}
    )
    house.start(1, 1)
    house.settle()
    waits = house.start(2, 3)
    house.settle()
    assert [o.run.logical_date for o in house.executor.orders] == [day(1)]
    cancel_backfill(house.act, waits, stop_running=True)
    house.scheduler.wake()
    house.settle()
    house.start(2, 3, ignore_first_past=True, reprocess="completed")
    house.settle()
    assert [o.run.logical_date for o in house.executor.orders[1:]] == [day(2), day(3)]


def test_a_paused_backfill_begins_nothing_and_goes_on_where_it_was(store):
    house = house_of(store, script=lambda order: None)
    pk = house.start(1, 5, max_active_runs=1)
    house.settle()
    pause_backfill(house.act, pk, True)
    for _ in range(2):  # a and b of the first run
        house.scheduler.wake()
        house.let_go(house.executor.orders[-1])
    assert house.states_of_runs() == {"2025-12-01": "success"}
    pause_backfill(house.act, pk, False)
    house.scheduler.wake()
    house.settle()
    assert house.states_of_runs() == {"2025-12-01": "success", "2025-12-02": "running"}


def test_more_at_once_while_it_is_at_work(store):
    house = house_of(store, script=lambda order: None)
    pk = house.start(1, 9, max_active_runs=1)
    house.settle()
    set_pace(house.act, pk, 4)
    house.scheduler.wake()
    house.settle()
    assert len(house.run_ids()) == 4


def test_a_cancelled_backfill_takes_back_what_had_not_begun(store):
    house = house_of(store, daily(), lambda order: None, paused=False, max_active_runs=2)
    (live,) = house.run_ids()
    pk = house.start(1, 9)
    house.settle()
    assert sorted(house.states_of_runs().values()) == ["queued", "running", "running"]
    cancel_backfill(house.act, pk)
    house.scheduler.wake()
    house.settle()
    left = {row[0]: row[1] for row in house.rows("SELECT run_id, state FROM dag_run WHERE run_type = 'backfill'")}
    assert list(left.values()) == ["running"]
    assert house.run_state(live) == "running"
    row = house.row(pk)
    assert row.cancelled_at is not None
    assert row.completed_at is not None
    with pytest.raises(Conflict, match="cancelled already"):
        pause_backfill(house.act, pk, True)


def test_a_cancelled_backfill_can_end_what_runs(store):
    house = house_of(store, script=lambda order: None)
    pk = house.start(1, 9, max_active_runs=2)
    house.settle()
    cancel_backfill(house.act, pk, stop_running=True)
    house.scheduler.wake()
    house.settle()
    assert set(house.states_of_runs().values()) == {"failed"}
    assert len(house.executor.cancelled) == 2


def test_several_intervals_in_one_run_where_the_dag_says_it_can(store):
    house = house_of(store, daily(backfill_intervals_per_run=0))
    pk = house.start(1, 10)
    house.settle()
    assert house.run_ids() == ["backfill__2025-12-01T00:00:00+00:00__2025-12-11T00:00:00+00:00"]
    facts = house.executor.orders[0].run
    assert (facts.data_interval_start, facts.data_interval_end) == (day(1), day(11))
    assert house.tally(pk) == backfills.Tally(total=1, success=1, intervals=10)
    house.start(11, 20, intervals_per_run=4)
    house.settle()
    assert [o.run.logical_date for o in house.executor.orders[2:] if o.task_id == "a"] == [day(11), day(15), day(19)]


def test_what_a_run_over_several_intervals_did_is_not_done_again_in_single_runs(store):
    house = house_of(store, daily("a", backfill_intervals_per_run=0))
    house.start(3, 5)
    house.settle()
    seen = preview_backfill(house.act, Wish("daily", day(1), day(6), intervals_per_run=1))
    assert [one.piece.interval.start for one in seen.planned] == [day(1), day(2), day(6)]
    assert seen.covered == 3
    joined = preview_backfill(house.act, Wish("daily", day(1), day(6)))
    assert [(p.piece.interval.start, p.piece.interval.end) for p in joined.planned] == [
        (day(1), day(3)),
        (day(6), day(7)),
    ]
    house.start(1, 6, intervals_per_run=1)
    house.settle()
    assert [o.run.logical_date for o in house.executor.orders] == [day(3), day(1), day(2), day(6)]


def test_a_dag_that_does_not_say_so_gets_a_run_per_interval(store):
    house = house_of(store)
    with pytest.raises(InvalidArgument, match="covers 1 interval at most"):
        house.start(1, 10, intervals_per_run=0)


def test_a_gap_parts_the_runs_over_several_intervals(store):
    house = house_of(store, daily(backfill_intervals_per_run=0))
    made = create_run(house.act, "daily", logical_date=day(4))
    mark_run(house.act, "daily", made.run_id, "success")
    house.start(1, 6)
    house.settle()
    spans = {(o.run.data_interval_start, o.run.data_interval_end) for o in house.executor.orders}
    assert spans == {(day(1), day(4)), (day(5), day(7))}


def test_live_runs_go_first_and_the_limit_of_the_dag_holds_for_both(store):
    house = house_of(store, daily("a"), lambda order: None, paused=False, max_active_runs=1)
    house.executor.finish(house.executor.orders[0])  # the scheduled run of yesterday
    house.settle()
    house.start(1, 5)
    house.settle()
    assert house.states_of_runs()["2025-12-01"] == "running"
    live = house.trigger("daily")
    house.settle()
    assert house.run_state(live) == "queued", "one run at once, as the DAG says"
    house.let_go(house.executor.orders[-1])
    assert house.run_state(live) == "running", "ahead of the rest of the backfill"


def test_tasks_of_live_runs_get_the_slots_before_those_of_a_backfill(store):
    house = Filled(store, lambda order: None, slots=1)
    house.publish(daily("a"))
    pause_dag(house.act, "daily", True)
    house.publish(dag("live", "x"))
    house.settle()
    house.start(1, 5)
    house.settle()
    house.trigger("live")
    house.settle()
    house.let_go(house.executor.orders[0])
    assert house.executor.orders[-1].task_id == "x"


def test_an_interval_that_a_backfill_ran_is_not_run_again_by_the_schedule(store):
    house = house_of(store, daily("a", start_date=day(28), catchup=True))
    house.start(28, 30)
    house.settle()
    pause_dag(house.act, "daily", False)
    house.scheduler.wake()
    house.settle()
    assert house.run_ids() == [
        *(f"backfill__2025-12-{n}T00:00:00+00:00" for n in (28, 29, 30)), "scheduled__2025-12-31T00:00:00+00:00",
    ]  # fmt: skip


def test_a_second_backfill_of_the_same_dates_is_refused(store):
    house = house_of(store, script=lambda order: None)
    pk = house.start(1, 5)
    with pytest.raises(Conflict, match=f"Backfill {pk} of DAG 'daily' is at work"):
        house.start(5, 9)
    house.start(6, 9)


def test_dates_that_cannot_be_filled(store):
    house = house_of(store)
    with pytest.raises(InvalidArgument, match="before it begins"):
        house.start(5, 1)
    with pytest.raises(Conflict, match=r"of its intervals 1 have not ended yet"):
        start_backfill(house.act, Wish("daily", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 12, tzinfo=UTC)))
    with pytest.raises(Conflict, match="no interval begins there"):
        start_backfill(house.act, Wish("daily", day(1) + timedelta(hours=1), day(1) + timedelta(hours=2)))
    house.publish(dag("by_hand", "a"))
    with pytest.raises(InvalidArgument, match="no schedule"):
        start_backfill(house.act, Wish("by_hand", day(1), day(2)))
    with pytest.raises(NotFound):
        start_backfill(house.act, Wish("dayly", day(1), day(2)))


def test_steps_of_time_are_counted_from_the_start_date(store):
    spec = daily("a", timetable=TimetableSpec(kind="delta", args={"delta": 3 * 86400.0}), start_date=day(1))
    house = house_of(store, spec)
    house.start(3, 12)
    house.settle()
    assert [o.run.logical_date for o in house.executor.orders] == [day(4), day(7), day(10)]


def test_the_preview_tells_dates_counts_time_and_limits(store):
    house = house_of(store, daily("a>c b>c"), max_active_tasks=4)
    made = create_run(house.act, "daily", logical_date=day(1))
    pause_dag(house.act, "daily", False)
    house.scheduler.wake()
    house.settle()
    with house.store.write() as conn:
        conn.exec_driver_sql(
            f"UPDATE dag_run SET started_at = {1_700_000_000_000_000}, ended_at = {1_700_000_060_000_000}"
        )
    pause_dag(house.act, "daily", True)
    seen = preview_backfill(house.act, Wish("daily", day(1), datetime(2026, 1, 1, tzinfo=UTC), max_active_runs=5))
    story = foretell(seen, house.store.settings)
    assert (story.make, story.skip, story.tasks_per_run, story.task_instances) == (29, 2, 3, 87)
    assert made.run_id in {ahead.run_id for ahead in runs_ahead(seen, 100)}
    assert story.seconds == pytest.approx(6 * 60.0)  # 29 runs, five at once, a minute each
    assert {limit.name: (limit.size, limit.wanted) for limit in story.limits} == {
        "backfill": (5, 29), "dag_tasks": (4, 10),
    }  # fmt: skip
    assert any("not over yet" in note for note in story.notes)
    assert any("paused" in note for note in story.notes)
    assert house.rows("SELECT COUNT(*) FROM backfill") == [(0,)]


def test_two_schedulers_make_no_run_twice_and_hold_the_limit(store):
    house = house_of(store, script=lambda order: None)
    other = house.new_scheduler("scheduler@h:2:b")
    house.start(1, 20, max_active_runs=4)
    other.wake()
    for _ in range(5):
        house.scheduler.tick()
        other.tick()
    assert len(house.run_ids()) == 4
    assert len({o.run.run_id for o in house.executor.orders}) == 4
