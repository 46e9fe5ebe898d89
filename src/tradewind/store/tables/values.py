"""XComs, variables, connections, pools."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, PrimaryKeyConstraint, String, Table

from tradewind.store.tables.base import Json, Key, LongText, UtcTime, metadata

xcom = Table(
    "xcom",
    metadata,
    Column("run_pk", Key, ForeignKey("dag_run.id", ondelete="CASCADE"), nullable=False),
    Column("task_id", String(250), nullable=False),
    Column("map_index", Integer, nullable=False),
    Column("key", String(512), nullable=False),
    Column("value", LongText, nullable=False),  # JSON text as encoded by sdk.values
    Column("length", Integer),  # of the list or dict, for dynamic mapping
    Column("attempt_id", String(32)),
    Column("at", UtcTime, nullable=False),
    PrimaryKeyConstraint("run_pk", "task_id", "map_index", "key"),
)

variable = Table(
    "variable",
    metadata,
    Column("key", String(250), primary_key=True),
    Column("value", LongText, nullable=False),  # Fernet text when is_encrypted
    Column("is_encrypted", Boolean, nullable=False),
    Column("description", LongText),
    Column("changed_at", UtcTime, nullable=False),
)

connection = Table(
    "connection",
    metadata,
    Column("conn_id", String(250), primary_key=True),
    Column("conn_type", String(500), nullable=False),
    Column("description", LongText),
    Column("host", String(500)),
    Column("schema", String(500)),
    Column("login", LongText),
    Column("password", LongText),
    Column("port", Integer),
    Column("extra", LongText),
    Column("is_encrypted", Boolean, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
)

pool = Table(
    "pool",
    metadata,
    Column("name", String(250), primary_key=True),
    Column("slots", Integer, nullable=False),  # -1: no limit
    Column("description", LongText),
    Column("include_deferred", Boolean, nullable=False),
)

#: Small facts of the installation: salt of the log-in, tour seen, file zygote notes ...
fact = Table(
    "fact",
    metadata,
    Column("key", String(250), primary_key=True),
    Column("value", Json, nullable=False),
)
