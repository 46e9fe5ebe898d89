"""Why is it not running? The sentence, with the names and figures people need."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.scheduling import House, dag, task_moment
from tradewind.actions.clear_tasks import clear_tasks
from tradewind.actions.mark_task import mark_task
from tradewind.clock import FakeClock
from tradewind.domain.spec import LimitSpec, TaskSpec, TimetableSpec
from tradewind.errors import NotFound
from tradewind.scheduler.health import Progress
from tradewind.store.engine import as_json, run, us
from tradewind.store.reads.versions import versions_of
from tradewind.store.reads.why import Asker
from tradewind.store.reads.why_dag import troubles


class Inquiry(House):
    """A house that can be asked. Its scheduler beats unless told otherwise."""

    def __init__(self, store: Any, script: Any = None, **more: Any) -> None:
        super().__init__(store, script, now=datetime(2026, 1, 1, 12, tzinfo=UTC), **more)
        self.beat()

    def beat(self, kind: str = "scheduler", details: dict[str, Any] | None = None) -> None:
        name = "scheduler@h:1:a" if kind == "scheduler" else f"{kind}@h:1"
        now = us(self.clock.now())
        with self.store.write() as conn:
            run(conn, "DELETE FROM process WHERE id = ?", [(name,)])
            text = (
                "INSERT INTO process (id, kind, host, pid, started_at, beat_at, progress_at, details)"
                " VALUES (?, ?, 'h', 1, ?, ?, ?, ?)"
            )
            run(conn, text, [(name, kind, now, now, now, as_json(details or {}))])

    def later(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.beat()

    def ask(self, dag_id: str, run_id: str | None = None, task_id: str | None = None, **more: Any) -> list[str]:
        return [reason["text"] for reason in self.answer(dag_id, run_id, task_id, **more)["reasons"]]

    def answer(self, dag_id: str, run_id: str | None = None, task_id: str | None = None, **more: Any) -> dict[str, Any]:
        with self.store.read() as conn:
            asker = Asker(conn, self.store.settings, versions_of(self.store), self.clock.now())
            if run_id is None:
                return asker.dag(dag_id)
            return asker.run(dag_id, run_id) if task_id is None else asker.task(dag_id, run_id, task_id, **more)

    def pool(self, name: str, slots: int) -> None:
        with self.store.write() as conn:
            conn.exec_driver_sql(f"INSERT INTO pool (name, slots, include_deferred) VALUES ('{name}', {slots}, false)")

    def order(self, task_id: str) -> Any:
        return next(o for o in self.executor.held.values() if o.task_id == task_id)

    def set_dag(self, dag_id: str, **values: Any) -> None:
        columns = ", ".join(f"{name} = ?" for name in values)
        with self.store.write() as conn:
            run(conn, f"UPDATE dag SET {columns} WHERE dag_id = ?", [(*values.values(), dag_id)])


def task(name: str, **more: Any) -> TaskSpec:
    return TaskSpec(task_id=name, operator="PythonOperator", **more)


@pytest.mark.spec("3/PF-12")
def test_a_full_pool_is_named_with_its_figures_and_holders(store):
    house = Inquiry(store, lambda order: None)
    house.pool("db", 2)
    house.publish(dag("load", "", *(task(f"t{i}", pool="db") for i in range(4))))
    run_id = house.trigger("load")
    house.settle()
    assert house.ask("load", run_id, "t2") == ["waits for pool db: 2 of 2 slots in use, held by load.t0 and load.t1"]
    (reason,) = house.answer("load", run_id, "t2")["reasons"]
    assert reason["code"] == "pool_full"
    assert [h["task_id"] for h in reason["facts"]["holders"]] == ["t0", "t1"]


@pytest.mark.spec("3/PO-11")
def test_a_pool_that_does_not_exist_is_the_reason_and_the_way_out_is_told(store):
    house = Inquiry(store)
    house.publish(dag("d", "", task("t", pool="typo")))
    run_id = house.trigger("d")
    house.settle()
    (reason,) = house.answer("d", run_id, "t")["reasons"]
    assert reason["text"] == "its pool 'typo' does not exist"
    assert "tradewind pools set typo" in reason["hint"]


@pytest.mark.spec("3/PO-10")
def test_a_task_that_needs_more_slots_than_are_free_says_how_many(store):
    house = Inquiry(store, lambda order: None)
    house.pool("db", 3)
    house.publish(dag("d", "", task("a", pool="db", pool_slots=2, priority=2), task("b", pool="db", pool_slots=2)))
    house.publish(dag("big", "", task("c", pool="db", pool_slots=4)))
    run_id, big = house.trigger("d"), house.trigger("big")
    house.settle()
    assert [o.task_id for o in house.executor.held.values()] == ["a"]
    assert house.ask("d", run_id, "b") == ["waits for pool db: 2 of 3 slots in use and it needs 2, held by d.a"]
    assert house.ask("big", big, "c") == ["needs 4 slots of pool db, which has 3"]
    house.executor.finish(house.order("a"))
    house.settle()
    assert [o.task_id for o in house.executor.held.values()] == ["b"]


@pytest.mark.spec("3/PF-12")
def test_every_limit_that_holds_a_task_back_is_told(store):
    house = Inquiry(store, lambda order: None)
    house.pool("one", 1)
    key = LimitSpec(key="api", slots=1)
    tasks = [task(f"t{i}", pool="one", limits=[key], max_active_tis_per_dag=1) for i in range(1)]
    house.publish(dag("d", "", *tasks), max_active_tasks=1)
    house.trigger("d")
    second = house.trigger("d")
    house.settle()
    assert house.ask("d", second, "t0") == [
        "waits for pool one: 1 of 1 slot in use, held by d.t0",
        "max_active_tasks: 1 of 1 task of d is queued or running, held by d.t0",
        "max_active_tis_per_dag: 1 of 1 task of t0 over all runs is queued or running, held by d.t0",
        "waits for limit 'api': 1 of 1 slot in use, held by d.t0",
    ]


def test_a_rate_limit_tells_when_the_next_start_is_allowed(store):
    house = Inquiry(store, lambda order: None)
    house.publish(dag("d", "", *(task(f"t{i}", limits=[LimitSpec(key="api", starts=1, per=60)]) for i in range(2))))
    run_id = house.trigger("d")
    house.settle()
    house.later(20)
    (reason,) = house.answer("d", run_id, "t1")["reasons"]
    assert reason["text"] == (
        "rate limit 'api': 1 start in 1 min is used up; the next is allowed at 12:01:00 UTC (in 40 s)"
    )
    assert reason["until"] == datetime(2026, 1, 1, 12, 1, tzinfo=UTC)


def test_parallelism_and_busy_workers(store):
    house = Inquiry(store, lambda order: None)
    house.scheduler.parallelism = 32
    house.publish(dag("d", "", *(task(f"t{i}", priority=50 - i) for i in range(34))))
    run_id = house.trigger("d")
    house.settle()
    (text,) = house.ask("d", run_id, "t33")
    assert text.startswith(
        "parallelism: 32 of 32 tasks of this scheduler are queued or running, held by d.t0, d.t1, d.t2"
    )
    house.executor.slots = 0
    for order in list(house.executor.held.values())[:5]:
        house.executor.finish(order)
    house.settle()
    house.beat(details={"free_slots": {"local": 0}})
    assert house.ask("d", run_id, "t33") == ["waits for a worker: executor local has no free place"]
    house.beat(details={"free_slots": {"local": 3}})
    assert house.ask("d", run_id, "t33") == [
        "waits for its turn: 1 ready task of pool default_pool of higher weight goes first"
    ]


def test_an_upstream_that_runs_is_named_with_how_long(store):
    house = Inquiry(store, lambda order: None)
    house.publish(dag("d", "a>b>c x>c"))
    run_id = house.trigger("d")
    house.settle()
    house.executor.begin(house.order("a"))
    house.settle()
    house.later(180)
    assert house.ask("d", run_id, "b") == ["waits for upstream a (running for 3 min)"]
    assert house.ask("d", run_id, "c") == [
        "waits for 2 upstream tasks: b (which waits for a, running for 3 min) and x (queued for 3 min)"
    ]
    assert house.ask("d", run_id, "a") == ["running for 3 min on h, process 1 (try 1 of 1)"]
    assert house.ask("d", run_id, "x")[0].startswith("handed over to executor local on host h 3 min ago (try 1 of 1)")


def test_a_paused_dag_comes_first_and_the_rest_is_told_too(store):
    house = Inquiry(store, lambda order: None)
    house.publish(dag("d", "a>b"))
    run_id = house.trigger("d")
    house.settle()
    house.set_dag("d", is_paused=True)
    answer = house.answer("d", run_id, "b")
    assert answer["why"] == "DAG d is paused"
    assert [r["code"] for r in answer["reasons"]] == ["paused", "upstream"]
    assert house.ask("d")[0] == "DAG d is paused"


def test_a_retry_tells_the_moment_and_the_last_error(store):
    house = Inquiry(store, lambda order: {"outcome": "failed", "error": "no route to host"})
    house.publish(dag("d", "", task("a", retries=3, retry_delay=60)))
    run_id = house.trigger("d")
    house.settle()
    house.later(20)
    assert house.ask("d", run_id, "a") == [
        "next try at 12:01:00 UTC (in 40 s); the last ended with no route to host (try 1 of 4)"
    ]
    house.executor.script = lambda order: None
    house.later(41)
    house.settle()
    assert house.ask("d", run_id, "a")[1] == (
        "tried again since no route to host (try 1 of 4), 12:00:00 UTC (1 min 1 s ago)"
    )


def test_a_deferred_task_names_its_trigger_and_a_missing_triggerer(store):
    said = {"outcome": "deferred", "deferral": {"trigger": "my.Trigger", "kwargs": "{}", "timeout": 3600.0}}
    house = Inquiry(store, lambda order: said)
    house.publish(dag("d", "a"))
    run_id = house.trigger("d")
    house.settle()
    assert house.ask("d", run_id, "a") == [
        "deferred: waits for trigger my.Trigger since 12:00:00 UTC (less than 1 s ago);"
        " its wait ends at 13:00:00 UTC (in 1 h)",
        "no triggerer watches it: none has been heard of",
    ]
    house.beat("triggerer")
    assert len(house.ask("d", run_id, "a")) == 1


def test_a_sensor_between_two_looks(store):
    house = Inquiry(store)
    house.executor.script = lambda order: {
        "outcome": "rescheduled",
        "reschedule_at": house.clock.now() + timedelta(seconds=90),
    }
    house.publish(dag("d", "a"))
    run_id = house.trigger("d")
    house.settle()
    assert house.ask("d", run_id, "a") == ["sensor looks again at 12:01:30 UTC (in 1 min 30 s); it has looked 1 time"]


def test_an_earlier_run_in_the_way(store):
    house = Inquiry(store, lambda order: {"outcome": "failed"} if order.run.run_id == "first" else {})
    house.publish(dag("d", "", task("a", depends_on_past=True)))
    house.trigger("d", run_id="first", logical_date=task_moment(1))
    house.settle()
    second = house.trigger("d", run_id="second", logical_date=task_moment(2))
    house.settle()
    (reason,) = house.answer("d", second, "a")["reasons"]
    assert reason["text"] == "waits for the earlier run first, in which a is failed (depends_on_past)"
    assert "clear or mark" in reason["hint"]


def test_a_queued_run_names_the_runs_that_are_in_its_way(store):
    house = Inquiry(store, lambda order: None)
    house.publish(dag("d", "a"), max_active_runs=1)
    first = house.trigger("d")
    house.settle()
    house.later(120)
    second, third = house.trigger("d"), house.trigger("d")
    house.settle()
    assert house.ask("d", second) == [
        f"waits for its start: max_active_runs: 1 of 1 run of d running: {first} (for 2 min)"
    ]
    house.later(1)
    assert house.ask("d", third, "a")[0].startswith("waits for its start: max_active_runs: 1 of 1 run of d running")


def test_a_running_run_tells_of_its_tasks(store):
    house = Inquiry(store, lambda order: {} if order.task_id == "a" else None)
    house.pool("db", 0)
    house.publish(dag("d", "a>b a>c", task("c", pool="db")))
    run_id = house.trigger("d")
    house.settle()
    house.later(5)
    assert house.ask("d", run_id)[0] == "running for 5 s: 1 of 3 tasks ended"
    assert "c: needs 1 slot of pool db, which has 0" in house.ask("d", run_id)
    assert any(text.startswith("b: handed over") for text in house.ask("d", run_id))


def test_what_has_ended_is_answered_from_the_journal(store):
    house = Inquiry(store, lambda order: {"outcome": "failed", "error": "disk full"} if order.task_id == "a" else {})
    house.publish(dag("d", "a>b>c e"))
    run_id = house.trigger("d")
    house.settle()
    house.later(60)
    assert house.ask("d", run_id, "c") == [
        "upstream_failed: trigger rule all_success: of 1 upstream 1 upstream_failed, 12:00:00 UTC (1 min ago)",
        "it began with a (disk full (try 1 of 1))",
    ]
    assert house.ask("d", run_id, "a") == ["failed: disk full (try 1 of 1), 12:00:00 UTC (1 min ago)"]
    assert house.ask("d", run_id)[:1] == ["failed: failed: c, 12:00:00 UTC (1 min ago)"]
    assert "a: failed: disk full (try 1 of 1), 12:00:00 UTC (1 min ago)" in house.ask("d", run_id)
    mark_task(house.act, "d", run_id, "a", state="success")
    assert ", by ann, " in house.ask("d", run_id, "a")[0]
    clear_tasks(house.act, "d", run_id, ["a"])
    house.executor.script = lambda order: None
    house.scheduler.wake()
    house.settle()
    assert "cleared by ann" in house.ask("d", run_id, "a")[1]


def test_a_skipped_task_names_who_chose_another_way(store):
    house = Inquiry(store, lambda order: {"skip_downstream": ["b"]} if order.task_id == "a" else {})
    house.publish(dag("d", "a>b a>c", task("a", branches=True)))
    run_id = house.trigger("d")
    house.settle()
    assert house.ask("d", run_id, "b")[0].startswith("skipped: a chose another way")


def test_a_scheduler_that_does_not_beat_comes_first(store):
    house = Inquiry(store, lambda order: None)
    house.publish(dag("d", "a>b"))
    run_id = house.trigger("d")
    house.settle()
    house.clock.advance(300)
    for asked in (("d", run_id, "b"), ("d", run_id), ("d",)):
        assert house.ask(*asked)[0] == "no scheduler is running: the last one was heard of 5 min ago"


def test_a_scheduler_that_beats_but_gets_nowhere_is_told(store):
    house = Inquiry(store, lambda order: None)
    house.publish(dag("d", "a>b"))
    run_id = house.trigger("d")
    house.settle()
    house.clock.advance(40)
    with store.write() as conn:
        run(conn, "UPDATE process SET beat_at = ?", [(us(house.clock.now()),)])
    assert house.ask("d", run_id, "b")[0] == "the scheduler beats, but has got nowhere for 40 s"
    assert not any("got nowhere" in text for text in house.ask("d", run_id)[1:])


def test_an_idle_scheduler_that_beats_before_its_pass_gets_on():
    clock = FakeClock()
    progress = Progress(clock)
    for _ in range(20):
        clock.advance(5.004)
        assert progress.since_a_beat(5.0)
        progress.passed(None)
    clock.advance(12)
    assert not progress.since_a_beat(5.0)


def test_the_house_tells_who_is_missing(store):
    house = Inquiry(store)
    with store.read() as conn:
        assert [one.code for one in troubles(conn, store.settings, house.clock.now())] == ["no_parser"]
    house.beat("parser")
    with store.read() as conn:
        assert troubles(conn, store.settings, house.clock.now()) == []
        later = house.clock.now() + timedelta(seconds=31)
        assert [one.code for one in troubles(conn, store.settings, later)] == ["no_scheduler", "no_parser"]


def test_when_a_dag_runs_next(store):
    house = Inquiry(store)
    daily = TimetableSpec(kind="cron", args={"expression": "0 0 * * *", "timezone": "UTC"}, summary="@daily")
    house.publish(dag("none", "a"))
    house.publish(dag("daily", "a", timetable=daily, start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False))
    house.publish(dag("over", "a", timetable=daily, start_date=datetime(2020, 1, 1, tzinfo=UTC),
                      end_date=datetime(2020, 1, 2, tzinfo=UTC), catchup=False))  # fmt: skip
    house.scheduler.wake()
    house.settle()
    assert house.ask("none") == ["it has no schedule: it runs when somebody triggers it"]
    assert house.ask("daily") == [
        "the next run is due at 2026-01-02 00:00:00 UTC (in 12 h), for the interval that began at 00:00:00 UTC;"
        " catch-up is off, so intervals that are missed meanwhile are left out"
    ]
    assert house.ask("over")[0].startswith("its end_date has passed: 2020-01-02")
    house.set_dag("none", has_import_errors=True)
    with store.write() as conn:
        text = "INSERT INTO import_error (bundle, fileloc, code, message, line, at) VALUES ('dags-folder', 'none.py', 'x', ?, 7, ?)"
        run(conn, text, [("name 'fo' is not defined", us(house.clock.now()))])
    assert house.ask("none")[0] == "its file has an error: none.py, line 7: name 'fo' is not defined"
    house.set_dag("none", is_active=False)
    assert house.ask("none") == ["no file declares DAG none any more"]


def test_a_task_of_a_run_that_has_not_begun_and_one_that_does_not_exist(store):
    house = Inquiry(store)
    house.publish(dag("d", "alpha"))
    run_id = house.trigger("d")
    house.set_dag("d", is_paused=True)
    assert house.ask("d", run_id, "alpha") == ["DAG d is paused"]
    with pytest.raises(NotFound, match="alpah") as error:
        house.ask("d", run_id, "alpah")
    assert "alpha" in str(error.value)
