"""Moments at which runs are looked at, and what was missed then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tradewind.domain.rules import deadlines as rules
from tradewind.domain.rules.deadlines import Look
from tradewind.domain.spec import DagSpec
from tradewind.store.engine import Conn, run, us
from tradewind.store.reads import deadlines as reads


def set_up(
    conn: Conn,
    run_pk: int,
    spec: DagSpec,
    *,
    logical_date: datetime | None,
    now: datetime,
    scheduled_start: datetime | None = None,
) -> None:
    """For a run that was just made, when its DAG has deadlines; or SLAs, which count from ``scheduled_start`` and for
    scheduled runs only.
    """
    looks: list[Look] = []
    if scheduled_start is not None:
        looks += rules.sla_looks(spec, scheduled_start)
    if spec.deadlines:
        looks += rules.deadline_looks(spec, logical_date, now, lambda most: reads.runtimes(conn, spec.dag_id, most))
    text = "INSERT INTO run_deadline (run_pk, kind, number, due_at, state) VALUES (?, ?, ?, ?, 'waiting')"
    run(conn, text, [(run_pk, look.kind, look.number, us(look.due_at)) for look in looks])


def close(conn: Conn, rows: Sequence[tuple[str, int, str, int]]) -> None:
    """How deadlines ended: (met or missed, run, kind, number)."""
    run(conn, "UPDATE run_deadline SET state = ? WHERE run_pk = ? AND kind = ? AND number = ?", rows)


def drop(conn: Conn, rows: Sequence[tuple[int, str, int]]) -> None:
    """SLAs that were looked at: what was missed stands in rows of its own."""
    run(conn, "DELETE FROM run_deadline WHERE run_pk = ? AND kind = ? AND number = ?", rows)


def miss_slas(
    conn: Conn, rows: Sequence[tuple[int, str, str, datetime]], at: datetime, callback_id: int | None
) -> None:
    """Tasks that missed theirs: (run, DAG, task, when it was due)."""
    text = (
        "INSERT INTO sla_miss (run_pk, dag_id, task_id, due_at, missed_at, callback_id, email_sent, notification_sent)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    )
    run(conn, text, [(r[0], r[1], r[2], us(r[3]), us(at), callback_id, False, False) for r in rows])


def told(conn: Conn, callback_id: int, *, email: bool, notification: bool) -> None:
    """People were told of them."""
    text = (
        "UPDATE sla_miss SET email_sent = (email_sent OR ?), notification_sent = (notification_sent OR ?)"
        " WHERE callback_id = ?"
    )
    run(conn, text, [(email, notification, callback_id)])
