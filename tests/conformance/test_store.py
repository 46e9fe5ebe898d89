"""What the store promises, on every database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.scheduling import House, dag
from tradewind.domain.states import RunState, TaskState
from tradewind.errors import Bug, DatabaseTooNew, DatabaseTrouble
from tradewind.store import claims, migrate, transitions
from tradewind.store.engine import IntegrityError, query, run
from tradewind.store.reads import runs, tasks
from tradewind.store.writes import values


def queued_house(store):
    house = House(store, lambda order: None)
    house.publish(dag("d", "a>b"))
    run_id = house.trigger("d")
    return house, run_id


def test_a_write_that_raises_leaves_nothing_behind(store):
    def half_a_change():
        with store.write() as conn:
            conn.exec_driver_sql("INSERT INTO pool (name, slots, include_deferred) VALUES ('p', 1, false)")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_a_change()
    with store.read() as conn:
        assert query(conn, "SELECT name FROM pool") == [("default_pool",)]


def test_a_task_that_somebody_moved_first_is_not_moved_again(store):
    house, _ = queued_house(store)
    house.settle()
    with store.read() as conn:
        [first, other] = [tasks.find(conn, 1, "a"), tasks.find(conn, 1, "a")]
    for view, expected in ((first, None), (other, transitions.Overtaken)):
        change = transitions.Change(view)
        change.move(TaskState.RUNNING, "test", house.clock.now())
        before = house.journal_size()
        if expected is None:
            with store.write() as conn:
                transitions.save(conn, [change])
            assert house.journal_size() == before + 1
        else:
            with pytest.raises(expected), store.write() as conn:
                transitions.save(conn, [change])
            assert house.journal_size() == before


def test_what_is_no_move_is_a_bug(store):
    house, _ = queued_house(store)
    house.settle()
    with store.read() as conn:
        view = tasks.find(conn, 1, "a")
    with pytest.raises(Bug):
        transitions.Change(view).move(TaskState.SUCCESS, "too early", house.clock.now())
    with pytest.raises(Bug), store.write() as conn:
        transitions.move_run(conn, 1, RunState.SUCCESS, RunState.RUNNING, why="x", at=house.clock.now())


def test_two_schedulers_get_disjoint_runs(store):
    house = House(store)
    house.publish(dag("d", "a"))
    for _ in range(4):
        house.trigger("d")
        house.clock.advance(1)
    now = house.clock.now()
    with store.write() as conn:
        one = claims.adopt_runs(conn, "one", now, now + timedelta(seconds=60), 2)
    with store.write() as conn:
        two = claims.adopt_runs(conn, "two", now, now + timedelta(seconds=60), 10)
    assert (len(one), len(two)) == (2, 2)
    assert not set(one) & set(two)
    with store.write() as conn:
        assert claims.adopt_runs(conn, "two", now, now + timedelta(seconds=60), 10) == {}
        later = now + timedelta(seconds=61)
        assert sorted(claims.adopt_runs(conn, "three", later, later, 10)) == sorted({**one, **two})


def test_a_run_exists_once(store):
    _, run_id = queued_house(store)
    with pytest.raises(IntegrityError), store.write() as conn:
        run(
            conn,
            "INSERT INTO dag_run (dag_id, run_id, run_type, state, run_after, queued_at, conf, version_id, touched)"
            " VALUES ('d', ?, 'manual', 'queued', 0, 0, '{}', 1, 0)",
            [(run_id,)],
        )


def test_a_state_that_does_not_exist_is_refused_by_the_table_itself(store):
    queued_house(store)
    with pytest.raises(IntegrityError), store.write() as conn:
        run(conn, "UPDATE dag_run SET state = 'dreaming'", [()])


def test_a_pushed_value_is_replaced_by_a_newer_one(store):
    queued_house(store)
    with store.write() as conn:
        values.put_xcoms(conn, [(1, "a", -1, "k", "1", None, None, 0)])
        values.put_xcoms(conn, [(1, "a", -1, "k", "2", None, None, 1), (1, "a", 0, "k", "3", None, None, 1)])
    with store.read() as conn:
        assert values.get_xcom(conn, 1, "a", -1, "k") == "2"
        assert values.get_xcoms_of_task(conn, 1, "a", "k") == [(-1, "2", None), (0, "3", None)]


def test_the_schema_is_what_the_tables_say_and_checks_itself(store):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from tradewind.store.tables import metadata

    migrate.check(store)
    assert migrate.upgrade(store) is False
    with store.read() as conn:
        differences = compare_metadata(MigrationContext.configure(conn), metadata)
    assert [d for d in differences if d[0] in ("add_table", "remove_table", "add_column", "remove_column")] == []


def test_a_newer_database_is_refused_with_a_way_out(store):
    with store.write() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseTooNew, match="9999"):
        migrate.check(store)
    with pytest.raises(DatabaseTooNew):
        migrate.upgrade(store)


def test_a_refused_statement_is_told_as_trouble_of_the_database(store):
    with pytest.raises(DatabaseTrouble), store.read() as conn:
        query(conn, "SELECT nothing FROM nowhere")


def test_the_run_before_is_found_by_logical_date(store):
    house = House(store)
    house.publish(dag("d", "a"))
    first = house.trigger("d")
    house.clock.advance(1)
    second = house.trigger("d")
    with store.read() as conn:
        found = runs.previous(conn, runs.find(conn, "d", second))
        assert found.run_id == first
        assert runs.previous(conn, found) is None
