"""Questions about backfills."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from tradewind.errors import not_found
from tradewind.store.engine import Conn, from_json, lock, marks, query, us, when

_CHUNK = 500


class BackfillRow(msgspec.Struct, kw_only=True):
    """One backfill row."""

    id: int
    dag_id: str
    from_date: datetime
    to_date: datetime
    conf: dict[str, Any]
    is_paused: bool
    reprocess: str
    backwards: bool
    max_active_runs: int
    options: dict[str, Any] | None
    total: int
    reached: int
    triggered_by: str | None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    cancelled_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.completed_at is None


_COLUMNS = (
    "id, dag_id, from_date, to_date, conf, is_paused, reprocess, backwards, max_active_runs, options, total, reached,"
    " triggered_by, created_at, updated_at, completed_at, cancelled_at"
)


def _row(r: Any) -> BackfillRow:
    first, last, created, updated = when(r[2]), when(r[3]), when(r[13]), when(r[14])
    assert first is not None
    assert last is not None
    assert created is not None
    assert updated is not None
    return BackfillRow(
        id=r[0],
        dag_id=r[1],
        from_date=first,
        to_date=last,
        conf=from_json(r[4]) or {},
        is_paused=bool(r[5]),
        reprocess=r[6],
        backwards=bool(r[7]),
        max_active_runs=r[8],
        options=from_json(r[9]),
        total=r[10],
        reached=r[11],
        triggered_by=r[12],
        created_at=created,
        updated_at=updated,
        completed_at=when(r[15]),
        cancelled_at=when(r[16]),
    )


def the_backfill(conn: Conn, backfill_id: int, *, for_update: bool = False) -> BackfillRow:
    """One; raises NotFound."""
    text = f"SELECT {_COLUMNS} FROM backfill WHERE id = ?{lock(conn) if for_update else ''}"
    rows = query(conn, text, (backfill_id,))
    if not rows:
        known = [str(row[0]) for row in query(conn, "SELECT id FROM backfill ORDER BY id DESC LIMIT 50")]
        raise not_found("backfill", str(backfill_id), known)
    return _row(rows[0])


def list_backfills(
    conn: Conn, *, dag_id: str | None = None, active: bool | None = None, limit: int = 100, offset: int = 0
) -> tuple[int, list[BackfillRow]]:
    """How many there are, and a page of them, newest first."""
    where, values = ["1 = 1"], []
    if dag_id is not None:
        where.append("dag_id = ?")
        values.append(dag_id)
    if active is not None:
        where.append(f"completed_at IS {'' if active else 'NOT '}NULL")
    given = tuple(values)
    wanted = " AND ".join(where)
    total = int(query(conn, f"SELECT COUNT(*) FROM backfill WHERE {wanted}", given)[0][0])
    text = f"SELECT {_COLUMNS} FROM backfill WHERE {wanted} ORDER BY id DESC LIMIT {int(limit)} OFFSET {int(offset)}"
    return total, [_row(row) for row in query(conn, text, given)]


def open_backfills(conn: Conn) -> list[BackfillRow]:
    """All that go on, oldest first."""
    text = f"SELECT {_COLUMNS} FROM backfill WHERE completed_at IS NULL ORDER BY id"
    return [_row(row) for row in query(conn, text)]


def claim(conn: Conn, backfill_id: int) -> BackfillRow | None:
    """The backfill, locked until the transaction ends; None when another scheduler is at it, or it has ended."""
    skip = " FOR UPDATE SKIP LOCKED" if conn.dialect.name == "postgresql" else lock(conn)
    text = f"SELECT {_COLUMNS} FROM backfill WHERE id = ? AND completed_at IS NULL{skip}"
    rows = query(conn, text, (backfill_id,))
    return _row(rows[0]) if rows else None


class Slot(NamedTuple):
    """One planned run of a backfill."""

    ordinal: int
    logical_date: datetime
    interval_start: datetime
    interval_end: datetime
    intervals: int
    outcome: str
    run_pk: int | None
    reason: str | None
    run_id: str | None = None
    state: str | None = None


def slots(conn: Conn, backfill_id: int, first: int, limit: int) -> list[Slot]:
    """The planned runs from this ordinal on, with the run that was made of each."""
    text = (
        "SELECT s.ordinal, s.logical_date, s.interval_start, s.interval_end, s.intervals, s.outcome, s.run_pk, s.reason,"
        " r.run_id, r.state FROM backfill_run s LEFT JOIN dag_run r ON r.id = s.run_pk"
        f" WHERE s.backfill_id = ? AND s.ordinal >= ? ORDER BY s.ordinal LIMIT {int(limit)}"
    )
    found = []
    for r in query(conn, text, (backfill_id, first)):
        date, start, end = when(r[1]), when(r[2]), when(r[3])
        assert date is not None
        assert start is not None
        assert end is not None
        found.append(Slot(r[0], date, start, end, r[4], r[5], r[6], r[7], r[8], r[9]))
    return found


class Known(NamedTuple):
    """A run that stands where a backfill would make one."""

    pk: int
    run_id: str
    state: str
    logical_date: datetime | None


def runs_at(conn: Conn, dag_id: str, dates: Sequence[datetime]) -> dict[datetime, Known]:
    """The newest run of each of these logical dates."""
    found: dict[datetime, Known] = {}
    for at in range(0, len(dates), _CHUNK):
        part = dates[at : at + _CHUNK]
        text = (
            "SELECT id, run_id, state, logical_date FROM dag_run"
            f" WHERE dag_id = ? AND logical_date IN ({marks(len(part))}) ORDER BY id"
        )
        for pk, run_id, state, date in query(conn, text, (dag_id, *(us(d) for d in part))):
            moment = when(date)
            assert moment is not None
            found[moment] = Known(int(pk), run_id, state, moment)
    return found


def runs_within(conn: Conn, dag_id: str, first: datetime, last: datetime) -> dict[datetime, Known]:
    """The newest run of each logical date of the closed range."""
    text = (
        "SELECT id, run_id, state, logical_date FROM dag_run"
        " WHERE dag_id = ? AND logical_date >= ? AND logical_date <= ? ORDER BY id"
    )
    found: dict[datetime, Known] = {}
    for pk, run_id, state, date in query(conn, text, (dag_id, us(first), us(last))):
        moment = when(date)
        assert moment is not None
        found[moment] = Known(int(pk), run_id, state, moment)
    return found


def runs_named(conn: Conn, dag_id: str, run_ids: Sequence[str]) -> dict[str, Known]:
    """Those of these run ids that are taken."""
    found: dict[str, Known] = {}
    for at in range(0, len(run_ids), _CHUNK):
        part = run_ids[at : at + _CHUNK]
        text = (
            f"SELECT id, run_id, state, logical_date FROM dag_run WHERE dag_id = ? AND run_id IN ({marks(len(part))})"
        )
        for pk, run_id, state, date in query(conn, text, (dag_id, *part)):
            found[run_id] = Known(int(pk), run_id, state, when(date))
    return found


def count_open_runs(conn: Conn, backfill_id: int) -> int:
    """Runs of a backfill that are queued or running."""
    text = "SELECT COUNT(*) FROM dag_run WHERE backfill_id = ? AND state IN ('queued', 'running')"
    return int(query(conn, text, (backfill_id,))[0][0])


def running_runs(conn: Conn, backfill_ids: Sequence[int]) -> dict[int, int]:
    """Running runs of each of these backfills."""
    if not backfill_ids:
        return {}
    text = (
        f"SELECT backfill_id, COUNT(*) FROM dag_run WHERE backfill_id IN ({marks(len(backfill_ids))})"
        " AND state = 'running' GROUP BY backfill_id"
    )
    return {int(pk): int(count) for pk, count in query(conn, text, tuple(backfill_ids))}


def open_run_ids(conn: Conn, backfill_id: int, state: str) -> list[tuple[int, str]]:
    """(key, run id) of the runs of a backfill in this state."""
    text = "SELECT id, run_id FROM dag_run WHERE backfill_id = ? AND state = ? ORDER BY id"
    return [(int(pk), run_id) for pk, run_id in query(conn, text, (backfill_id, state))]


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How far a backfill is, in runs; ``done`` of ``total`` need nothing more."""

    total: int
    planned: int = 0
    skipped: int = 0
    queued: int = 0
    running: int = 0
    success: int = 0
    failed: int = 0
    deleted: int = 0
    intervals: int = 0

    @property
    def done(self) -> int:
        """Runs that have ended, were skipped, or were deleted by somebody."""
        return self.skipped + self.success + self.failed + self.deleted


