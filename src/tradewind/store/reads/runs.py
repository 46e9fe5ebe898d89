"""Questions about runs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from tradewind.store.engine import Conn, from_json, lock, marks, query, us, when


class RunRow(msgspec.Struct, kw_only=True):
    """One dag_run row."""

    id: int
    dag_id: str
    run_id: str
    run_type: str
    state: str
    logical_date: datetime | None
    interval_start: datetime | None
    interval_end: datetime | None
    run_after: datetime
    queued_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    conf: dict[str, Any]
    version_id: int
    triggered_by: str | None
    note: str | None
    owner: str | None
    touched: int
    backfill_id: int | None = None
    options: dict[str, Any] | None = None  #: what sets it apart from the DAG: domain.rules.adapt.RunOptions


class OpenRun(msgspec.Struct, kw_only=True):
    """What counts of a run that is or was active."""

    id: int
    run_id: str
    state: str
    run_after: datetime
    queued_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    def is_due(self, now: datetime) -> bool:
        """Its time has come, or had come when it was made, whatever the clock says since."""
        return self.run_after <= max(now, self.queued_at)


_COLUMNS = (
    "id, dag_id, run_id, run_type, state, logical_date, interval_start, interval_end, run_after, queued_at, started_at,"
    " ended_at, conf, version_id, triggered_by, note, owner, touched, backfill_id, options"
)


def _row(r: Any) -> RunRow:
    run_after, queued_at = when(r[8]), when(r[9])
    assert run_after is not None
    assert queued_at is not None
    return RunRow(
        id=r[0],
        dag_id=r[1],
        run_id=r[2],
        run_type=r[3],
        state=r[4],
        logical_date=when(r[5]),
        interval_start=when(r[6]),
        interval_end=when(r[7]),
        run_after=run_after,
        queued_at=queued_at,
        started_at=when(r[10]),
        ended_at=when(r[11]),
        conf=from_json(r[12]) or {},
        version_id=r[13],
        triggered_by=r[14],
        note=r[15],
        owner=r[16],
        touched=r[17],
        backfill_id=r[18],
        options=from_json(r[19]),
    )


def by_pks(conn: Conn, pks: Sequence[int]) -> list[RunRow]:
    """These runs, in any order; missing ones are left out."""
    found: list[RunRow] = []
    for at in range(0, len(pks), 500):
        part = tuple(pks[at : at + 500])
        found.extend(map(_row, query(conn, f"SELECT {_COLUMNS} FROM dag_run WHERE id IN ({marks(len(part))})", part)))
    return found


def find(conn: Conn, dag_id: str, run_id: str, *, for_update: bool = False) -> RunRow | None:
    """One run by its names; ``for_update`` keeps others from changing it until the transaction ends."""
    text = f"SELECT {_COLUMNS} FROM dag_run WHERE dag_id = ? AND run_id = ?{lock(conn) if for_update else ''}"
    rows = query(conn, text, (dag_id, run_id))
    return _row(rows[0]) if rows else None


def recent_ids(conn: Conn, dag_id: str, limit: int = 200) -> list[str]:
    """Ids of the newest runs, for "did you mean"."""
    text = f"SELECT run_id FROM dag_run WHERE dag_id = ? ORDER BY run_after DESC LIMIT {int(limit)}"
    return [row[0] for row in query(conn, text, (dag_id,))]


class First(NamedTuple):
    """The queued run of a DAG that comes first by logical date."""

    run_id: str
    date: datetime


def first_to_start(conn: Conn, dag_id: str, now: datetime) -> First | None:
    """Of the dated runs that wait for their start and may have it, the earliest."""
    text = (
        "SELECT r.run_id, r.logical_date FROM dag_run r LEFT JOIN backfill b ON b.id = r.backfill_id"
        " WHERE r.dag_id = ? AND r.state = 'queued' AND r.logical_date IS NOT NULL"
        " AND (r.run_after <= ? OR r.run_after <= r.queued_at)"
        " AND (b.id IS NULL OR b.completed_at IS NOT NULL OR b.is_paused = ?) ORDER BY r.logical_date, r.id LIMIT 1"
    )
    rows = query(conn, text, (dag_id, us(now), False))
    return First(str(rows[0][0]), when(rows[0][1]) or now) if rows else None


def newest_scheduled(conn: Conn, dag_id: str) -> RunRow | None:
    """The scheduled run with the latest logical date."""
    text = (
        f"SELECT {_COLUMNS} FROM dag_run WHERE dag_id = ? AND run_type = 'scheduled' AND logical_date IS NOT NULL"
        " ORDER BY logical_date DESC LIMIT 1"
    )
    rows = query(conn, text, (dag_id,))
    return _row(rows[0]) if rows else None


def by_logical_date(conn: Conn, dag_id: str, logical_date: datetime) -> RunRow | None:
    """The newest run of that logical date."""
    text = f"SELECT {_COLUMNS} FROM dag_run WHERE dag_id = ? AND logical_date = ? ORDER BY id DESC LIMIT 1"
    rows = query(conn, text, (dag_id, us(logical_date)))
    return _row(rows[0]) if rows else None


class Filled:
    """Intervals that backfills ran before the schedule came to them: they are not run again."""

    def __init__(self, ranges: list[tuple[int, int]]) -> None:
        self._starts = [start for start, _ in ranges]
        self._ends = [end for _, end in ranges]

    def holds(self, interval: tuple[datetime, datetime]) -> bool:
        """Whether one of their runs covers the whole interval."""
        if not self._starts:
            return False
        at = bisect_right(self._starts, us(interval[0]) or 0) - 1
        return at >= 0 and (us(interval[1]) or 0) <= self._ends[at]


def backfilled(conn: Conn, dag_id: str, since: datetime, *, several: bool = False) -> Filled:
    """What runs of backfills cover from this moment on; those of a part of the tasks do not count. ``several``: only
    runs over more than one interval.
    """
    text = (
        "SELECT r.interval_start, r.interval_end, r.run_id FROM backfill b JOIN dag_run r ON r.backfill_id = b.id"
        " WHERE b.dag_id = ? AND b.to_date >= ? AND r.run_type = 'backfill' AND r.interval_end >= ?"
        " AND (r.options IS NULL OR r.options NOT LIKE ?) ORDER BY r.interval_start"
    )
    given = (dag_id, us(since), us(since), "%task_ids%")
    found = [r for r in query(conn, text, given) if not several or r[2].count("__") > 1]
    return Filled([(int(r[0]), int(r[1])) for r in found])


def count_open(conn: Conn, dag_id: str) -> int:
    """Runs that are queued or running, backfills aside."""
    text = "SELECT COUNT(*) FROM dag_run WHERE dag_id = ? AND state IN ('queued', 'running') AND run_type <> 'backfill'"
    return int(query(conn, text, (dag_id,))[0][0])


def count_all_open(conn: Conn) -> dict[str, int]:
    """The same for every DAG that has some."""
    text = (
        "SELECT dag_id, COUNT(*) FROM dag_run WHERE state IN ('queued', 'running') AND run_type <> 'backfill'"
        " GROUP BY dag_id"
    )
    return {dag_id: int(count) for dag_id, count in query(conn, text)}


def active_since(conn: Conn, dag_id: str, since: datetime) -> list[OpenRun]:
    """Runs that are queued or running, and those that ended after ``since``; backfills aside, the oldest first."""
    columns = "SELECT id, run_id, state, run_after, queued_at, started_at, ended_at FROM dag_run WHERE dag_id = ?"
    text = (
        f"{columns} AND state IN ('queued', 'running') AND run_type <> 'backfill' UNION ALL"
        f" {columns} AND state IN ('success', 'failed') AND run_type <> 'backfill' AND ended_at > ?"
    )
    found = []
    for pk, run_id, state, run_after, queued_at, started_at, ended_at in query(conn, text, (dag_id, dag_id, us(since))):
        due, queued = when(run_after), when(queued_at)
        assert due is not None
        assert queued is not None
        found.append(
            OpenRun(
                id=pk, run_id=run_id, state=state, run_after=due, queued_at=queued,
                started_at=when(started_at), ended_at=when(ended_at),
            )
        )  # fmt: skip
    return sorted(found, key=lambda run: (run.run_after, run.id))


def previous(conn: Conn, run: RunRow, *, state: str | None = None, scheduled_only: bool = False) -> RunRow | None:
    """The run of the same DAG with the next lower logical date (of that state)."""
    if run.logical_date is None:
        return None
    values: list[Any] = [run.dag_id, us(run.logical_date)]
    where = "dag_id = ? AND logical_date < ?"
    if state is not None:
        where += " AND state = ?"
        values.append(state)
    if scheduled_only:
        where += " AND run_type IN ('scheduled', 'backfill')"
    text = f"SELECT {_COLUMNS} FROM dag_run WHERE {where} ORDER BY logical_date DESC, id DESC LIMIT 1"
    rows = query(conn, text, tuple(values))
    return _row(rows[0]) if rows else None


def matching(
    conn: Conn,
    dag_id: str,
    *,
    states: Iterable[str] | None = None,
    logical_dates: Iterable[datetime] | None = None,
    run_ids: Iterable[str] | None = None,
) -> list[RunRow]:
    """Runs of a DAG that match every filter given."""
    where, values = ["dag_id = ?"], [dag_id]
    for column, wanted in (
        ("state", states),
        ("logical_date", None if logical_dates is None else [us(d) for d in logical_dates]),
        ("run_id", run_ids),
    ):
        if wanted is not None:
            listed: list[Any] = list(wanted)
            if not listed:
                return []
            where.append(f"{column} IN ({marks(len(listed))})")
            values.extend(listed)
    rows = query(conn, f"SELECT {_COLUMNS} FROM dag_run WHERE {' AND '.join(where)} ORDER BY id", tuple(values))
    return [_row(row) for row in rows]
