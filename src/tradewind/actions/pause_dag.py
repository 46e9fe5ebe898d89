"""Switch a DAG off or on."""

from __future__ import annotations

from tradewind.actions.context import Act
from tradewind.store.engine import Conn
from tradewind.store.reads.versions import the_dag
from tradewind.store.writes import runs


def pause_dag(act: Act, dag_id: str, paused: bool) -> bool:
    """A paused DAG starts no run and no task; what runs goes on. False when it stood so already. NotFound if unknown."""

    def work(conn: Conn) -> bool:
        the_dag(conn, dag_id)
        changed = runs.set_paused(conn, dag_id, paused)
        if changed:
            act.audit(conn, "pause_dag" if paused else "unpause_dag", dag_id=dag_id)
        return changed

    changed = act.store.retry(work)
    act.wake("scheduler", "api")
    return changed
