"""People, their sessions, and what they did."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table

from tradewind.store.tables.base import Json, Key, LongText, UtcTime, metadata

user = Table(
    "user",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("username", String(250), nullable=False, unique=True),
    Column("password_hash", String(500), nullable=False),
    Column("first_name", String(250), nullable=False, default=""),
    Column("last_name", String(250), nullable=False, default=""),
    Column("email", String(500), nullable=False, default=""),
    Column("roles", Json, nullable=False),  # names: Admin, Op, User, Viewer, Public
    Column("is_active", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("last_login_at", UtcTime),
    Column("failed_logins", Integer, nullable=False, default=0),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),  # sha256 of the cookie or bearer token
    Column("username", String(250), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

#: Every human verb, by whom, on what: the audit log.
audit = Table(
    "audit",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", String(250), nullable=False),
    Column("verb", String(100), nullable=False),
    Column("dag_id", String(250)),
    Column("run_id", String(250)),
    Column("task_id", String(250)),
    Column("details", Json, nullable=False),
    Column("origin", LongText),  # "cli", "api", address
    Index("ix_audit_dag", "dag_id", "id"),
)
