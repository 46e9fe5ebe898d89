"""Making and moving backfills. Their runs are made by ``store.writes.runs`` like any other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from tradewind.domain.rules.backfill import Piece
from tradewind.store.engine import Conn, as_json, query, run, us


def insert(
    conn: Conn,
    *,
    dag_id: str,
    first: datetime,
    last: datetime,
    conf: dict[str, Any],
    reprocess: str,
    backwards: bool,
    max_active_runs: int,
    options: dict[str, Any] | None,
    planned: Sequence[Piece],
    triggered_by: str,
    now: datetime,
) -> int:
    """A backfill with all its planned runs; its key."""
    text = (
        "INSERT INTO backfill (dag_id, from_date, to_date, conf, is_paused, reprocess, backwards, max_active_runs,"
        " options, total, reached, triggered_by, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)"
    )
    values = (
        dag_id, us(first), us(last), as_json(conf), False, reprocess, backwards, max_active_runs, as_json(options),
        len(planned), triggered_by, us(now), us(now),
    )  # fmt: skip
    run(conn, text, [values])
    # The dag row is locked by the caller: nobody else makes one for this DAG meanwhile.
    pk = int(query(conn, "SELECT MAX(id) FROM backfill WHERE dag_id = ?", (dag_id,))[0][0])
    rows = [
        (pk, number, us(piece.interval.start), us(piece.interval.start), us(piece.interval.end), piece.intervals)
        for number, piece in enumerate(planned)
    ]
    text = (
        "INSERT INTO backfill_run (backfill_id, ordinal, logical_date, interval_start, interval_end, intervals, outcome)"
        " VALUES (?, ?, ?, ?, ?, ?, 'planned')"
    )
    run(conn, text, rows)
    return pk


def set_outcomes(
    conn: Conn, backfill_id: int, outcomes: Iterable[tuple[int, str, int | None, str | None]], now: datetime
) -> None:
    """What became of planned runs: (ordinal, outcome, run, reason), in order; the next look begins behind them."""
    rows = [(outcome, run_pk, reason, backfill_id, ordinal) for ordinal, outcome, run_pk, reason in outcomes]
    if not rows:
        return
    run(
        conn,
        "UPDATE backfill_run SET outcome = ?, run_pk = ?, reason = ? WHERE backfill_id = ? AND ordinal = ?",
        rows,
    )
    reached = rows[-1][4] + 1
    run(conn, "UPDATE backfill SET reached = ?, updated_at = ? WHERE id = ?", [(reached, us(now), backfill_id)])


def set_paused(conn: Conn, backfill_id: int, paused: bool, now: datetime) -> None:
    """Make no new runs, or go on."""
    text = "UPDATE backfill SET is_paused = ?, updated_at = ? WHERE id = ?"
    run(conn, text, [(paused, us(now), backfill_id)])


def set_max_active_runs(conn: Conn, backfill_id: int, number: int, now: datetime) -> None:
    """More or fewer at once."""
    text = "UPDATE backfill SET max_active_runs = ?, updated_at = ? WHERE id = ?"
    run(conn, text, [(number, us(now), backfill_id)])


def complete(conn: Conn, backfill_id: int, now: datetime, *, cancelled: bool = False) -> None:
    """It is over."""
    text = (
        "UPDATE backfill SET completed_at = ?, cancelled_at = ?, updated_at = ? WHERE id = ? AND completed_at IS NULL"
    )
    run(conn, text, [(us(now), us(now) if cancelled else None, us(now), backfill_id)])


def take_back(conn: Conn, run_pks: Sequence[int]) -> None:
    """These runs were never begun and are gone: they are planned as before."""
    text = "UPDATE backfill_run SET outcome = 'planned', run_pk = NULL WHERE run_pk = ? AND outcome = 'made'"
    run(conn, text, [(pk,) for pk in run_pks])
