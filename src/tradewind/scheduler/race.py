"""Whose turn it is: the rule of fair share.

Within one DAG and pool the order is Airflow's: higher ``priority_weight`` first, then the older run. Between DAGs the
higher weight goes first, too; of equal weights the one whose team (else the DAG itself) holds the smaller share of the
pool's slots, so that equals take turns; backfills stand behind all others of their weight. And who has got no slot for
``guaranteed_share_after`` seconds gets a part of the slots (``guaranteed_share``) whatever its weight, longest wait
first: low weights wait longer, but not for ever.
"""

from __future__ import annotations

import heapq
from collections.abc import Container, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tradewind.domain.rules.limits import Budgets
from tradewind.scheduler.lanes import Head, Lane, Order

if TYPE_CHECKING:
    from tradewind.store.claims import DagLimits

#: The turns of all pools together: what is scarce may be the workers, and not any pool.
EVERYWHERE = ""
Rank = tuple[int, bool, float, int, float, int, int]


class Shares:
    """What the settings say, and how many slots went out by weight since the last guaranteed turn of each pool."""

    def __init__(self, weights: Mapping[str, float] | None = None, part: float = 0.25, after: float = 60.0) -> None:
        self.weights = dict(weights or {})
        self.every = 1.0 / part if part > 0 else 0.0  #: each so manieth slot is a guaranteed one; 0: none
        self.after = timedelta(seconds=after)
        self.passed: dict[str, int] = {}

    def is_due(self, pool: str) -> bool:
        """Whether the next slot there is a guaranteed one."""
        return self.every > 0 and self.passed.get(pool, 0) + 1 >= self.every


class Race:
    """The lanes of one pass, in the order of their turns. ``next`` names one; tell what came of it."""

    def __init__(
        self,
        lanes: Iterable[Lane],
        budgets: Budgets,
        dags: Mapping[str, DagLimits],
        shares: Shares,
        now: datetime,
        open_backfills: Container[int] = (),
    ) -> None:
        self._budgets = budgets
        self._dags = dags
        self._shares = shares
        self._now = now
        self._backfills = open_backfills
        self._closed_pools: set[str] = set()
        self._closed_dags: set[str] = set()
        self._out: set[int] = set()
        self._heap: list[tuple[Rank, int, Lane]] = []
        late: list[Lane] = []
        self._due: Lane | None = None  #: named last, for its guaranteed turn
        for number, lane in enumerate(lanes):
            limits = dags.get(lane.key.dag_id)
            if limits is None or (limits.is_paused and lane.key.backfill not in open_backfills):
                continue
            head = lane.head()
            if head is not None:
                self._heap.append((self._rank(lane, head[0]), number, lane))
                if shares.every and now - lane.served_at >= shares.after:
                    late.append(lane)
        heapq.heapify(self._heap)
        self._late = {id(lane): lane for lane in sorted(late, key=lambda lane: lane.served_at)}

    def _rank(self, lane: Lane, order: Order) -> Rank:
        dag_id = lane.key.dag_id
        of_team, of_dag = self._budgets.share(lane.key.pool, dag_id)
        limits = self._dags.get(dag_id)
        weight = self._shares.weights.get((limits.team if limits else None) or dag_id, 1.0)
        return (order[0], lane.key.backfill in self._backfills, of_team / weight, of_dag, *order[1:])

    def next(self) -> tuple[Lane, Head] | None:
        """The lane whose turn it is, with its head, or None when none is left."""
        self._due = None
        heap = self._heap
        while heap:
            rank, number, lane = heap[0]
            head = lane.head() if self._open(lane) else None
            if head is None:
                heapq.heappop(heap)
                continue
            if len(heap) == 1:
                return lane, head
            current = self._rank(lane, head[0])
            if current > rank:
                heapq.heapreplace(heap, (current, number, lane))
                continue
            return (self._guaranteed(lane) if self._late else None) or (lane, head)
        return None

    def _guaranteed(self, first: Lane) -> tuple[Lane, Head] | None:
        pool = first.key.pool
        everywhere, here = self._shares.is_due(EVERYWHERE), self._shares.is_due(pool)
        if not everywhere and not here:
            return None
        for lane in list(self._late.values()):
            head = lane.head() if self._open(lane) else None
            if head is None:
                del self._late[id(lane)]
            elif everywhere or lane.key.pool == pool:
                self._due = lane
                return lane, head
        return None

    def _open(self, lane: Lane) -> bool:
        key = lane.key
        return id(lane) not in self._out and key.pool not in self._closed_pools and key.dag_id not in self._closed_dags

    def is_due(self, lane: Lane) -> bool:
        """True when the lane was named for its guaranteed turn."""
        return self._due is lane

    def served(self, lane: Lane) -> None:
        """The lane got a slot."""
        passed = self._shares.passed
        lane.served_at = self._now
        if self._late.pop(id(lane), None) is not None:
            passed[lane.key.pool] = passed[EVERYWHERE] = 0
        else:
            passed[lane.key.pool] = passed.get(lane.key.pool, 0) + 1
            passed[EVERYWHERE] = passed.get(EVERYWHERE, 0) + 1

    def close(self, lane: Lane) -> None:
        """Nothing of this lane in this pass."""
        self._out.add(id(lane))

    def close_pool(self, pool: str) -> None:
        """Nothing of this pool in this pass."""
        self._closed_pools.add(pool)

    def close_dag(self, dag_id: str) -> None:
        """Nothing of this DAG in this pass."""
        self._closed_dags.add(dag_id)
