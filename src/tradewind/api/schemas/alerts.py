"""What the routes of callbacks, SLAs and deadlines answer."""

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


class SlaMiss(Answer):
    """A task that had not succeeded when its SLA was over."""

    dag_id: str
    task_id: str
    dag_run_id: str
    logical_date: datetime | None
    run_start_date: datetime | None
    due_at: datetime
    timestamp: datetime
    email_sent: bool
    notification_sent: bool
    callback_id: int | None


class SlaMissCollection(Answer):
    """A page of missed SLAs."""

    sla_misses: list[SlaMiss]
    total_entries: int


class Deadline(Answer):
    """A deadline of a run: waiting, met or missed."""

    number: int
    due_at: datetime
    state: str


class DeadlineCollection(Answer):
    """The deadlines of a run."""

    deadlines: list[Deadline]
    total_entries: int


def sla_miss_document(row: dict[str, Any]) -> dict[str, Any]:
    """One missed SLA."""
    same = ("dag_id", "task_id", "logical_date", "due_at", "email_sent", "notification_sent", "callback_id")
    return {name: row[name] for name in same} | {
        "dag_run_id": row["run_id"],
        "execution_date": row["logical_date"],
        "run_start_date": row["run_started_at"],
        "timestamp": row["missed_at"],
    }


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
