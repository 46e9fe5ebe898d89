"""Write a note on a run or a task instance."""

from __future__ import annotations

from tradewind.actions.context import Act
from tradewind.store.engine import Conn
from tradewind.store.reads.run_pages import run_row
from tradewind.store.reads.task_pages import task_row
from tradewind.store.writes import notes


def set_run_note(act: Act, dag_id: str, run_id: str, note: str | None) -> None:
    """Replace the note; None takes it away. Raises NotFound."""

    def work(conn: Conn) -> None:
        notes.set_run_note(conn, run_row(conn, dag_id, run_id).run_pk, note)
        act.audit(conn, "set_note", note=note, dag_id=dag_id, run_id=run_id)

    act.store.retry(work)


def set_task_note(act: Act, dag_id: str, run_id: str, task_id: str, map_index: int, note: str | None) -> None:
    """Replace the note; None takes it away. Raises NotFound."""

    def work(conn: Conn) -> None:
        notes.set_task_note(conn, task_row(conn, dag_id, run_id, task_id, map_index).ti_id, note)
        act.audit(conn, "set_note", note=note, map_index=map_index, dag_id=dag_id, run_id=run_id, task_id=task_id)

    act.store.retry(work)
