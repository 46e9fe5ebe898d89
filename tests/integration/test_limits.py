"""Limits by key, and whose turn it is: exact at every commit, with one scheduler and with two."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise

from tests.scheduling import House, dag
from tradewind.actions.clear_tasks import clear_tasks
from tradewind.domain.spec import LimitSpec, TaskSpec


def task(name: str, *limits: LimitSpec, **more: object) -> TaskSpec:
    return TaskSpec(task_id=name, operator="PythonOperator", limits=list(limits), **more)  # type: ignore[arg-type]


def pool(house: House, name: str, slots: int) -> None:
    with house.store.write() as conn:
        conn.exec_driver_sql(f"INSERT INTO pool (name, slots, include_deferred) VALUES ('{name}', {slots}, false)")


def test_a_key_lets_so_many_run_at_once_whatever_the_dag(store):
    house = House(store, lambda order: None)
    api = LimitSpec(key="api", slots=3)
    for name in ("one", "two"):
        house.publish(dag(name, "", *(task(f"t{i}", api) for i in range(4))))
        house.trigger(name)
    house.settle()
    assert len(house.executor.held) == 3
    started = []
    while house.executor.held:
        started += [o for o in house.executor.held.values() if o not in started]
        house.executor.finish(next(iter(house.executor.held.values())))
        house.settle()
        assert len(house.executor.held) <= 3
    assert Counter(o.run.dag_id for o in started) == {"one": 4, "two": 4}


def test_a_field_in_the_key_makes_a_limit_for_each_value(store):
    house = House(store, lambda order: None)
    params = {"customer": {"value": "nobody"}}
    one = LimitSpec(key="customer {{ params.customer }}", slots=1)
    house.publish(dag("work", "", task("t", one), params=params))
    for customer in ("ann", "ann", "bob", "bob", None):
        house.trigger("work", conf={"customer": customer} if customer else {})
    house.settle()
    runs = [o.run.conf.get("customer") for o in house.executor.held.values()]
    assert sorted(runs, key=str) == [None, "ann", "bob"]


def test_what_an_instance_takes_of_the_slots_counts(store):
    house = House(store, lambda order: None)
    big = LimitSpec(key="memory", slots=4, take=3)
    small = LimitSpec(key="memory", slots=4)
    house.publish(dag("work", "", task("big", big, priority=9), *(task(f"s{i}", small) for i in range(3))))
    house.trigger("work")
    house.settle()
    assert Counter(o.task_id[0] for o in house.executor.held.values()) == {"b": 1, "s": 1}


def test_a_rate_limit_allows_no_more_starts_in_any_window(store):
    house = House(store)
    house.publish(dag("calls", "", *(task(f"t{i}", LimitSpec(key="api", starts=4, per=60)) for i in range(10))))
    run_id = house.trigger("calls")
    seen = []
    for _ in range(40):
        house.settle()
        seen += [house.clock.now()] * (len(house.executor.orders) - len(seen))
        if house.run_state(run_id) == "success":
            break
        house.clock.advance(7)
    assert len(seen) == 10
    assert all(later - first >= timedelta(seconds=60) for first, later in zip(seen, seen[4:], strict=False))


def test_waiting_for_a_rate_limit_costs_nothing_until_its_time(store):
    house = House(store)
    house.publish(dag("calls", "", *(task(f"t{i}", LimitSpec(key="api", starts=1, per=3.0)) for i in range(3))))
    house.trigger("calls")
    house.settle()
    looks = house.scheduler.shelf.lanes.looks
    house.clock.advance(0.1)  # the page's bell has its rest
    house.scheduler.tick()
    wanted = house.scheduler.tick()
    assert 2.0 < wanted <= 3.0, "it sleeps until the next start is allowed"
    assert house.scheduler.shelf.lanes.looks == looks
    house.clock.advance(2.9)
    house.scheduler.tick()
    assert len(house.executor.orders) == 2, "and wakes by itself"


def test_two_schedulers_keep_one_limit_by_key(store):
    house = House(store, lambda order: None)
    limits = (LimitSpec(key="api", slots=3), LimitSpec(key="starts", starts=5, per=3600))
    house.publish(dag("work", "", *(task(f"t{i}", *limits) for i in range(6))))
    other = house.new_scheduler("scheduler@h:2:b")
    house.trigger("work")
    house.scheduler.tick()
    house.trigger("work")
    other.wake()
    for _ in range(6):
        other.tick()
        house.scheduler.tick()
        held = house.rows("SELECT COUNT(*) FROM task_instance WHERE state IN ('queued', 'running')")[0][0]
        assert held <= 3
    drivers = house.rows("SELECT DISTINCT owner FROM dag_run")
    assert len(drivers) == 2, "each drives a run"
    for _ in range(8):
        for order in list(house.executor.held.values()):
            house.executor.begin(order)
            house.executor.finish(order)
        for scheduler in (other, house.scheduler):
            scheduler.wake()
            scheduler.tick()
            assert house.rows("SELECT COUNT(*) FROM task_instance WHERE state = 'queued'")[0][0] <= 3
    assert len(house.executor.orders) == 5, "both count the same starts"


def test_equal_weights_of_two_dags_take_turns(store):
    house = House(store, lambda order: None, slots=6)
    for name in ("early", "late"):
        house.publish(dag(name, "", *(task(f"t{i}") for i in range(20))))
        house.trigger(name)
        house.clock.advance(1)
    house.settle()
    assert Counter(o.run.dag_id for o in house.executor.held.values()) == {"early": 3, "late": 3}


def test_teams_share_by_their_weights(store):
    house = House(store, lambda order: None, slots=8)
    store.settings.values["scheduler", "team_weights"] = "research: 3"  # type: ignore[index]
    house.scheduler = house.new_scheduler("scheduler@h:1:b")
    for name, team in (("a", "research"), ("b", "ops"), ("c", "ops")):
        house.publish(dag(name, "", *(task(f"t{i}") for i in range(20)), team=team))
        with store.write() as conn:
            conn.exec_driver_sql(f"UPDATE dag SET team = '{team}' WHERE dag_id = '{name}'")
        house.trigger(name)
    house.settle()
    assert Counter(o.run.dag_id for o in house.executor.held.values()) == {"a": 6, "b": 1, "c": 1}


def test_a_heavy_dag_goes_first_and_a_light_one_does_not_starve(store):
    house = House(store, lambda order: None, slots=1)
    house.publish(dag("heavy", "", *(task(f"t{i}", priority=1000) for i in range(40))))
    house.publish(dag("light", "", task("only")))
    house.trigger("light")
    house.trigger("heavy")
    order_of = []
    for _ in range(30):
        house.settle()
        (order,) = house.executor.held.values()
        order_of.append(order.run.dag_id)
        house.clock.advance(10)
        house.executor.begin(order)
        house.executor.finish(order)
    assert order_of[:6] == ["heavy"] * 6, "weight decides while nobody waits long"
    assert order_of.index("light") <= 10, "after a minute one slot in four is for who waits longest"
    assert order_of.count("light") == 1


def test_within_a_dag_the_weight_decides_however_long_one_waits(store):
    house = House(store, lambda order: None, slots=1)
    house.publish(dag("work", "", *(task(f"t{i}", priority=10 - i) for i in range(8))))
    house.trigger("work")
    for _ in range(8):
        house.settle()
        (order,) = house.executor.held.values()
        house.clock.advance(200)
        house.executor.finish(order)
    assert [o.task_id for o in house.executor.orders] == [f"t{i}" for i in range(8)]


def test_a_task_of_several_slots_gets_them_kept_for_it(store):
    house = House(store, lambda order: None)
    pool(house, "small", 3)
    house.publish(dag("many", "", *(task(f"t{i}", pool="small") for i in range(60))))
    house.publish(dag("wide", "", task("all", pool="small", pool_slots=3)))
    house.trigger("many")
    house.settle()
    house.trigger("wide")
    for _ in range(60):
        house.settle()
        if any(o.task_id == "all" for o in house.executor.held.values()):
            break
        house.clock.advance(10)
        house.executor.finish(next(iter(house.executor.held.values())))
    assert [o.task_id for o in house.executor.held.values()] == ["all"]
    assert len(house.executor.orders) < 40, "not only when nothing else is left"


def test_a_run_that_was_changed_while_slots_were_handed_out_is_looked_at(store):
    """A clear reaches the rows before the bell reaches the scheduler, which comes to the run for another reason."""
    house = House(store, lambda order: None, slots=1)
    house.publish(dag("work", "a>b c", task("c", priority=0)))
    run_id = house.trigger("work")
    house.settle()
    house.executor.finish(next(iter(house.executor.held.values())))
    house.settle()
    assert house.states(run_id) == {"a": "success", "b": "queued", "c": "scheduled"}
    clear_tasks(house.act, "work", run_id, ["a"])
    house.executor.slots = 3  # slots are free, and no bell rang
    house.settle()
    assert house.states(run_id)["a"] == "queued"


def test_a_run_pinned_to_a_new_version_counts_in_its_new_pool(store):
    house = House(store, lambda order: None)
    pool(house, "old", 1)
    pool(house, "new", 1)
    house.publish(dag("work", "", *(task(f"t{i}", pool="old") for i in range(3))))
    run_id = house.trigger("work")
    house.settle()
    house.publish(dag("work", "", *(task(f"t{i}", pool="new") for i in range(3))))
    clear_tasks(house.act, "work", run_id, newest_version=True)
    house.scheduler.wake()
    house.settle()
    held = house.rows("SELECT pool, COUNT(*) FROM task_instance WHERE state IN ('queued', 'running') GROUP BY pool")
    assert [tuple(row) for row in held] == [("new", 1)]


def test_limits_per_run_and_per_task_hold_and_hold_back_nothing_else(store):
    house = House(store, lambda order: None)
    house.publish(
        dag("work", "", task("once", max_active_tis_per_dag=2), task("free")),
        max_active_runs=10,
    )
    for _ in range(3):
        house.trigger("work")
    house.settle()
    assert Counter(o.task_id for o in house.executor.held.values()) == {"once": 2, "free": 3}


def test_orders_leave_in_the_order_of_their_weight(store):
    house = House(store, lambda order: None, slots=5)
    house.publish(dag("work", "", *(task(f"t{i}", priority=i) for i in range(5))))
    house.trigger("work")
    house.settle()
    weights = [o.priority for o in house.executor.orders]
    assert all(before > after for before, after in pairwise(weights))
