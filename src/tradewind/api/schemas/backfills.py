"""What the routes of backfills take and answer. The names are those of Airflow 3; what it has not is added beside."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from tradewind.actions.foretell_backfill import RunAhead, Story
from tradewind.actions.start_backfill import MAX_ACTIVE_RUNS, Wish
from tradewind.api.schemas.answers import Answer
from tradewind.api.schemas.bodies import Body
from tradewind.store.reads.backfills import BackfillRow, Tally


class BackfillBody(Body):
    """A backfill to be started, or only foretold."""

    dag_id: str = Field(min_length=1, max_length=250)
    from_date: AwareDatetime
    to_date: AwareDatetime
    run_backwards: bool = False
    dag_run_conf: dict[str, Any] | None = None
    reprocess_behavior: Literal["none", "failed", "completed"] = "none"
    max_active_runs: int = Field(default=MAX_ACTIVE_RUNS, ge=1, le=10_000)
    run_on_latest_version: bool = True  #: taken for clients of Airflow 3: runs are made of the DAG as it is then
    task_ids: list[str] | None = None  #: only these tasks
    task_regex: str | None = None  #: or those whose id matches
    include_upstream: bool = True  #: and what they need
    intervals_per_run: int | None = Field(default=None, ge=0)  #: 0: all in one run, where the DAG says it can
    pool: str | None = None
    mark_success: bool = False

    def wish(self) -> Wish:
        """For the verbs."""
        return Wish(
            dag_id=self.dag_id,
            from_date=self.from_date,
            to_date=self.to_date,
            conf=self.dag_run_conf or {},
            reprocess=self.reprocess_behavior,
            backwards=self.run_backwards,
            max_active_runs=self.max_active_runs,
            task_ids=self.task_ids,
            task_regex=self.task_regex,
            upstream=self.include_upstream,
            intervals_per_run=self.intervals_per_run,
            pool=self.pool,
            mark_success=self.mark_success,
        )


class BackfillPatch(Body):
    """What of a backfill changes while it is at work."""

    max_active_runs: int | None = Field(default=None, ge=1, le=10_000)
    is_paused: bool | None = None


class CancelBody(Body):
    """How a backfill ends."""

    stop_running: bool = False  #: end what runs, too


class Progress(Answer):
    """How far it is, in runs."""

    total: int
    done: int
    planned: int
    skipped: int
    queued: int
    running: int
    success: int
    failed: int
    deleted: int


class Backfill(Answer):
    """One backfill."""

    id: int
    dag_id: str
    from_date: datetime
    to_date: datetime
    dag_run_conf: dict[str, Any]
    is_paused: bool
    reprocess_behavior: str
    max_active_runs: int
    run_backwards: bool
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    state: str
    progress: Progress


class BackfillCollection(Answer):
    """A page of backfills."""

    backfills: list[Backfill]
    total_entries: int


class DryRunEntry(Answer):
    """One run that would be."""

    logical_date: datetime
    run_id: str
    action: str


class DryRun(Answer):
    """What a backfill would come to."""

    backfills: list[DryRunEntry]
    total_entries: int


def state_of(row: BackfillRow) -> str:
    """running, paused, completed or cancelled."""
    if row.cancelled_at is not None:
        return "cancelled"
    if row.completed_at is not None:
        return "completed"
    return "paused" if row.is_paused else "running"


def backfill_document(row: BackfillRow, tally: Tally) -> dict[str, Any]:
    """One backfill with its progress."""
    counts = {name: getattr(tally, name) for name in tally.__struct_fields__ if name != "intervals"}
    return {
        "id": row.id,
        "dag_id": row.dag_id,
        "dag_display_name": row.dag_id,
        "from_date": row.from_date,
        "to_date": row.to_date,
        "dag_run_conf": row.conf,
        "is_paused": row.is_paused,
        "reprocess_behavior": row.reprocess,
        "max_active_runs": row.max_active_runs,
        "run_backwards": row.backwards,
        "task_ids": (row.options or {}).get("task_ids"),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "completed_at": row.completed_at,
        "triggered_by": row.triggered_by,
        "state": state_of(row),
        "progress": {**counts, "done": tally.done},
    }


def foresight_document(story: Story, ahead: list[RunAhead], total: int) -> dict[str, Any]:
    """Airflow 3's answer to a dry run, with the whole story beside it."""
    return {"backfills": ahead, "total_entries": total, "preview": story}
