"""What DAGs ask for beyond their tasks: callbacks to call, times at which a run is looked at, and SLAs that were missed."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from tradewind.store.tables.base import Json, Key, LongText, UtcTime, metadata

_OPEN = text("state IN ('due', 'running')")
_WAITING = text("state = 'waiting'")

# A row is written in the transaction that gives the reason to call, and stays as history with the run.
callback = Table(
    "callback",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("run_pk", Key, ForeignKey("dag_run.id", ondelete="CASCADE"), nullable=False),
    Column("dag_id", String(250), nullable=False),
    Column("name", String(50), nullable=False),  # the DAG's argument: on_failure_callback, sla_miss_callback ...
    Column(
        "reason", String(50), nullable=False
    ),  # task_failure, timed_out, all_tasks_deadlocked, success, sla_miss ...
    Column("details", Json, nullable=False),  # what the function is told besides the run
    Column("state", String(20), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("attempt_id", String(32)),  # of the try that runs or ran last
    Column("created_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),  # not handed out before
    Column("started_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("lease_until", UtcTime),  # NULL unless it runs
    Column("error", LongText),
    Column("log_path", String(1500)),  # of the last try
    CheckConstraint("state IN ('due', 'running', 'success', 'failed', 'lost')", name="state"),
    Index("ix_callback_open", "state", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_callback_run", "run_pk"),
    Index("ix_callback_dag", "dag_id", "id"),
)

# When a run is looked at: which tasks with an SLA have not succeeded, or whether it ended before its deadline.
run_deadline = Table(
    "run_deadline",
    metadata,
    Column("run_pk", Key, ForeignKey("dag_run.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("kind", String(20), primary_key=True),  # sla, deadline
    Column("number", Integer, primary_key=True, autoincrement=False),  # which of the DAG's deadlines
    Column("due_at", UtcTime, nullable=False),
    Column("state", String(20), nullable=False),
    CheckConstraint("kind IN ('sla', 'deadline')", name="kind"),
    CheckConstraint("state IN ('waiting', 'met', 'missed')", name="state"),
    Index("ix_run_deadline_due", "state", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
)

sla_miss = Table(
    "sla_miss",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("run_pk", Key, ForeignKey("dag_run.id", ondelete="CASCADE"), nullable=False),
    Column("dag_id", String(250), nullable=False),
    Column("task_id", String(250), nullable=False),
    Column("due_at", UtcTime, nullable=False),  # the run's scheduled start and the SLA
    Column("missed_at", UtcTime, nullable=False),  # when it was noticed
    Column("callback_id", Key),  # what tells people of it, if anybody wants to know
    Column("email_sent", Boolean, nullable=False),
    Column("notification_sent", Boolean, nullable=False),
    UniqueConstraint("run_pk", "task_id"),  # each is reported once
    Index("ix_sla_miss_dag", "dag_id", "id"),
)
