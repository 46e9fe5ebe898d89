"""Forget a DAG with its runs, versions and errors. Its file stays: while it is there the parser publishes the DAG anew."""

from __future__ import annotations

from tradewind.actions.context import Act
from tradewind.backends.values.opening import open_values
from tradewind.backends.values.paths import dag_prefix
from tradewind.errors import Conflict, not_found
from tradewind.store.engine import Conn
from tradewind.store.writes.forget import forget_dag, known_dag_ids, open_runs


def delete_dag(act: Act, dag_id: str) -> int:
    """How many runs were forgotten. Raises NotFound, and Conflict while a run is queued or running."""

    def work(conn: Conn) -> int:
        known = known_dag_ids(conn)
        if dag_id not in known:
            raise not_found("DAG", dag_id, known)
        busy = open_runs(conn, dag_id)
        if busy:
            raise Conflict(
                f"DAG {dag_id!r} has {busy} runs that have not ended.", hint="Pause it and end them, then delete it."
            )
        runs = forget_dag(conn, dag_id)
        act.audit(conn, "delete_dag", dag_id=dag_id, runs=runs)
        return runs

    runs = act.store.retry(work)
    open_values(act.settings).delete_below(dag_prefix(dag_id))
    act.wake("scheduler", "parser", "api")
    return runs
