"""What the routes of callbacks answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tradewind.api.schemas.answers import Answer
from tradewind.store.reads.callbacks import CallbackRow


class Callback(Answer):
    """One callback of a DAG: why it is called, and how that went."""

    callback_id: int
    dag_id: str
    dag_run_id: str
    name: str
    reason: str
    state: str
    tries: int
    task_id: str | None
    map_index: int | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    error: str | None


class CallbackCollection(Answer):
    """A page of callbacks."""

    callbacks: list[Callback]
    total_entries: int


def callback_document(row: CallbackRow) -> dict[str, Any]:
    """One callback."""
    ti = row.details.get("ti") or {}
    return {
        "callback_id": row.id,
        "dag_id": row.dag_id,
        "dag_run_id": row.run_id,
        "name": row.name,
        "reason": row.reason,
        "state": row.state,
        "tries": row.tries,
        "task_id": ti.get("task_id"),
        "map_index": ti.get("map_index"),
        "created_at": row.created_at,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "error": row.error,
    }