def tally(conn: Conn, backfill_id: int) -> Tally:
    """Counted from the rows of the runs themselves."""
    text = (
        "SELECT s.outcome, r.state, COUNT(*), SUM(s.intervals) FROM backfill_run s"
        " LEFT JOIN dag_run r ON r.id = s.run_pk WHERE s.backfill_id = ? GROUP BY s.outcome, r.state"
    )
    counts: dict[str, int] = {}
    total = intervals = 0
    for outcome, state, number, covered in query(conn, text, (backfill_id,)):
        what = outcome if outcome in ("planned", "skipped") else (state or "deleted")
        counts[what] = counts.get(what, 0) + int(number)
        total += int(number)
        intervals += int(covered)
    return Tally(total=total, intervals=intervals, **counts)


def failed_runs(conn: Conn, backfill_id: int, limit: int = 20) -> list[str]:
    """Ids of the failed runs of its range, whoever made them."""
    text = (
        "SELECT r.run_id FROM backfill_run s JOIN dag_run r ON r.id = s.run_pk"
        f" WHERE s.backfill_id = ? AND r.state = 'failed' ORDER BY s.ordinal LIMIT {int(limit)}"
    )
    return [row[0] for row in query(conn, text, (backfill_id,))]


class History(NamedTuple):
    """How long things took lately."""

    runs: list[float]  #: seconds of the newest successful runs
    tasks: dict[str, float]  #: mean seconds of each task in them


def history(conn: Conn, dag_id: str, limit: int = 20) -> History:
    """From the newest runs that succeeded."""
    text = (
        "SELECT id, started_at, ended_at FROM dag_run WHERE dag_id = ? AND state = 'success'"
        f" AND started_at IS NOT NULL ORDER BY run_after DESC LIMIT {int(limit)}"
    )
    rows = query(conn, text, (dag_id,))
    seconds = [(int(ended) - int(started)) / 1_000_000 for _, started, ended in rows]
    if not rows:
        return History([], {})
    each = query(
        conn,
        f"SELECT task_id, AVG(ended_at - started_at) FROM task_instance WHERE run_pk IN ({marks(len(rows))})"
        " AND state = 'success' AND started_at IS NOT NULL GROUP BY task_id",
        tuple(int(row[0]) for row in rows),
    )
    return History(seconds, {task_id: float(mean) / 1_000_000 for task_id, mean in each})


def pools(conn: Conn) -> dict[str, tuple[int, int]]:
    """(slots, held now) of every pool."""
    text = (
        "SELECT p.name, p.slots, COALESCE((SELECT SUM(t.pool_slots) FROM task_instance t"
        " WHERE t.state IN ('queued', 'running') AND t.pool = p.name), 0) FROM pool p ORDER BY p.name"
    )
    return {name: (int(slots), int(held)) for name, slots, held in query(conn, text)}
