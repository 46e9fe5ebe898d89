"""Remove a run with everything of it but its log files."""

from __future__ import annotations

from tradewind.actions.clear_tasks import the_run
from tradewind.actions.context import Act
from tradewind.backends.values.opening import open_values
from tradewind.backends.values.paths import run_prefix
from tradewind.store.engine import Conn
from tradewind.store.writes import runs as writes


def delete_run(act: Act, dag_id: str, run_id: str) -> None:
    """Running tasks are ended by the scheduler once it sees that the run is gone. NotFound if unknown."""

    def work(conn: Conn) -> None:
        run = the_run(conn, dag_id, run_id)
        writes.delete(conn, run.id)
        act.audit(conn, "delete_run", dag_id=dag_id, run_id=run_id)

    act.store.retry(work)
    open_values(act.settings).delete_below(run_prefix(dag_id, run_id))
    act.wake("scheduler", "api")
