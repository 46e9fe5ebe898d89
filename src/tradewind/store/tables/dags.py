"""DAG files, DAGs and their versions."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, UniqueConstraint

from tradewind.store.tables.base import FilePath, Json, Key, LongText, UtcTime, metadata

dag = Table(
    "dag",
    metadata,
    Column("dag_id", String(250), primary_key=True),
    Column("version_id", Key, nullable=True),  # newest version; the one new runs are pinned to
    Column("bundle", String(250), nullable=False),
    Column("fileloc", FilePath, nullable=False),  # relative to the bundle
    Column("is_paused", Boolean, nullable=False),
    Column("is_active", Boolean, nullable=False),  # False: no file declares it any more
    Column("has_import_errors", Boolean, nullable=False, default=False),  # the last good version runs on
    Column("description", LongText),
    Column("tags", Json, nullable=False),
    Column("owners", Json, nullable=False),
    Column("timetable_summary", String(250)),
    Column("timetable_description", String(1000)),
    Column("next_run_after", UtcTime),  # when the next scheduled run is due; NULL: never by itself
    Column("next_logical_date", UtcTime),
    Column("next_interval_start", UtcTime),
    Column("next_interval_end", UtcTime),
    Column("last_parsed_at", UtcTime, nullable=False),
    Column("max_active_runs", Integer, nullable=False),
    Column("max_active_tasks", Integer, nullable=False),
    Column("team", String(250)),  # whose share of the slots it takes; NULL: its own
    Column("failed_runs_in_a_row", Integer, nullable=False, default=0),
    Index("ix_dag_due", "next_run_after"),
    Index("ix_dag_file", "bundle", "fileloc"),
)

dag_version = Table(
    "dag_version",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("dag_id", String(250), nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2, 3 ... per DAG, for people
    Column("hash", String(64), nullable=False),  # of what the file read: source, imported modules, data files
    Column("spec", Json, nullable=False),  # codec.dump(DagSpec)
    Column("source_hash", String(64), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("dag_id", "number"),
    UniqueConstraint("dag_id", "hash"),
)

dag_source = Table(
    "dag_source",
    metadata,
    Column("hash", String(64), primary_key=True),  # sha256 of the text
    Column("fileloc", FilePath, nullable=False),
    Column("source", LongText, nullable=False),
)

dag_file = Table(
    "dag_file",
    metadata,
    Column("bundle", String(250), primary_key=True),
    Column("fileloc", FilePath, primary_key=True),
    Column("hash", String(64), nullable=False),  # of what it read, at the last parse
    Column(
        "reads", Json, nullable=False
    ),  # {"files": {path: sha256}, "variables": [...], "connections": [...], "volatile": bool}
    Column("dag_ids", Json, nullable=False),
    Column("parsed_at", UtcTime, nullable=False),
    Column("seconds", Integer, nullable=False, default=0),  # milliseconds of the last parse
    Column("warnings", Json, nullable=False),  # [{"message", "line", "code"}]
)

import_error = Table(
    "import_error",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("bundle", String(250), nullable=False),
    Column("fileloc", FilePath, nullable=False),
    Column("code", String(50), nullable=False),
    Column("message", LongText, nullable=False),  # one line
    Column("line", Integer),
    Column("hint", LongText),
    Column("stacktrace", LongText),
    Column("at", UtcTime, nullable=False),
    UniqueConstraint("bundle", "fileloc"),
)
