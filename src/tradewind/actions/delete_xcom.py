"""Forget a value that a task pushed."""

from __future__ import annotations

from tradewind.actions.context import Act
from tradewind.errors import not_found
from tradewind.store.engine import Conn
from tradewind.store.reads.run_pages import run_row
from tradewind.store.reads.task_pages import list_xcoms
from tradewind.store.writes import values


def delete_xcom(act: Act, dag_id: str, run_id: str, task_id: str, key: str, *, map_index: int = -1) -> None:
    """Remove one value; tasks that ask for it afterwards get None. Raises NotFound."""

    def work(conn: Conn) -> None:
        run = run_row(conn, dag_id, run_id)
        if not values.delete_xcom(conn, run.run_pk, task_id, map_index, key):
            known = [row["key"] for row in list_xcoms(conn, dag_id, run_id, task_id, map_index, with_values=False)]
            raise not_found(f"XCom of task {task_id!r}", key, known)
        act.audit(conn, "delete_xcom", dag_id=dag_id, run_id=run_id, task_id=task_id, key=key, map_index=map_index)

    act.store.retry(work)
