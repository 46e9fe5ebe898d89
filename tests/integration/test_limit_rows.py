"""Pools, weights and limits as a DAG file, the settings and the verbs give them; the scheduler keeps them.

The files are written as for Airflow, read by the loader and published by the parser's own code; only the executor is scripted.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.scheduling import House
from tradewind import compat
from tradewind.actions import edit_pools
from tradewind.parser.publish import defaults_of
from tradewind.sdk.freeze import freeze
from tradewind.sdk.loading import load_file
from tradewind.settings import load_settings
from tradewind.store.reads import pools, task_pages
from tradewind.store.writes.dags import ParsedFile, publish

HEAD = """
from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator
def work(): pass
def t(name, **more): return PythonOperator(task_id=name, python_callable=work, **more)
"""


class Room:
    """A house whose DAGs come from files."""

    def __init__(self, store: Any, folder: Path, **settings: str) -> None:
        compat.install()
        self.folder = folder
        self.settings = load_settings({"TRADEWIND__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False", **settings})
        self.house = House(store, lambda order: None)
        self.house.scheduler.parallelism = self.settings.get_int("core", "parallelism")

    def file(self, text: str) -> None:
        file = self.folder / "shop.py"
        file.write_text(HEAD + text)
        specs = [freeze(dag, fileloc="shop.py") for dag in load_file(file, self.folder).dags.values()]
        parsed = ParsedFile(
            bundle="dags-folder", fileloc="shop.py", hash="h", reads={"files": {}}, dag_ids=[s.dag_id for s in specs],
            milliseconds=1, warnings=[], source=text, source_hash="s", specs=[(s, f"v{s.dag_id}") for s in specs],
        )  # fmt: skip
        with self.house.store.write() as conn:
            publish(conn, [parsed], defaults_of(self.settings), self.house.clock.now())

    def runs(self, dag_id: str, count: int) -> list[str]:
        made = []
        for _ in range(count):
            made.append(self.house.trigger(dag_id))
            self.house.clock.advance(1)
        self.house.settle()
        return made

    def busy(self, what: str = "task_id") -> Counter[str]:
        """Queued or running now."""
        text = "SELECT t.task_id, t.dag_id, t.pool, r.run_id FROM task_instance t JOIN dag_run r ON r.id = t.run_pk"
        at = ("task_id", "dag_id", "pool", "run_id").index(what)
        return Counter(row[at] for row in self.house.rows(text + " WHERE t.state IN ('queued', 'running')"))

    def end_one(self) -> str:
        order = next(iter(self.house.executor.held.values()))
        self.house.executor.begin(order)
        self.house.executor.finish(order)
        self.house.settle()
        return order.task_id

    def heard(self) -> None:
        """The verb rang the scheduler, as its bell does."""
        assert self.house.rings.rung.pop() == "scheduler"
        self.house.scheduler.wake()
        self.house.settle()

    def pool(self, name: str) -> dict[str, Any]:
        with self.house.store.read() as conn:
            return pools.one_pool(conn, name)


@pytest.fixture
def room(store: Any, tmp_path: Path) -> Room:
    return Room(store, tmp_path)


@pytest.mark.spec("3/PO-02")
def test_a_pool_made_now_is_used_by_the_next_pass_of_a_running_scheduler(room: Room) -> None:
    room.file('with DAG("d", schedule=None): [t(f"t{n}", pool="late") for n in range(4)]')
    room.runs("d", 1)
    assert not room.busy()
    edit_pools.create_pool(room.house.act, "late", 1, description="made while it waits")
    room.heard()
    assert room.busy("pool") == {"late": 1}
    edit_pools.change_pool(room.house.act, "late", slots=3)
    room.heard()
    assert room.busy("pool") == {"late": 3}
    assert room.pool("late") | {"slots": 3, "description": "made while it waits", "open_slots": 0} == room.pool("late")


@pytest.mark.spec("3/PO-03")
def test_the_pool_of_a_task_is_in_its_details(room: Room) -> None:
    edit_pools.create_pool(room.house.act, "mine", 5)
    room.file("""
with DAG("d", schedule=None): t("own", pool="mine"), t("none")
with DAG("e", schedule=None, default_args={"pool": "mine"}): t("all")
""")
    for dag_id, task_id, pool in (("d", "own", "mine"), ("d", "none", "default_pool"), ("e", "all", "mine")):
        (run_id,) = room.runs(dag_id, 1)
        with room.house.store.read() as conn:
            assert task_pages.one_task(conn, dag_id, run_id, task_id, -1)["pool"] == pool


@pytest.mark.spec("3/PO-04")
def test_the_slots_of_a_pool_hold_over_dags_runs_and_schedulers(room: Room) -> None:
    house = room.house
    edit_pools.create_pool(house.act, "db", 3)
    room.file("""
