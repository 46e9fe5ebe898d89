"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tradewind.store.tables.base import FilePath, Json, Key, LongText, UtcTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    # MySQL has no partial indexes: there the rule of one scheduled run per interval rests on the locked dag row alone.
    partial = op.get_bind().dialect.name in ("sqlite", "postgresql")
    op.create_table(
        "asset",
        sa.Column(
            "uri",
            sa.String(length=1500)
            .with_variant(sa.String(length=700), "mariadb")
            .with_variant(sa.String(length=700), "mysql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=1500), nullable=False),
        sa.Column("group", sa.String(length=1500), nullable=False),
        sa.Column("extra", Json(), nullable=False),
        sa.PrimaryKeyConstraint("uri", name=op.f("pk_asset")),
    )
    op.create_table(
        "asset_cursor",
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column(
            "uri",
            sa.String(length=1500)
            .with_variant(sa.String(length=500), "mariadb")
            .with_variant(sa.String(length=500), "mysql"),
            nullable=False,
        ),
        sa.Column("last_event_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("dag_id", "uri", name=op.f("pk_asset_cursor")),
    )
    op.create_table(
        "asset_event",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column(
            "uri",
            sa.String(length=1500)
            .with_variant(sa.String(length=700), "mariadb")
            .with_variant(sa.String(length=700), "mysql"),
            nullable=False,
        ),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("extra", Json(), nullable=False),
        sa.Column("source_dag_id", sa.String(length=250), nullable=True),
        sa.Column("source_run_id", sa.String(length=250), nullable=True),
        sa.Column("source_task_id", sa.String(length=250), nullable=True),
        sa.Column("source_map_index", Key, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset_event")),
    )
    op.create_index("ix_asset_event_uri", "asset_event", ["uri", "id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.String(length=250), nullable=False),
        sa.Column("verb", sa.String(length=100), nullable=False),
        sa.Column("dag_id", sa.String(length=250), nullable=True),
        sa.Column("run_id", sa.String(length=250), nullable=True),
        sa.Column("task_id", sa.String(length=250), nullable=True),
        sa.Column("details", Json(), nullable=False),
        sa.Column("origin", LongText, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_dag", "audit", ["dag_id", "id"], unique=False)
    op.create_table(
        "connection",
        sa.Column("conn_id", sa.String(length=250), nullable=False),
        sa.Column("conn_type", sa.String(length=500), nullable=False),
        sa.Column("description", LongText, nullable=True),
        sa.Column("host", sa.String(length=500), nullable=True),
        sa.Column("schema", sa.String(length=500), nullable=True),
        sa.Column("login", LongText, nullable=True),
        sa.Column("password", LongText, nullable=True),
        sa.Column("port", sa.Integer(), nullable=True),
        sa.Column("extra", LongText, nullable=True),
        sa.Column("is_encrypted", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("conn_id", name=op.f("pk_connection")),
    )
    op.create_table(
        "dag",
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("version_id", Key, nullable=True),
        sa.Column("bundle", sa.String(length=250), nullable=False),
        sa.Column("fileloc", FilePath, nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("has_import_errors", sa.Boolean(), nullable=False),
        sa.Column("description", LongText, nullable=True),
        sa.Column("tags", Json(), nullable=False),
        sa.Column("owners", Json(), nullable=False),
        sa.Column("timetable_summary", sa.String(length=250), nullable=True),
        sa.Column("timetable_description", sa.String(length=1000), nullable=True),
        sa.Column("next_run_after", UtcTime(), nullable=True),
        sa.Column("next_logical_date", UtcTime(), nullable=True),
        sa.Column("next_interval_start", UtcTime(), nullable=True),
        sa.Column("next_interval_end", UtcTime(), nullable=True),
        sa.Column("last_parsed_at", UtcTime(), nullable=False),
        sa.Column("max_active_runs", sa.Integer(), nullable=False),
        sa.Column("max_active_tasks", sa.Integer(), nullable=False),
        sa.Column("failed_runs_in_a_row", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("dag_id", name=op.f("pk_dag")),
    )
    op.create_index("ix_dag_due", "dag", ["next_run_after"], unique=False)
    op.create_index("ix_dag_file", "dag", ["bundle", "fileloc"], unique=False)
    op.create_table(
        "dag_file",
        sa.Column("bundle", sa.String(length=250), nullable=False),
        sa.Column("fileloc", FilePath, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("reads", Json(), nullable=False),
        sa.Column("dag_ids", Json(), nullable=False),
        sa.Column("parsed_at", UtcTime(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("warnings", Json(), nullable=False),
        sa.PrimaryKeyConstraint("bundle", "fileloc", name=op.f("pk_dag_file")),
    )
    op.create_table(
        "dag_run",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("run_id", sa.String(length=250), nullable=False),
        sa.Column("run_type", sa.String(length=50), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("logical_date", UtcTime(), nullable=True),
        sa.Column("interval_start", UtcTime(), nullable=True),
        sa.Column("interval_end", UtcTime(), nullable=True),
        sa.Column("run_after", UtcTime(), nullable=False),
        sa.Column("queued_at", UtcTime(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("conf", Json(), nullable=False),
        sa.Column("version_id", Key, nullable=False),
        sa.Column("triggered_by", sa.String(length=250), nullable=True),
        sa.Column("note", LongText, nullable=True),
        sa.Column("backfill_id", Key, nullable=True),
        sa.Column("owner", sa.String(length=100), nullable=True),
        sa.Column("owner_until", UtcTime(), nullable=True),
        sa.Column("touched", sa.Integer(), nullable=False),
        sa.CheckConstraint("(ended_at IS NOT NULL) = (state IN ('failed', 'success'))", name=op.f("ck_dag_run_ended")),
        sa.CheckConstraint("state IN ('failed', 'queued', 'running', 'success')", name=op.f("ck_dag_run_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dag_run")),
        sa.UniqueConstraint("dag_id", "run_id", name=op.f("uq_dag_run_dag_id_run_id")),
    )
    op.create_index("ix_dag_run_logical", "dag_run", ["dag_id", "logical_date"], unique=False)
    op.create_index(
        "ix_dag_run_open",
        "dag_run",
        ["state", "dag_id"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'running')"),
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_index("ix_dag_run_recent", "dag_run", ["dag_id", "run_after"], unique=False)
    op.create_index(
        "uq_dag_run_scheduled",
        "dag_run",
        ["dag_id", "logical_date"],
        unique=partial,
        sqlite_where=sa.text("run_type = 'scheduled'"),
        postgresql_where=sa.text("run_type = 'scheduled'"),
    )
    op.create_table(
        "dag_source",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("fileloc", FilePath, nullable=False),
        sa.Column("source", LongText, nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_dag_source")),
    )
    op.create_table(
        "dag_version",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("spec", Json(), nullable=False),
        sa.Column("source_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dag_version")),
        sa.UniqueConstraint("dag_id", "hash", name=op.f("uq_dag_version_dag_id_hash")),
        sa.UniqueConstraint("dag_id", "number", name=op.f("uq_dag_version_dag_id_number")),
    )
    op.create_table(
        "fact",
        sa.Column("key", sa.String(length=250), nullable=False),
        sa.Column("value", Json(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_fact")),
    )
    op.create_table(
        "import_error",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("bundle", sa.String(length=250), nullable=False),
        sa.Column("fileloc", FilePath, nullable=False),
        sa.Column("code", sa.String(length=50), nullable=False),
        sa.Column("message", LongText, nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("hint", LongText, nullable=True),
        sa.Column("stacktrace", LongText, nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_error")),
        sa.UniqueConstraint("bundle", "fileloc", name=op.f("uq_import_error_bundle_fileloc")),
    )
    op.create_table(
        "journal",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("run_pk", Key, nullable=False),
        sa.Column("ti_id", Key, nullable=True),
        sa.Column("before", sa.String(length=20), nullable=False),
        sa.Column("after", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=250), nullable=False),
        sa.Column("attempt_id", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    op.create_index("ix_journal_run", "journal", ["run_pk", "id"], unique=False)
    op.create_table(
        "pool",
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("description", LongText, nullable=True),
        sa.Column("include_deferred", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pool")),
    )
    op.create_table(
        "process",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=50), nullable=False),
        sa.Column("host", sa.String(length=250), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("beat_at", UtcTime(), nullable=False),
        sa.Column("progress_at", UtcTime(), nullable=False),
        sa.Column("details", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process")),
    )
    op.create_table(
        "run_asset_event",
        sa.Column("run_pk", Key, nullable=False),
        sa.Column("event_id", Key, nullable=False),
        sa.PrimaryKeyConstraint("run_pk", "event_id", name=op.f("pk_run_asset_event")),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=250), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.create_table(
        "user",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("username", sa.String(length=250), nullable=False),
        sa.Column("password_hash", sa.String(length=500), nullable=False),
        sa.Column("first_name", sa.String(length=250), nullable=False),
        sa.Column("last_name", sa.String(length=250), nullable=False),
        sa.Column("email", sa.String(length=500), nullable=False),
        sa.Column("roles", Json(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("last_login_at", UtcTime(), nullable=True),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("username", name=op.f("uq_user_username")),
    )
    op.create_table(
        "variable",
        sa.Column("key", sa.String(length=250), nullable=False),
        sa.Column("value", LongText, nullable=False),
        sa.Column("is_encrypted", sa.Boolean(), nullable=False),
        sa.Column("description", LongText, nullable=True),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_variable")),
    )
    op.create_table(
        "task_instance",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("run_pk", Key, nullable=False),
        sa.Column("dag_id", sa.String(length=250), nullable=False),
        sa.Column("task_id", sa.String(length=250), nullable=False),
        sa.Column("map_index", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("try_number", sa.Integer(), nullable=False),
        sa.Column("max_tries", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.String(length=32), nullable=True),
        sa.Column("operator", sa.String(length=250), nullable=False),
        sa.Column("pool", sa.String(length=250), nullable=False),
        sa.Column("pool_slots", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(length=250), nullable=False),
        sa.Column("scheduled_at", UtcTime(), nullable=True),
        sa.Column("queued_at", UtcTime(), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("next_try_at", UtcTime(), nullable=True),
        sa.Column("resume", Json(), nullable=True),
        sa.Column("lost_count", sa.Integer(), nullable=False),
        sa.Column("rendered", Json(), nullable=True),
        sa.Column("map_label", sa.String(length=250), nullable=True),
        sa.Column("note", LongText, nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NOT NULL) OR (state NOT IN ('failed', 'removed', 'skipped', 'success', 'upstream_failed'))",
            name=op.f("ck_task_instance_ended"),
        ),
        sa.CheckConstraint(
            "state IN ('deferred', 'failed', 'none', 'queued', 'removed', 'running',"
            " 'scheduled', 'skipped', 'success', 'up_for_reschedule', 'up_for_retry', 'upstream_failed')",
            name=op.f("ck_task_instance_state"),
        ),
        sa.ForeignKeyConstraint(
            ["run_pk"], ["dag_run.id"], name=op.f("fk_task_instance_run_pk_dag_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_instance")),
        sa.UniqueConstraint("run_pk", "task_id", "map_index", name=op.f("uq_task_instance_run_pk_task_id_map_index")),
    )
    op.create_index(
        "ix_task_instance_due",
        "task_instance",
        ["next_try_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('up_for_retry', 'up_for_reschedule', 'deferred')"),
        postgresql_where=sa.text("state IN ('up_for_retry', 'up_for_reschedule', 'deferred')"),
    )
    op.create_index(
        "ix_task_instance_slots",
        "task_instance",
        ["state", "pool", "dag_id"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'running')"),
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_index("ix_task_instance_task", "task_instance", ["dag_id", "task_id"], unique=False)
    op.create_table(
        "xcom",
        sa.Column("run_pk", Key, nullable=False),
        sa.Column("task_id", sa.String(length=250), nullable=False),
        sa.Column("map_index", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=512), nullable=False),
        sa.Column("value", LongText, nullable=False),
        sa.Column("length", sa.Integer(), nullable=True),
        sa.Column("attempt_id", sa.String(length=32), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["run_pk"], ["dag_run.id"], name=op.f("fk_xcom_run_pk_dag_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_pk", "task_id", "map_index", "key", name=op.f("pk_xcom")),
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ti_id", Key, nullable=False),
        sa.Column("try_number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("executor", sa.String(length=100), nullable=False),
        sa.Column("worker", sa.String(length=250), nullable=True),
        sa.Column("host", sa.String(length=250), nullable=True),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("queued_at", UtcTime(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("error", LongText, nullable=True),
        sa.Column("log_path", sa.String(length=1500), nullable=False),
        sa.ForeignKeyConstraint(
            ["ti_id"], ["task_instance.id"], name=op.f("fk_attempt_ti_id_task_instance"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index(
        "ix_attempt_lease",
        "attempt",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("lease_until IS NOT NULL"),
        postgresql_where=sa.text("lease_until IS NOT NULL"),
    )
    op.create_index("ix_attempt_ti", "attempt", ["ti_id"], unique=False)


def downgrade() -> None:
    """There is nothing below the first schema."""
    raise NotImplementedError("Remove the database instead.")
