"""Notes that people write on runs and task instances."""

from __future__ import annotations

from sqlalchemy import Connection, update

from tradewind.store.tables.runs import dag_run, task_instance


def set_run_note(conn: Connection, run_pk: int, note: str | None) -> None:
    """Replace the note of a run."""
    conn.execute(update(dag_run).where(dag_run.c.id == run_pk).values(note=note))


def set_task_note(conn: Connection, ti_id: int, note: str | None) -> None:
    """Replace the note of a task instance."""
    conn.execute(update(task_instance).where(task_instance.c.id == ti_id).values(note=note))
