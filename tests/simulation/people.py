"""What people do, at random, through the real verbs; and what the parser does when they edit files."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from tests.simulation.pipelines import POOLS, draw_dag
from tradewind.actions.clear_tasks import clear_tasks
from tradewind.actions.create_run import create_run
from tradewind.actions.delete_run import delete_run
from tradewind.actions.edit_pools import change_pool
from tradewind.actions.mark_run import mark_run
from tradewind.actions.mark_task import mark_task
from tradewind.actions.pause_dag import pause_dag
from tradewind.store.engine import query

if TYPE_CHECKING:
    from tests.simulation.world import World


def _some_task(world: World, dice: Random) -> tuple[str, str, str] | None:
    with world.store.read() as conn:
        rows = query(
            conn,
            "SELECT r.dag_id, r.run_id, t.task_id FROM task_instance t JOIN dag_run r ON r.id = t.run_pk ORDER BY t.id",
        )
    return tuple(dice.choice(rows)) if rows else None  # type: ignore[return-value]


def _some_run(world: World, dice: Random) -> tuple[str, str] | None:
    with world.store.read() as conn:
        rows = query(conn, "SELECT dag_id, run_id FROM dag_run ORDER BY id")
    return tuple(dice.choice(rows)) if rows else None  # type: ignore[return-value]


def _some_dag(world: World, dice: Random) -> str:
    return dice.choice(sorted(world.specs))


def trigger(world: World, dice: Random) -> None:
    world.triggered += 1
    create_run(world.act, _some_dag(world, dice), run_id=f"m{world.triggered}")


def clear(world: World, dice: Random) -> None:
    found = _some_task(world, dice)
    if found:
        dag_id, run_id, task_id = found
        clear_tasks(world.act, dag_id, run_id, [task_id], downstream=dice.random() < 0.7)


def mark(world: World, dice: Random) -> None:
    found = _some_task(world, dice)
    if found:
        dag_id, run_id, task_id = found
        mark_task(world.act, dag_id, run_id, task_id, state=dice.choice(["success", "failed"]))


def mark_a_run(world: World, dice: Random) -> None:
    found = _some_run(world, dice)
    if found:
        mark_run(world.act, *found, dice.choice(["success", "failed", "queued"]))


def delete_a_run(world: World, dice: Random) -> None:
    found = _some_run(world, dice)
    if found:
        world.auditor.forget(*found)
        delete_run(world.act, *found)
        world.auditor.deleted_one()


def pause(world: World, dice: Random) -> None:
    dag_id = _some_dag(world, dice)
    with world.store.read() as conn:
        paused = bool(query(conn, "SELECT is_paused FROM dag WHERE dag_id = ?", (dag_id,))[0][0])
    pause_dag(world.act, dag_id, not paused)


def resize_pool(world: World, dice: Random) -> None:
    name = dice.choice(["narrow", "single"])
    slots = dice.choice([0, 1, 2, 5])
    change_pool(world.act, name, slots=slots)


def edit_file(world: World, dice: Random) -> None:
    """Other tasks under the same name and schedule."""
    dag_id = _some_dag(world, dice)
    world.publish(draw_dag(dice, dag_id, world.specs[dag_id].start_date, like=world.specs[dag_id]))  # type: ignore[arg-type]


def half_written_file(world: World, dice: Random) -> None:
    """The parser meets a file in the middle of its copying; a moment later it is whole."""
    dag_id = _some_dag(world, dice)
    world.break_file(dag_id, mended_after=dice.choice([1.0, 40.0]))


def remove_file(world: World, dice: Random) -> None:
    """The DAG goes while its runs are under way, and comes back."""
    dag_id = _some_dag(world, dice)
    world.remove_file(dag_id, back_after=dice.choice([5.0, 60.0, 200.0]))


PEOPLE: dict[str, Callable[[World, Random], None]] = {
    function.__name__: function
    for function in (
        *(trigger, clear, mark, mark_a_run, delete_a_run, pause, resize_pool),
        *(edit_file, half_written_file, remove_file),
    )
}


def put_in_order(world: World) -> None:
    """Once the storm is over: every DAG on, every pool as it was, and nobody stuck behind an earlier failed run."""
    with world.store.read() as conn:
        off = [row[0] for row in query(conn, "SELECT dag_id FROM dag WHERE is_paused ORDER BY dag_id")]
        sizes = dict(query(conn, "SELECT name, slots FROM pool"))
    for dag_id in off:
        if dag_id in world.specs:
            pause_dag(world.act, dag_id, False)
    for name, slots in POOLS.items():
        if sizes[name] != slots:
            change_pool(world.act, name, slots=slots)


def help_past(world: World) -> None:
    """Tasks that wait for a success in an earlier run get it from a person."""
    with world.store.read() as conn:
        rows = query(
            conn,
            "SELECT r.dag_id, r.run_id, t.task_id, r.id FROM task_instance t JOIN dag_run r ON r.id = t.run_pk"
            " WHERE t.state IN ('failed', 'upstream_failed') AND r.state IN ('success', 'failed')"
            " ORDER BY r.logical_date, t.id",
        )
    waits = {
        spec.dag_id
        for spec in world.auditor.specs.values()
        if any(task.depends_on_past or task.wait_for_downstream for task in spec.tasks)
    }
    for dag_id, run_id, task_id, run_pk in rows:
        known = any(task.task_id == task_id for task in world.auditor.spec_of(run_pk).tasks)
        if dag_id in waits and known:
            mark_task(world.act, dag_id, run_id, task_id, state="success")
