"""Assets, their events, and how far each consumer has read."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, String, Table

from tradewind.store.tables.base import Json, Key, UtcTime, metadata

asset = Table(
    "asset",
    metadata,
    Column("uri", String(1500).with_variant(String(700), "mysql", "mariadb"), primary_key=True),
    Column("name", String(1500), nullable=False),
    Column("group", String(1500), nullable=False, default="asset"),
    Column("extra", Json, nullable=False),
)

#: Append-only: the id is the sequence number that cursors point into.
asset_event = Table(
    "asset_event",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("uri", String(1500).with_variant(String(700), "mysql", "mariadb"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("extra", Json, nullable=False),
    Column("source_dag_id", String(250)),
    Column("source_run_id", String(250)),
    Column("source_task_id", String(250)),
    Column("source_map_index", Key),
    Index("ix_asset_event_uri", "uri", "id"),
)

#: The cursor moves in the same transaction that makes the run, so an event is used once and never lost.
asset_cursor = Table(
    "asset_cursor",
    metadata,
    Column("dag_id", String(250), nullable=False),
    Column("uri", String(1500).with_variant(String(500), "mysql", "mariadb"), nullable=False),
    Column("last_event_id", Key, nullable=False),
    PrimaryKeyConstraint("dag_id", "uri"),
)

#: Which events a run was made from.
run_asset_event = Table(
    "run_asset_event",
    metadata,
    Column("run_pk", Key, nullable=False),
    Column("event_id", Key, nullable=False),
    PrimaryKeyConstraint("run_pk", "event_id"),
)

#: Assets that tasks updated through an alias: whoever waits for the alias waits for all of them.
asset_alias = Table(
    "asset_alias",
    metadata,
    Column("name", String(250), nullable=False),
    Column("uri", String(1500).with_variant(String(500), "mysql", "mariadb"), nullable=False),
    PrimaryKeyConstraint("name", "uri"),
)
