"""What the parser asks at start: which files are known, what they read, and what the values they read look like now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from tradewind.store.tables.dags import dag_file, import_error
from tradewind.store.tables.values import connection, variable


@dataclass(frozen=True)
class KnownFile:
    """One DAG file as it was when last parsed."""

    bundle: str
    fileloc: str
    hash: str
    reads: dict[str, Any]
    dag_ids: list[str]
    parsed_at: datetime
    error_code: str | None  #: of its import error, when it has one


def known_files(conn: Connection) -> list[KnownFile]:
    """Every file parsed so far."""
    query = select(dag_file, import_error.c.code).outerjoin(
        import_error, (import_error.c.bundle == dag_file.c.bundle) & (import_error.c.fileloc == dag_file.c.fileloc)
    )
    return [
        KnownFile(row.bundle, row.fileloc, row.hash, row.reads, row.dag_ids, row.parsed_at, row.code)
        for row in conn.execute(query)
    ]


def known_names(conn: Connection) -> set[tuple[str, str]]:
    """Bundle and path of every file parsed so far."""
    return {(row.bundle, row.fileloc) for row in conn.execute(select(dag_file.c.bundle, dag_file.c.fileloc))}


def variable_digests(conn: Connection, keys: Iterable[str]) -> dict[str, str]:
    """A fingerprint of each stored variable among ``keys``; those that do not exist are left out."""
    wanted = sorted(set(keys))
    rows = conn.execute(select(variable.c.key, variable.c.value).where(variable.c.key.in_(wanted)))
    return {row.key: hashlib.sha256(row.value.encode()).hexdigest() for row in rows}


def connection_digests(conn: Connection, conn_ids: Iterable[str]) -> dict[str, str]:
    """A fingerprint of each stored connection among ``conn_ids``; those that do not exist are left out."""
    wanted = sorted(set(conn_ids))
    rows = conn.execute(select(connection).where(connection.c.conn_id.in_(wanted)))
    return {
        row.conn_id: hashlib.sha256(
            repr((row.conn_type, row.host, row.schema, row.login, row.password, row.port, row.extra)).encode()
        ).hexdigest()
        for row in rows
    }


def import_errors(conn: Connection) -> list[dict[str, Any]]:
    """Every import error, newest first, as plain fields."""
    rows = conn.execute(select(import_error).order_by(import_error.c.at.desc(), import_error.c.fileloc))
    return [dict(row._mapping) for row in rows]


def variable_row(conn: Connection, key: str) -> dict[str, Any] | None:
    """One stored variable as it rests (sealed when ``is_encrypted``), or None."""
    row = conn.execute(select(variable).where(variable.c.key == key)).first()
    return dict(row._mapping) if row else None


def connection_row(conn: Connection, conn_id: str) -> dict[str, Any] | None:
    """One stored connection as it rests (password and extra sealed when ``is_encrypted``), or None."""
    row = conn.execute(select(connection).where(connection.c.conn_id == conn_id)).first()
    return dict(row._mapping) if row else None
