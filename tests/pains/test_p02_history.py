"""P2: "slower with history". What is finished is read by nobody who schedules."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import make_store
from tests.pains.effort import effort_of
from tests.scheduling import House, dag
from tradewind.store.engine import Store

RUNS = 2_000


def columns_of(store: Store, table: str) -> list[str]:
    with store.read() as conn:
        return [row[1] for row in conn.exec_driver_sql(f"PRAGMA table_info({table})")]


def copy_rows(store: Store, table: str, changed: dict[str, str]) -> None:
    """The rows of this table ``RUNS`` times over, with these columns as SQL of the original's alias o and the number n."""
    names = columns_of(store, table)
    picked = ", ".join(changed.get(name, f'o."{name}"') for name in names)
    quoted = ", ".join(f'"{name}"' for name in names)
    with store.write() as conn:
        conn.exec_driver_sql(
            f"WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < {RUNS})"
            f" INSERT INTO {table} ({quoted}) SELECT {picked} FROM {table} o, many"
        )


def bring_history(store: Store) -> None:
    """The finished run of the database, with its tasks, attempts and journal, ``RUNS`` times over."""
    step = 1_000_000
    copy_rows(
        store,
        "dag_run",
        {"id": f"o.id + n * {step}", "run_id": "o.run_id || '-' || n", "logical_date": "o.logical_date - n"},
    )
    copy_rows(store, "task_instance", {"id": f"o.id + n * {step}", "run_pk": f"o.run_pk + n * {step}"})
    copy_rows(store, "attempt", {"id": "o.id || '-' || n", "ti_id": f"o.ti_id + n * {step}"})
    copy_rows(
        store,
        "journal",
        {"id": f"o.id + n * {step}", "run_pk": f"o.run_pk + n * {step}", "ti_id": f"o.ti_id + n * {step}"},
    )


def steps_of_a_run(request: pytest.FixtureRequest, home: Path, *, history: bool) -> int:
    store = make_store(request, home, "sqlite")
    house = House(store)
    house.publish(dag("d", "a>b>c>d a>e>f"))
    house.trigger("d")
    house.settle()
    if history:
        bring_history(store)
        assert house.rows("SELECT COUNT(*) FROM task_instance") == [(6 * (RUNS + 1),)]
    house.scheduler = house.new_scheduler("scheduler@h:2:b")  # as after a restart: it reads afresh what it needs
    run_id = house.trigger("d")
    house.clock.advance(60)
    with effort_of(store) as effort:
        for _ in range(12):  # more than it needs; a look at the run's state would be counted too
            house.scheduler.tick()
    assert house.run_state(run_id) == "success"
    store.close()
    return effort.steps


def test_twelve_thousand_finished_tasks_change_nothing_for_the_next_run(request, tmp_path) -> None:
    young = steps_of_a_run(request, tmp_path / "young", history=False)
    old = steps_of_a_run(request, tmp_path / "old", history=True)
    assert old < young * 1.3, f"{young} steps without history, {old} with {RUNS} finished runs"
