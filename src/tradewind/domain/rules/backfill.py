"""What a backfill is made of, and what becomes of an interval that has a run already. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from tradewind.domain.rules.views import Plan
from tradewind.domain.states import RUN_DONE, RunState
from tradewind.domain.timetables.contract import Interval


class Reprocess(StrEnum):
    """Which intervals that have a run are run again."""

    NONE = "none"  #: none of them
    FAILED = "failed"  #: those whose run failed
    COMPLETED = "completed"  #: those whose run has ended, well or not


class Piece(NamedTuple):
    """One run of a backfill: it covers one interval of the schedule, or several in a row."""

    interval: Interval
    intervals: int

    @property
    def run_id(self) -> str:
        """``backfill__`` and the logical date; one that covers several intervals also names its end."""
        start = f"backfill__{self.interval.start.isoformat()}"
        return start if self.intervals == 1 else f"{start}__{self.interval.end.isoformat()}"


class Fate(StrEnum):
    """What is to be done for a piece."""

    MAKE = "make"
    CLEAR = "clear"  #: the run that is there runs again
    SKIP = "skip"


def pieces(
    intervals: Sequence[Interval],
    taken: Collection[datetime],
    *,
    per_run: int,
    backwards: bool,
    covered: Collection[datetime] = (),
) -> list[Piece]:
    """The runs, in the order in which they are made. ``per_run``: intervals in one run at most, 0 for no limit.

    Intervals that begin at one of ``covered`` are left out. Where several go into one run, so are those that have a run
    of their own (``taken``), and what lies on both sides of such a gap is not joined.
    """
    found: list[Piece] = []
    if per_run == 1:
        found = [Piece(interval, 1) for interval in intervals if interval.start not in covered]
    else:
        row: list[Interval] = []
        for interval in intervals:
            if interval.start in taken or interval.start in covered:
                found += _joined(row)
                row = []
            elif per_run and len(row) == per_run:
                found += _joined(row)
                row = [interval]
            else:
                row.append(interval)
        found += _joined(row)
    return found[::-1] if backwards else found


def _joined(row: Sequence[Interval]) -> list[Piece]:
    return [Piece(Interval(row[0].start, row[-1].end), len(row))] if row else []


def fate(state: str | None, reprocess: Reprocess) -> tuple[Fate, str | None]:
    """What becomes of a piece whose run stands at ``state`` (None: there is none), and why it is skipped."""
    if state is None:
        return Fate.MAKE, None
    if RunState(state) not in RUN_DONE:
        return Fate.SKIP, f"its run is {state} now"
    if reprocess is Reprocess.COMPLETED or (reprocess is Reprocess.FAILED and state == RunState.FAILED):
        return Fate.CLEAR, None
    return Fate.SKIP, "it has run already" if state == RunState.SUCCESS else "it has run already, and failed"


class Pressure(NamedTuple):
    """How many slots of a pool one run may want at once."""

    pool: str
    slots: int


def widths(plan: Plan) -> tuple[int, list[Pressure]]:
    """How many tasks of one run may go at once, and what they want of each pool: the widest row of the graph."""
    depth: dict[int, int] = {}

    def depth_of(start: int) -> int:
        todo = [start]
        while todo:
            i = todo[-1]
            missing = [u for u in plan.tasks[i].upstream if u not in depth]
            if missing:
                todo += missing
            else:
                depth[i] = 1 + max((depth[u] for u in plan.tasks[i].upstream), default=-1)
                todo.pop()
        return depth[start]

    rows: dict[int, int] = {}
    slots: dict[tuple[str, int], int] = {}
    for task in plan.tasks:
        if task.spec.no_work:
            continue
        row = depth_of(task.index)
        rows[row] = rows.get(row, 0) + 1
        key = (task.spec.pool, row)
        slots[key] = slots.get(key, 0) + task.spec.pool_slots
    pools: dict[str, int] = {}
    for (pool, _row), wanted in slots.items():
        pools[pool] = max(pools.get(pool, 0), wanted)
    return max(rows.values(), default=0), [Pressure(pool, wanted) for pool, wanted in sorted(pools.items())]


def longest_way(plan: Plan, seconds: dict[str, float]) -> float:
    """How long the slowest chain of tasks takes, when each takes what it took before."""
    ends: dict[int, float] = {}
    for i in _in_order(plan):
        task = plan.tasks[i]
        ends[i] = max((ends[u] for u in task.upstream), default=0.0) + seconds.get(task.task_id, 0.0)
    return max(ends.values(), default=0.0)


def _in_order(plan: Plan) -> Iterable[int]:
    left = {task.index: len(task.upstream) for task in plan.tasks}
    todo = [i for i, count in left.items() if not count]
    while todo:
        i = todo.pop()
        yield i
        for d in plan.tasks[i].downstream:
            left[d] -= 1
            if not left[d]:
                todo.append(d)
