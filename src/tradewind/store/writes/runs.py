"""Making, touching and deleting runs. States themselves are moved by ``store.transitions``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tradewind.domain.states import RunState
from tradewind.store import transitions
from tradewind.store.engine import Conn, as_json, query, run, us

_TOUCHED_FROM = 1 << 30


def insert(
    conn: Conn,
    *,
    dag_id: str,
    run_id: str,
    run_type: str,
    version_id: int,
    now: datetime,
    run_after: datetime,
    logical_date: datetime | None,
    interval: tuple[datetime, datetime] | None,
    conf: dict[str, Any],
    triggered_by: str,
    note: str | None = None,
    backfill_id: int | None = None,
    options: dict[str, Any] | None = None,
) -> int:
    """A queued run; its key. Raises IntegrityError when the run (or its interval) exists already."""
    columns: dict[str, Any] = {
        "dag_id": dag_id,
        "run_id": run_id,
        "run_type": run_type,
        "logical_date": us(logical_date),
        "interval_start": us(interval[0]) if interval else None,
        "interval_end": us(interval[1]) if interval else None,
        "run_after": us(run_after),
        "queued_at": us(now),
        "conf": as_json(conf),
        "version_id": version_id,
        "triggered_by": triggered_by,
        "note": note,
        "backfill_id": backfill_id,
        "options": as_json(options),
        # Not 0: SQLite gives the key of a deleted run again, and who still has that one's book must see the difference.
        "touched": (us(now) or 0) % _TOUCHED_FROM,
    }
    transitions.insert_run(conn, columns, RunState.QUEUED)
    rows = query(conn, "SELECT id FROM dag_run WHERE dag_id = ? AND run_id = ?", (dag_id, run_id))
    pk = int(rows[0][0])
    transitions.journal_run(
        conn, pk, "none", "queued", why=f"{run_type} run created", at=now, actor=triggered_by or "scheduler"
    )
    return pk


def touch(conn: Conn, run_pk: int) -> None:
    """Tell the scheduler that drives the run that it was changed from outside."""
    run(conn, "UPDATE dag_run SET touched = touched + 1 WHERE id = ?", [(run_pk,)])


def set_version(conn: Conn, run_pk: int, version_id: int) -> None:
    """Pin the run to another version."""
    run(conn, "UPDATE dag_run SET version_id = ? WHERE id = ?", [(version_id, run_pk)])


def set_backfill(
    conn: Conn, run_pk: int, backfill_id: int, options: dict[str, Any] | None, conf: dict[str, Any]
) -> None:
    """This backfill runs it again, with its own conf if it has one."""
    text = "UPDATE dag_run SET backfill_id = ?, options = ?, conf = COALESCE(?, conf) WHERE id = ?"
    run(conn, text, [(backfill_id, as_json(options), as_json(conf or None), run_pk)])


def set_needs(conn: Conn, rows: Sequence[tuple[Any, ...]]) -> None:
    """What instances need to run: (pool, pool_slots, priority, queue, limits, run, task). Those that hold slots now keep
    what they hold.
    """
    text = (
        "UPDATE task_instance SET pool = ?, pool_slots = ?, priority = ?, queue = ?, limits = ?"
        " WHERE run_pk = ? AND task_id = ? AND state NOT IN ('queued', 'running')"
    )
    run(conn, text, rows)


def set_note(conn: Conn, run_pk: int, note: str | None) -> None:
    """What people wrote on the run."""
    run(conn, "UPDATE dag_run SET note = ? WHERE id = ?", [(note, run_pk)])


def set_task_note(conn: Conn, ti_id: int, note: str | None) -> None:
    """What people wrote on the task instance."""
    run(conn, "UPDATE task_instance SET note = ? WHERE id = ?", [(note, ti_id)])


def set_map_index(conn: Conn, ti_id: int, map_index: int) -> None:
    """The unexpanded row of a mapped task becomes its first instance."""
    run(conn, "UPDATE task_instance SET map_index = ? WHERE id = ?", [(map_index, ti_id)])


def delete(conn: Conn, run_pk: int) -> None:
    """Remove a run with everything of it."""
    run(conn, "DELETE FROM attempt WHERE ti_id IN (SELECT id FROM task_instance WHERE run_pk = ?)", [(run_pk,)])
    for table in ("xcom", "task_instance", "journal", "run_asset_event"):
        run(conn, f"DELETE FROM {table} WHERE run_pk = ?", [(run_pk,)])
    run(conn, "DELETE FROM dag_run WHERE id = ?", [(run_pk,)])


def audit(
    conn: Conn,
    *,
    at: datetime,
    actor: str,
    verb: str,
    origin: str,
    details: dict[str, Any],
    dag_id: str | None = None,
    run_id: str | None = None,
    task_id: str | None = None,
) -> None:
    """One line of the audit log: who did what."""
    text = (
        "INSERT INTO audit (at, actor, verb, dag_id, run_id, task_id, details, origin) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    )
    run(conn, text, [(us(at), actor, verb, dag_id, run_id, task_id, as_json(details), origin)])


def set_paused(conn: Conn, dag_id: str, paused: bool) -> bool:
    """Switch a DAG; False when it stood so already."""
    return run(conn, "UPDATE dag SET is_paused = ? WHERE dag_id = ? AND is_paused <> ?", [(paused, dag_id, paused)]) > 0
