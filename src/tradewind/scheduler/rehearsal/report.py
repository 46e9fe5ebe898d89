"""What a rehearsal tells: runs, overlaps, lateness, pressure on pools, tasks that never ran."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import msgspec

from tradewind.domain.spec import DagSpec
from tradewind.scheduler.rehearsal.workers import Stay
from tradewind.store.engine import Conn, query, when

#: How many of the latest runs are listed by name.
_WORST = 5
#: Who started the run that stands for everything before the rehearsal.
PAST = "past"


class RunFact(msgspec.Struct, kw_only=True, frozen=True):
    """One run of the rehearsal."""

    dag_id: str
    run_id: str
    run_type: str
    state: str
    logical_date: datetime | None
    run_after: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def late(self) -> float | None:
        """Seconds from being due to its start."""
        return None if self.started_at is None else (self.started_at - self.run_after).total_seconds()

    @property
    def seconds(self) -> float | None:
        """From its start to its end."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


class DagReport(msgspec.Struct, kw_only=True, frozen=True):
    """One DAG."""

    dag_id: str
    schedule: str
    runs: int
    states: dict[str, int]
    overlaps: int  #: runs that were due while another run of the DAG was active
    most_active: int  #: runs of the DAG at one moment
    left_out: int  #: intervals that overlap="skip" did not run
    seconds: dict[str, float]  #: of a run: median, p95, longest
    late: dict[str, float]  #: start of a run after it was due: median, p95, longest
    latest: list[dict[str, Any]]
    never_ran: dict[str, str]  #: task -> why


class PoolReport(msgspec.Struct, kw_only=True, frozen=True):
    """One pool, or the slots of the workers."""

    name: str
    slots: int
    used: float  #: mean share of the slots, 0 to 1
    full: float  #: share of the time in which no slot was free
    most: int  #: slots at one moment
    tasks: int
    waited: dict[str, float]  #: a task ready until it started: median, p95, longest


class Report(msgspec.Struct, kw_only=True, frozen=True):
    """Everything."""

    start: datetime
    end: datetime
    dags: list[DagReport]
    pools: list[PoolReport]
    workers: PoolReport
    attempts: int
    passes: int  #: of the scheduler
    runs: list[RunFact]

    def of(self, dag_id: str) -> DagReport:
        """The part about one DAG."""
        return next(dag for dag in self.dags if dag.dag_id == dag_id)

    def pool(self, name: str) -> PoolReport:
        """The part about one pool."""
        return next(pool for pool in self.pools if pool.name == name)

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        told: dict[str, Any] = msgspec.to_builtins(self)
        return told


def make_report(
    conn: Conn, specs: Sequence[DagSpec], stays: list[Stay], start: datetime, end: datetime, slots: int, passes: int
) -> Report:
    """From the tables and what the workers did."""
    runs = _runs(conn)
    waits = _waits(conn)
    skipped = dict(
        query(
            conn,
            "SELECT r.dag_id, COUNT(*) FROM journal j JOIN dag_run r ON r.id = j.run_pk"
            " WHERE j.why LIKE 'overlap=skip%' GROUP BY r.dag_id",
        )
    )
    pools = dict(query(conn, "SELECT name, slots FROM pool ORDER BY name"))
    used = sorted({task.pool for spec in specs for task in spec.tasks if not task.no_work} & set(pools))
    return Report(
        start=start,
        end=end,
        dags=[
            _dag(conn, spec, [run for run in runs if run.dag_id == spec.dag_id], skipped, pools, slots)
            for spec in specs
        ],
        pools=[
            _pool(name, pools[name], [s for s in stays if s.pool == name], waits.get(name, []), start, end)
            for name in used
        ],
        workers=_pool(
            "workers", slots, stays, [w for found in waits.values() for w in found], start, end, weighted=False
        ),
        attempts=len(stays),
        passes=passes,
        runs=runs,
    )


def _runs(conn: Conn) -> list[RunFact]:
    text = (
        "SELECT dag_id, run_id, run_type, state, logical_date, run_after, started_at, ended_at FROM dag_run"
        " WHERE triggered_by <> ? ORDER BY run_after, id"
    )
    found = []
    for dag_id, run_id, run_type, state, logical, after, started, ended in query(conn, text, (PAST,)):
        run_after = when(after)
        assert run_after is not None
        found.append(
            RunFact(
                dag_id=dag_id, run_id=run_id, run_type=run_type, state=state, logical_date=when(logical),
                run_after=run_after, started_at=when(started), ended_at=when(ended),
            )
        )  # fmt: skip
    return found


def _waits(conn: Conn) -> dict[str, list[float]]:
    """Per pool, seconds from ready to started, of the last try of each task instance."""
    found: dict[str, list[float]] = {}
    text = (
        "SELECT pool, started_at - scheduled_at FROM task_instance"
        " WHERE started_at IS NOT NULL AND scheduled_at IS NOT NULL AND attempt_id IS NOT NULL"
    )
    for pool, waited in query(conn, text):
        found.setdefault(pool, []).append(max(0.0, waited / 1e6))
    return found


