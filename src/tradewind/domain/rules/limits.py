"""Budgets of slots. The scheduler fills them from rows inside its write transaction, and takes from them in turn.

The same budgets, filled from a plain read, tell people why a task waits (``rules.why``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tradewind.domain.spec import LimitSpec

#: The window of a rate limit: its key, and how many seconds it looks back.
Window = tuple[str, float]


class Held(NamedTuple):
    """Slots held now by live instances of one task in one run."""

    pool: str
    dag_id: str
    task_id: str
    run_pk: int
    instances: int
    slots: int
    limits: tuple[LimitSpec, ...] = ()


class Wish(NamedTuple):
    """What an instance needs to be handed over."""

    pool: str
    slots: int
    dag_id: str
    task_id: str
    run_pk: int
    per_dag: int | None = None
    per_run: int | None = None
    limits: tuple[LimitSpec, ...] = ()


class Budgets:
    """What may still be handed out. ``take`` after ``why_not`` said None."""

    def __init__(
        self,
        pools: dict[str, int],
        dag_limits: dict[str, int],
        held: Iterable[Held],
        parallelism_left: int | None,
        *,
        teams: Mapping[str, str] | None = None,
        starts: Mapping[Window, Sequence[datetime]] | None = None,
        now: datetime | None = None,
    ) -> None:
        self._pools = {name: (None if slots < 0 else slots) for name, slots in pools.items()}
        self.sizes = dict(pools)
        self._dag_limits = dag_limits
        self._left = parallelism_left
        self._teams = dict(teams or {})
        self._dags: dict[str, int] = {}
        self._tasks: dict[tuple[str, str], int] = {}
        self._run_tasks: dict[tuple[int, str], int] = {}
        self._used: dict[str, int] = {}
        self._shares: dict[tuple[str, str], int] = {}
        self._team_shares: dict[tuple[str, str], int] = {}
        self.keys: dict[str, int] = {}
        self._starts = {window: list(at) for window, at in (starts or {}).items()}
        self._now = now
        for one in held:
            self._add(one)

    def _add(self, one: Held) -> None:
        for limit in one.limits:
            if limit.slots:
                self.keys[limit.key] = self.keys.get(limit.key, 0) + limit.take * one.instances
        if not one.pool:
            return
        self._used[one.pool] = self._used.get(one.pool, 0) + one.slots
        if not one.dag_id:
            return
        share = (one.pool, one.dag_id)
        self._shares[share] = self._shares.get(share, 0) + one.slots
        team = (one.pool, self._teams.get(one.dag_id, one.dag_id))
        self._team_shares[team] = self._team_shares.get(team, 0) + one.slots
        self._dags[one.dag_id] = self._dags.get(one.dag_id, 0) + one.instances
        task, run = (one.dag_id, one.task_id), (one.run_pk, one.task_id)
        self._tasks[task] = self._tasks.get(task, 0) + one.instances
        self._run_tasks[run] = self._run_tasks.get(run, 0) + one.instances

    @property
    def exhausted(self) -> bool:
        """Nothing at all may be handed out."""
        return self._left is not None and self._left <= 0

    def pool_left(self, pool: str) -> int | None:
        """Open slots; None without limit; 0 for a pool that does not exist."""
        if pool not in self._pools:
            return 0
        size = self._pools[pool]
        return None if size is None else size - self._used.get(pool, 0)

    def could_ever_fit(self, pool: str, slots: int) -> bool:
        """Whether the pool has so many slots at all."""
        size = self._pools.get(pool, 0)
        return size is None or slots <= size

    def share(self, pool: str, dag_id: str) -> tuple[int, int]:
        """Slots of the pool held by the team of a DAG (the DAG itself where it has none), and by the DAG."""
        team = self._teams.get(dag_id, dag_id)
        return self._team_shares.get((pool, team), 0), self._shares.get((pool, dag_id), 0)

    def in_use(self, wish: Wish) -> tuple[int, int, int]:
        """Instances that hold a slot now: of the DAG, of the task over all runs, of the task in the run."""
        dag_id, task_id = wish.dag_id, wish.task_id
        return (
            self._dags.get(dag_id, 0),
            self._tasks.get((dag_id, task_id), 0),
            self._run_tasks.get((wish.run_pk, task_id), 0),
        )

    def why_not(self, wish: Wish) -> str | None:
        """Which budget forbids it: "all", "pool", "slots", "dag", "task", "run", "key" or "rate"; None when it may go."""
        if self.exhausted:
            return "all"
        left = self.pool_left(wish.pool)
        if left is not None and left < wish.slots:
            return "pool" if left <= 0 else "slots"
        limit = self._dag_limits.get(wish.dag_id)
        if limit is not None and limit > 0 and self._dags.get(wish.dag_id, 0) >= limit:
            return "dag"
        if wish.per_dag is not None and self._tasks.get((wish.dag_id, wish.task_id), 0) >= wish.per_dag:
            return "task"
        if wish.per_run is not None and self._run_tasks.get((wish.run_pk, wish.task_id), 0) >= wish.per_run:
            return "run"
        return self.closed_key(wish.limits)[0] if wish.limits else None

    def closed_key(self, limits: Sequence[LimitSpec]) -> tuple[str | None, LimitSpec | None]:
        """The first of these limits that is used up, and of which kind it is ("key" or "rate")."""
        for limit in limits:
            if limit.slots and self.keys.get(limit.key, 0) + limit.take > limit.slots:
                return "key", limit
            if limit.starts and self.free_at(limit) is not None:
                return "rate", limit
        return None, None

    def free_at(self, limit: LimitSpec) -> datetime | None:
        """When a rate limit allows its next start; None: now."""
        recent = self._starts.get((limit.key, limit.per), [])
        if not limit.starts or len(recent) < limit.starts or self._now is None:
            return None
        at = recent[-limit.starts] + timedelta(seconds=limit.per)
        return at if at > self._now else None

    def take(self, wish: Wish) -> None:
        """Hand out."""
        if self._left is not None:
            self._left -= 1
        self._add(Held(wish.pool, wish.dag_id, wish.task_id, wish.run_pk, 1, wish.slots, wish.limits))
        for limit in wish.limits:
            if limit.starts and self._now is not None:
                self._starts.setdefault((limit.key, limit.per), []).append(self._now)
