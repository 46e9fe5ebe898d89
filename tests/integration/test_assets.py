"""DAGs that assets start: each event is used by one run of each consumer, and none is lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.test_scheduler_time import START
from tests.scheduling import House, dag
from tradewind.actions.accept_reports import accept_reports
from tradewind.actions.pause_dag import pause_dag
from tradewind.domain.messages import Finished, WorkOrder
from tradewind.domain.spec import TimetableSpec
from tradewind.store.reads.versions import versions_of

ASSET = TimetableSpec(kind="asset", summary="Asset")


def asset(uri: str) -> dict[str, Any]:
    return {"asset": {"name": uri, "uri": uri, "group": "asset"}}


def updates(**by_task: Any) -> Any:
    """A script: each task updates what is listed for it."""

    def script(order: WorkOrder) -> dict[str, Any]:
        return {"asset_events": [e if isinstance(e, dict) else {"uri": e} for e in by_task.get(order.task_id, [])]}

    return script


def consumer(house: House, expression: dict[str, Any], dag_id: str = "user", **more: Any) -> None:
    house.publish(dag(dag_id, "use", asset_expression=expression, timetable=more.pop("timetable", ASSET), **more))


def produced(house: House, *tasks: str, dag_id: str = "maker") -> None:
    """A run of the DAG with these tasks."""
    house.clock.advance(1)
    house.publish(dag(dag_id, " ".join(tasks)))
    house.trigger(dag_id)
    house.settle()


def runs_of(house: House, dag_id: str = "user") -> list[tuple[str, list[str]]]:
    """(run type, uris of the events used) of every run."""
    text = (
        "SELECT r.id, r.run_type, e.uri FROM dag_run r LEFT JOIN run_asset_event x ON x.run_pk = r.id"
        " LEFT JOIN asset_event e ON e.id = x.event_id WHERE r.dag_id = ? ORDER BY r.id, e.id"
    )
    found: dict[int, tuple[str, list[str]]] = {}
    for pk, kind, uri in house.rows(text, dag_id):
        found.setdefault(pk, (kind, []))[1].append(uri)
    return list(found.values())


def ready(store: Any, expression: dict[str, Any], script: Any, **more: Any) -> House:
    house = House(store, script)
    consumer(house, expression, **more)
    house.scheduler.wake()
    house.settle()
    return house


def test_an_updated_asset_starts_a_run_that_knows_why(store):
    house = ready(store, asset("s3://a"), updates(make=[{"uri": "s3://a", "name": "sales", "extra": {"rows": 3}}]))
    produced(house, "make")
    assert runs_of(house) == [("asset_triggered", ["s3://a"])]
    order = house.executor.orders[-1]
    assert order.task_id == "use"
    (fact,) = order.run.consumed_asset_events
    assert (fact["uri"], fact["extra"], fact["source_dag_id"], fact["source_task_id"]) == (
        "s3://a", {"rows": 3}, "maker", "make",
    )  # fmt: skip
    assert order.run.run_type == "asset_triggered"


def test_all_waits_for_every_asset_and_uses_all_that_came_meanwhile(store):
    house = ready(store, {"all": [asset("a"), asset("b")]}, updates(one=["a"], two=["b"]))
    produced(house, "one")
    produced(house, "one")
    assert runs_of(house) == []
    produced(house, "two")
    assert runs_of(house) == [("asset_triggered", ["a", "a", "b"])]
    produced(house, "two")
    assert len(runs_of(house)) == 1
    produced(house, "one")
    assert runs_of(house)[1] == ("asset_triggered", ["b", "a"])


def test_any_is_content_with_one(store):
    house = ready(store, {"any": [asset("a"), {"all": [asset("b"), asset("c")]}]}, updates(one=["a"], two=["b"]))
    produced(house, "two")
    assert runs_of(house) == []
    produced(house, "one")
    assert runs_of(house) == [("asset_triggered", ["b", "a"])]


def test_two_consumers_use_the_same_event_each_once(store):
    house = ready(store, asset("a"), updates(one=["a"]))
    consumer(house, asset("a"), "other")
    house.scheduler.wake()
    house.settle()
    produced(house, "one")
    house.scheduler.wake()
    house.settle()
    assert runs_of(house) == runs_of(house, "other") == [("asset_triggered", ["a"])]


def test_a_failed_task_updates_nothing(store):
    house = ready(store, asset("a"), lambda order: {"outcome": "failed", "error": "x", "asset_events": [{"uri": "a"}]})
    produced(house, "one")
    assert runs_of(house) == []


def test_what_came_before_the_dag_is_not_for_it(store):
    house = House(store, updates(one=["a"]))
    produced(house, "one")
    house.clock.advance(1)
    consumer(house, asset("a"))
    house.scheduler.wake()
    house.settle()
    assert runs_of(house) == []
    produced(house, "one")
    assert runs_of(house) == [("asset_triggered", ["a"])]


def test_a_paused_dag_uses_nothing_and_loses_nothing(store):
    house = ready(store, asset("a"), updates(one=["a"]))
    pause_dag(house.act, "user", True)
    produced(house, "one")
    produced(house, "one")
    assert runs_of(house) == []
    pause_dag(house.act, "user", False)
    house.scheduler.wake()
    house.settle()
    assert runs_of(house) == [("asset_triggered", ["a", "a"])]


def test_an_alias_stands_for_what_tasks_add_to_it(store):
    house = ready(store, {"alias": {"name": "daily"}}, updates(one=[{"uri": "a", "alias": "daily"}], two=["a"]))
    produced(house, "one")
    assert runs_of(house) == [("asset_triggered", ["a"])]
    produced(house, "two")  # from now on the asset itself counts
    assert len(runs_of(house)) == 2


def test_a_reference_by_name_finds_its_asset(store):
    house = ready(
        store, {"asset_ref": {"name": "sales", "uri": None}}, updates(one=[{"uri": "s3://x", "name": "sales"}])
    )
    produced(house, "one")
    assert runs_of(house) == [("asset_triggered", ["s3://x"])]


def test_asset_or_time_runs_for_both(store):
    spec = TimetableSpec(
        kind="asset_or_time", args={"timetable": {"kind": "cron", "args": {"expression": "@hourly", "timezone": "UTC"}}}
    )
    house = House(store, updates(one=["a"]))
    consumer(house, asset("a"), timetable=spec, start_date=START, catchup=False)
    house.scheduler.wake()
    house.settle()
    kinds = [kind for kind, _ in runs_of(house)]
    produced(house, "one")
    assert [kind for kind, _ in runs_of(house)] == [*kinds, "asset_triggered"]
    house.clock.advance(3600)
    house.settle()
    assert [kind for kind, _ in runs_of(house)] == [*kinds, "asset_triggered", "scheduled"]


def test_a_pass_that_fails_makes_no_run_and_moves_no_cursor(store, monkeypatch):
    house = ready(store, asset("a"), updates(one=["a"]))
    house.publish(dag("maker", "one"))
    house.trigger("maker")
    left = [2]

    def probe(name: str) -> None:
        if name == "tick.before_commit" and house.journal_size() and left[0]:
            left[0] -= 1
            raise RuntimeError("the database went away")

    monkeypatch.setattr("tradewind.scheduler.tick.probe", probe)
    while left[0]:
        with pytest.raises(RuntimeError):
            house.scheduler.tick()
    house.settle()
    assert runs_of(house) == [("asset_triggered", ["a"])]


def test_an_event_reported_to_another_scheduler_counts_as_well(store):
    house = ready(store, asset("a"), lambda order: None)
    house.publish(dag("maker", "one"))
    house.trigger("maker")
    house.settle()
    (order,) = house.executor.orders
    report = Finished(attempt_id=order.attempt_id, at=house.clock.now(), outcome="success", asset_events=[{"uri": "a"}])
    accept_reports(house.act, versions_of(store), [report])
    house.scheduler.wake()
    house.settle()
    assert runs_of(house) == [("asset_triggered", ["a"])]


def test_two_schedulers_share_the_events_without_using_one_twice(store):
    house = ready(store, asset("a"), updates(one=["a"]))
    other = house.new_scheduler("scheduler@h:2:b", triggers=house.triggers)
    for _ in range(5):
        produced(house, "one")
        other.wake()
        other.tick()
    used = [uri for _, uris in runs_of(house) for uri in uris]
    assert len(used) == 5
    assert len(house.rows("SELECT event_id FROM run_asset_event GROUP BY event_id")) == 5


def test_only_the_assets_of_the_newest_version_count(store):
    house = ready(store, {"all": [asset("a"), asset("b")]}, updates(one=["a"]))
    house.clock.advance(1)
    consumer(house, asset("a"))
    house.scheduler.wake()
    house.settle()
    produced(house, "one")
    assert runs_of(house) == [("asset_triggered", ["a"])]
    assert {uri for (uri,) in house.rows("SELECT uri FROM asset_cursor")} == {"a"}