def _dag(
    conn: Conn, spec: DagSpec, runs: list[RunFact], skipped: dict[str, int], pools: dict[str, int], slots: int
) -> DagReport:
    states: dict[str, int] = {}
    for run in runs:
        states[run.state] = states.get(run.state, 0) + 1
    active = [(run.run_after, run.ended_at) for run in runs]
    late = sorted((run for run in runs if run.late), key=lambda run: -(run.late or 0.0))
    return DagReport(
        dag_id=spec.dag_id,
        schedule=spec.timetable.summary,
        runs=len(runs),
        states=dict(sorted(states.items())),
        overlaps=_overlaps(active),
        most_active=_most((run.started_at, run.ended_at, 1) for run in runs),
        left_out=skipped.get(spec.dag_id, 0),
        seconds=spread([run.seconds for run in runs if run.seconds is not None]),
        late=spread([run.late for run in runs if run.late is not None]),
        latest=[{"run_id": run.run_id, "late": run.late} for run in late[:_WORST]],
        never_ran=_never_ran(conn, spec, pools, slots) if runs else {},
    )


def _never_ran(conn: Conn, spec: DagSpec, pools: dict[str, int], slots: int) -> dict[str, str]:
    """Tasks without a single attempt, and why: what holds them, or how they ended each time."""
    text = (
        "SELECT task_id, state, COUNT(*) FROM task_instance WHERE dag_id = ?"
        " AND run_pk IN (SELECT id FROM dag_run WHERE triggered_by <> ?) GROUP BY task_id, state"
    )
    ends: dict[str, dict[str, int]] = {}
    for task_id, state, count in query(conn, text, (spec.dag_id, PAST)):
        ends.setdefault(task_id, {})[state] = count
    tried = "SELECT DISTINCT t.task_id FROM task_instance t JOIN attempt a ON a.ti_id = t.id WHERE t.dag_id = ?"
    ran = {task_id for (task_id,) in query(conn, tried, (spec.dag_id,))}
    found = {}
    for task in spec.tasks:
        states = ends.get(task.task_id, {})
        if task.task_id in ran or "success" in states:
            continue
        if task.pool not in pools:
            found[task.task_id] = f"there is no pool {task.pool!r}"
        elif task.pool_slots > pools[task.pool]:
            found[task.task_id] = f"it needs {task.pool_slots} slots, pool {task.pool!r} has {pools[task.pool]}"
        elif states:
            found[task.task_id] = ", ".join(f"{count} x {state}" for state, count in sorted(states.items()))
        else:
            found[task.task_id] = "no run came to it"
    return found


def _overlaps(spans: list[tuple[datetime, datetime | None]]) -> int:
    """How many begin before all earlier ones have ended."""
    count, reach = 0, None
    for begin, end in spans:
        if reach is not None and begin < reach:
            count += 1
        last = end or datetime.max.replace(tzinfo=begin.tzinfo)
        reach = last if reach is None else max(reach, last)
    return count


def _steps(stays: Iterable[tuple[datetime | None, datetime | None, int]]) -> list[tuple[datetime, int]]:
    """The level after each change, in order of time."""
    moves: dict[datetime, int] = {}
    for begin, end, weight in stays:
        if begin is None:
            continue
        moves[begin] = moves.get(begin, 0) + weight
        if end is not None:
            moves[end] = moves.get(end, 0) - weight
    level, found = 0, []
    for moment in sorted(moves):
        level += moves[moment]
        found.append((moment, level))
    return found


def _most(stays: Iterable[tuple[datetime | None, datetime | None, int]]) -> int:
    return max((level for _, level in _steps(stays)), default=0)


def _pool(
    name: str,
    slots: int,
    stays: list[Stay],
    waited: list[float],
    start: datetime,
    end: datetime,
    *,
    weighted: bool = True,
) -> PoolReport:
    steps = _steps((stay.started_at, stay.ended_at, stay.pool_slots if weighted else 1) for stay in stays)
    whole = (end - start).total_seconds()
    used = full = 0.0
    for (begin, level), (until, _) in pairwise([*steps, (end, 0)]):
        seconds = (until - begin).total_seconds()
        used += level * seconds
        full += seconds if level >= slots else 0.0
    return PoolReport(
        name=name,
        slots=slots,
        used=round(used / (whole * slots), 4) if slots else 0.0,
        full=round(full / whole, 4),
        most=max((level for _, level in steps), default=0),
        tasks=len(stays),
        waited=spread(waited),
    )


def spread(numbers: list[float]) -> dict[str, float]:
    """Median, the value that 95 of 100 stay below, and the largest; empty for none."""
    if not numbers:
        return {}
    numbers = sorted(numbers)
    last = len(numbers) - 1
    return {
        "median": round(numbers[last // 2], 3),
        "p95": round(numbers[round(last * 0.95)], 3),
        "longest": round(numbers[-1], 3),
    }
