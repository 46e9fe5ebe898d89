"""How a running task talks to the rest of the house: the ``TaskClient`` contract, and one that is a dictionary.

Implementations: ``MemoryClient`` (here; unit tests, ``dag.test``), ``worker.client.PipeClient`` (on a worker, over the
attempt's socket), and a direct one over the store (``actions.task_door.StoreClient``; ``tasks test`` in the CLI).
A refusal is raised as the exception Airflow's users expect (``AirflowNotFoundException``, ``KeyError`` ...) by the
callers in ``sdk``; a client itself raises ``tradewind.errors``.

Values travel as JSON text made by ``sdk.values`` (so a client never needs pandas to move a DataFrame).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol


class TaskClient(Protocol):
    """Verbs a task has. Names and arguments are the wire format: ``TaskRequest(verb, args)``."""

    def xcom_get(self, *, dag_id: str, run_id: str, task_id: str, key: str | None, map_index: int | None) -> str | None:
        """The JSON text of one value, or None. ``key=None``: the value pushed last.

        ``map_index=None`` means -1 and, failing that, a list over all indexes: then the text is a JSON array of the
        single values in index order.
        """
        ...

    def xcom_latest(self, *, dag_id: str, run_id: str, task_id: str | None, key: str | None) -> str | None:
        """The JSON text of the value pushed last in that run, whichever task (None) or key (None) it has."""
        ...

    def xcom_get_prior(self, *, dag_id: str, run_id: str, task_id: str, key: str | None) -> str | None:
        """As ``xcom_get`` but the newest value of any run with a logical date up to this run's."""
        ...

    def xcom_push(self, *, key: str, value: str, length: int | None) -> None:
        """Keep a value of this task instance. Returns once it is durable."""
        ...

    def xcom_delete(self, *, dag_id: str, run_id: str, task_id: str, key: str, map_index: int) -> None:
        """Forget one value."""
        ...

    def variable_get(self, *, key: str) -> str | None:
        """The text, or None when there is no such variable (environment and secrets backends were asked by sdk)."""
        ...

    def variable_set(self, *, key: str, value: str, description: str | None) -> None:
        """Keep a variable."""
        ...

    def variable_delete(self, *, key: str) -> bool:
        """False when there was none."""
        ...

    def connection_get(self, *, conn_id: str) -> dict[str, Any] | None:
        """Fields conn_type, host, schema, login, password, port, extra (JSON text), description; None if unknown."""
        ...

    def run_trigger(
        self,
        *,
        dag_id: str,
        run_id: str | None,
        logical_date: datetime | None,
        conf: dict[str, Any],
        reset: bool,
        note: str | None = None,
    ) -> dict[str, Any]:
        """Make a run of another DAG: {"run_id", "created": bool, "logical_date"}. Conflict when it exists and not reset."""
        ...

    def run_get(self, *, dag_id: str, run_id: str) -> dict[str, Any] | None:
        """Facts of a run (state, logical_date, run_type, conf ...), or None."""
        ...

    def runs_count(
        self, *, dag_id: str, states: list[str] | None, logical_dates: list[datetime] | None, run_ids: list[str] | None
    ) -> int:
        """Runs that match all given filters."""
        ...

    def task_states(
        self,
        *,
        dag_id: str,
        task_ids: list[str] | None,
        group_id: str | None,
        logical_dates: list[datetime] | None,
        run_ids: list[str] | None,
    ) -> dict[str, dict[str, str]]:
        """{run_id: {task_id or task_id_mapindex: state}} of the runs that match."""
        ...

    def dag_exists(self, *, dag_id: str) -> dict[str, Any] | None:
        """{"is_paused", "fileloc", "task_ids", "group_ids"} of a known DAG, or None."""
        ...

    def previous_run(self, *, dag_id: str, run_id: str, state: str | None) -> dict[str, Any] | None:
        """Facts of the run before this one (by logical date), of that state when given."""
        ...

    def ti_history(self, *, dag_id: str, run_id: str, task_id: str, map_index: int) -> dict[str, Any]:
        """{"state", "try_number", "max_tries", "first_started_at", "prev_state"} of an instance as the store sees it."""
        ...

    def asset_events(self, *, uri: str | None, name: str | None, alias: str | None, limit: int) -> list[dict[str, Any]]:
        """The newest events of an asset (by address, else by name), or of all assets an alias stands for; oldest first.

        Each has uri, name, group, extra, timestamp, source_dag_id, source_run_id, source_task_id, source_map_index.
        """
        ...
