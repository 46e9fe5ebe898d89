"""DAG runs, task instances, attempts, and the journal of every move."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from tradewind.domain.states import DONE, RUN_DONE, RunState, TaskState
from tradewind.store.tables.base import Json, Key, LongText, UtcTime, metadata


def _in(values: object) -> str:
    return ", ".join(f"'{v}'" for v in sorted(values))  # type: ignore[call-overload]


dag_run = Table(
    "dag_run",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("dag_id", String(250), nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("run_type", String(50), nullable=False),
    Column("state", String(20), nullable=False),
    Column("logical_date", UtcTime),
    Column("interval_start", UtcTime),
    Column("interval_end", UtcTime),
    Column("run_after", UtcTime, nullable=False),
    Column("queued_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("conf", Json, nullable=False),
    Column("version_id", Key, nullable=False),  # the run is pinned to it
    Column("triggered_by", String(250)),  # scheduler, user name, dag_id of a TriggerDagRunOperator ...
    Column("note", LongText),
    Column("backfill_id", Key),  # the backfill that made it, or ran it again last
    Column("options", Json),  # what sets it apart from the DAG: domain.rules.adapt.RunOptions
    #: which scheduler drives the run, and until when the others must leave it alone
    Column("owner", String(100)),
    Column("owner_until", UtcTime),
    #: raised by every verb that changes the run from outside its scheduler, which then reads the run afresh
    Column("touched", Integer, nullable=False, default=0),
    UniqueConstraint("dag_id", "run_id"),
    CheckConstraint(f"state IN ({_in(RunState)})", name="state"),
    CheckConstraint(f"(ended_at IS NOT NULL) = (state IN ({_in(RUN_DONE)}))", name="ended"),
    Index(
        "ix_dag_run_open",
        "state",
        "dag_id",
        sqlite_where=text("state IN ('queued', 'running')"),
        postgresql_where=text("state IN ('queued', 'running')"),
    ),
    Index("ix_dag_run_recent", "dag_id", "run_after"),
    Index("ix_dag_run_logical", "dag_id", "logical_date"),
    # What came before in the schedule, however many runs were triggered meanwhile.
    Index(
        "ix_dag_run_planned",
        "dag_id",
        "logical_date",
        sqlite_where=text("run_type IN ('scheduled', 'backfill')"),
        postgresql_where=text("run_type IN ('scheduled', 'backfill')"),
    ),
    Index(
        "ix_dag_run_backfill",
        "backfill_id",
        "state",
        sqlite_where=text("backfill_id IS NOT NULL"),
        postgresql_where=text("backfill_id IS NOT NULL"),
    ),
    # One scheduled run per interval, whatever else happens (ARCHITECTURE section 4, rule 5).
    Index(
        "uq_dag_run_scheduled",
        "dag_id",
        "logical_date",
        unique=True,
        sqlite_where=text("run_type = 'scheduled'"),
        postgresql_where=text("run_type = 'scheduled'"),
    ),
)

task_instance = Table(
    "task_instance",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("run_pk", Key, ForeignKey("dag_run.id", ondelete="CASCADE"), nullable=False),
    Column("dag_id", String(250), nullable=False),  # repeated so that limits need no join
    Column("task_id", String(250), nullable=False),
    Column("map_index", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("try_number", Integer, nullable=False, default=0),  # 0 before the first attempt
    Column("max_tries", Integer, nullable=False),  # retries + 1; raised by clear
    Column("attempt_id", String(32)),  # the live or last attempt: the fencing token
    Column("operator", String(250), nullable=False),
    Column("pool", String(250), nullable=False),
    Column("pool_slots", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("queue", String(250), nullable=False),
    Column("limits", Text),  # its limits by key as JSON, the keys filled in; NULL for none
    Column("scheduled_at", UtcTime),
    Column("queued_at", UtcTime),
    Column("started_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("next_try_at", UtcTime),  # for up_for_retry and up_for_reschedule; deadline for deferred
    Column("resume", Json),  # what a deferral or reschedule left for the next attempt
    Column("lost_count", Integer, nullable=False, default=0),  # restarts after a lost worker, not counted as tries
    Column("rendered", Json),  # template fields of the last attempt
    Column("map_label", String(250)),
    Column("note", LongText),
    UniqueConstraint("run_pk", "task_id", "map_index"),
    CheckConstraint(f"state IN ({_in(TaskState)})", name="state"),
    CheckConstraint(f"(ended_at IS NOT NULL) OR (state NOT IN ({_in(DONE)}))", name="ended"),
    # Slots are counted from these rows and nowhere else, so they can neither leak nor be counted twice.
    Index(
        "ix_task_instance_slots",
        "state",
        "pool",
        "dag_id",
        sqlite_where=text("state IN ('queued', 'running')"),
        postgresql_where=text("state IN ('queued', 'running')"),
    ),
    Index(
        "ix_task_instance_due",
        "next_try_at",
        sqlite_where=text("state IN ('up_for_retry', 'up_for_reschedule', 'deferred')"),
        postgresql_where=text("state IN ('up_for_retry', 'up_for_reschedule', 'deferred')"),
    ),
    Index("ix_task_instance_task", "dag_id", "task_id"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", String(32), primary_key=True),  # drawn by the scheduler; every message about the try carries it
    Column("ti_id", Key, ForeignKey("task_instance.id", ondelete="CASCADE"), nullable=False),
    Column("try_number", Integer, nullable=False),
    Column("state", String(20), nullable=False),  # queued, running, or how it ended (a TaskState)
    Column("executor", String(100), nullable=False),
    Column(
        "worker", String(250)
    ),  # machine and home of the scheduler that handed it over: its executors may know of it
    Column("host", String(250)),
    Column("pid", Integer),
    Column("queued_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("lease_until", UtcTime),  # NULL once ended; expired = lost
    Column("error", LongText),
    Column("log_path", String(1500), nullable=False),
    Index("ix_attempt_ti", "ti_id"),
    Index(
        "ix_attempt_lease",
        "lease_until",
        sqlite_where=text("lease_until IS NOT NULL"),
        postgresql_where=text("lease_until IS NOT NULL"),
    ),
)

journal = Table(
    "journal",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("run_pk", Key, nullable=False),
    Column("ti_id", Key),  # NULL: the run itself moved
    Column("before", String(20), nullable=False),
    Column("after", String(20), nullable=False),
    Column("why", Text, nullable=False),
    Column("actor", String(250), nullable=False),  # "scheduler", or the user's name
    Column("attempt_id", String(32)),
    Index("ix_journal_run", "run_pk", "id"),
)

# What rate limits count: one row for each start, kept as long as the window looks back.
rate_start = Table(
    "rate_start",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("limit_key", String(250), nullable=False),
    Column("per_us", Key, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("ix_rate_start", "limit_key", "per_us", "at"),
)