with DAG("d", schedule=None): [t(f"t{n}", pool="db") for n in range(3)]
with DAG("e", schedule=None): [t(f"t{n}", pool="db") for n in range(3)]
""")
    other = house.new_scheduler("scheduler@h:2:b")
    runs = [run for dag_id in ("d", "e") for run in room.runs(dag_id, 2)]
    for ended in range(13):
        other.wake()
        other.tick()
        house.settle()
        assert room.pool("db")["occupied_slots"] == min(3, 12 - ended) == sum(room.busy("pool").values())
        if ended == 12:
            break
        house.executor.begin(order := next(iter(house.executor.held.values())))
        house.executor.finish(order)
        house.settle()
    assert {house.run_state(run) for run in runs} == {"success"}


@pytest.mark.spec("3/PO-05", "3/PF-05")
def test_the_default_pool_is_there_with_128_slots_and_binds_once_the_others_are_raised(room: Room) -> None:
    assert room.pool("default_pool")["slots"] == 128
    room.house.scheduler.parallelism = 1000
    room.file('with DAG("d", schedule=None, concurrency=1000): [t(f"t{n}") for n in range(200)]')
    room.runs("d", 1)
    assert sum(room.busy().values()) == 128
    edit_pools.change_pool(room.house.act, "default_pool", slots=5)
    room.heard()
    for left in range(127, 4, -1):
        room.end_one()
        assert sum(room.busy().values()) == left
    room.end_one()
    assert sum(room.busy().values()) == 5


@pytest.mark.spec("3/PO-06", "3/PF-07")
def test_heavy_tasks_take_turns_while_light_ones_run_side_by_side(room: Room) -> None:
    edit_pools.create_pool(room.house.act, "high_resource", 1)
    room.file("""
with DAG("d", schedule=None, concurrency=100):
    [t(f"heavy{n}", pool="high_resource") for n in range(4)]
    [t(f"light{n}") for n in range(20)]
""")
    room.runs("d", 1)
    assert room.busy("pool") == {"high_resource": 1, "default_pool": 20}


@pytest.mark.spec("3/PO-07")
def test_of_several_that_wait_the_heaviest_is_queued_first(room: Room) -> None:
    edit_pools.create_pool(room.house.act, "one", 1)
    room.file("""
with DAG("d", schedule=None, default_args={"pool": "one"}):
    t("plain"), t("five", priority_weight=5), t("three", priority_weight=3)
    t("head", weight_rule="absolute") >> t("tail", priority_weight=50)
    t("first") >> t("second", priority_weight=3)
""")
    room.runs("d", 1)
    order = []
    while room.busy():
        assert len(room.busy()) == 1
        order.append(room.end_one())
    # "first" weighs itself and what comes after it (rule downstream), 1 + 3; "head" weighs 1, whatever comes after it
    assert order[:2] == ["five", "first"]
    assert sorted(order[2:4]) == ["second", "three"]
    assert order[order.index("head") + 1] == "tail"
    assert len(order) == 7


@pytest.mark.spec("3/PF-01")
def test_tasks_of_a_dag_over_all_its_runs_by_its_own_word_or_by_the_old_setting(store: Any, tmp_path: Path) -> None:
    room = Room(store, tmp_path, AIRFLOW__CORE__DAG_CONCURRENCY="4")
    room.file("""
with DAG("own", schedule=None, concurrency=3): [t(f"t{n}") for n in range(5)]
with DAG("plain", schedule=None): [t(f"t{n}") for n in range(5)]
""")
    room.runs("own", 2)
    room.runs("plain", 2)
    for _ in range(6):
        assert room.busy("dag_id") == {"own": 3, "plain": 4}
        for dag_id in ("own", "plain"):
            order = next(o for o in room.house.executor.held.values() if o.run.dag_id == dag_id)
            room.house.executor.begin(order)
            room.house.executor.finish(order)
        room.house.settle()
    assert load_settings({}).get_int("core", "dag_concurrency") == 16


@pytest.mark.spec("3/PF-02")
def test_no_more_runs_of_a_dag_run_than_it_or_the_setting_says(store: Any, tmp_path: Path) -> None:
    room = Room(store, tmp_path, AIRFLOW__CORE__MAX_ACTIVE_RUNS_PER_DAG="2")
    room.file("""
with DAG("own", schedule=None, max_active_runs=1): t("a")
with DAG("plain", schedule=None): t("a")
""")
    own, plain = room.runs("own", 3), room.runs("plain", 3)
    assert [room.house.run_state(run) for run in own] == ["running", "queued", "queued"]
    assert [room.house.run_state(run) for run in plain] == ["running", "running", "queued"]
    room.end_one()
    assert [room.house.run_state(run) for run in own] == ["success", "running", "queued"]
    assert load_settings({}).get_int("core", "max_active_runs_per_dag") == 16


@pytest.mark.spec("3/PF-03")
def test_one_wide_dag_reaches_16_and_a_second_brings_the_total_to_32(room: Room) -> None:
    wide = "[t(f't{n}') for n in range(40)]"
    room.file("".join(f'with DAG("{name}", schedule=None): {wide}\n' for name in ("one", "two", "three")))
    room.runs("one", 1)
    assert room.busy("dag_id") == {"one": 16}
    room.runs("two", 1)
    assert room.busy("dag_id") == {"one": 16, "two": 16}
    room.runs("three", 1)
    assert sum(room.busy().values()) == 32


@pytest.mark.spec("3/PF-06")
def test_one_task_over_three_runs_runs_at_most_twice_at_once(room: Room) -> None:
    room.file('with DAG("d", schedule=None): t("limited", task_concurrency=2), t("free")')
    room.runs("d", 3)
    assert room.busy() == {"limited": 2, "free": 3}
    while room.busy():
        room.end_one()
        assert room.busy()["limited"] <= 2
    assert {row[0] for row in room.house.rows("SELECT state FROM dag_run")} == {"success"}
