"""Names of things, as values: which DAG, which run, which task instance."""

from __future__ import annotations

from typing import NamedTuple

#: The map index of a task instance that is not mapped.
NOT_MAPPED = -1


class TaskKey(NamedTuple):
    """One task instance, as people address it."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = NOT_MAPPED

    def __str__(self) -> str:
        mapped = f"[{self.map_index}]" if self.map_index >= 0 else ""
        return f"{self.dag_id}.{self.task_id}{mapped} {self.run_id}"


def log_path(key: TaskKey, try_number: int) -> str:
    """Where the log of one try rests, relative to the log folder (the shape of Airflow 2.x and 3.x)."""
    mapped = f"/map_index={key.map_index}" if key.map_index >= 0 else ""
    run = key.run_id.replace("/", "_")
    return f"dag_id={key.dag_id}/run_id={run}/task_id={key.task_id}{mapped}/attempt={try_number}.log"


def callback_log_path(dag_id: str, run_id: str, name: str, number: int, try_number: int) -> str:
    """Where the log of one call of a DAG's callback rests."""
    run = run_id.replace("/", "_")
    return f"dag_id={dag_id}/run_id={run}/callback={name}/{number}.attempt={try_number}.log"
