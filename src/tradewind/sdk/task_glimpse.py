"""Another task of a run, as a running task sees it."""

from __future__ import annotations

from typing import Any

from tradewind.sdk import current


class TaskGlimpse:
    """Another task of the run: its state and its XComs."""

    def __init__(self, run: Any, task_id: str, map_index: int, state: str) -> None:
        self.dag_id, self.run_id, self.task_id, self.map_index = run.dag_id, run.run_id, task_id, map_index
        self.state, self.dag_run = state, run

    def current_state(self) -> str:
        """Its state."""
        return self.state

    def xcom_pull(self, key: str = "return_value") -> Any:
        """What it pushed."""
        context = current.get_current_context()
        return context["ti"].xcom_pull(task_ids=self.task_id, key=key, dag_id=self.dag_id)

    def __repr__(self) -> str:
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run_id} [{self.state}]>"
