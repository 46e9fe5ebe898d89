"""Budgets of slots. The scheduler fills them from rows inside its write transaction, and takes from them in turn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Held(NamedTuple):
    """Slots held now by live instances of one task in one run."""

    pool: str
    dag_id: str
    task_id: str
    run_pk: int
    instances: int
    slots: int


class Budgets:
    """What may still be handed out. ``take`` after ``why_not`` said None."""

    def __init__(
        self, pools: dict[str, int], dag_limits: dict[str, int], held: Iterable[Held], parallelism_left: int | None
    ) -> None:
        self._pools = {name: (None if slots < 0 else slots) for name, slots in pools.items()}
        self.sizes = dict(pools)
        self._dag_limits = dag_limits
        self._left = parallelism_left
        self._dags: dict[str, int] = {}
        self._tasks: dict[tuple[str, str], int] = {}
        self._run_tasks: dict[tuple[int, str], int] = {}
        self._used: dict[str, int] = {}
        for one in held:
            self._add(one.pool, one.dag_id, one.task_id, one.run_pk, one.instances, one.slots)

    def _add(self, pool: str, dag_id: str, task_id: str, run_pk: int, instances: int, slots: int) -> None:
        self._used[pool] = self._used.get(pool, 0) + slots
        self._dags[dag_id] = self._dags.get(dag_id, 0) + instances
        self._tasks[dag_id, task_id] = self._tasks.get((dag_id, task_id), 0) + instances
        self._run_tasks[run_pk, task_id] = self._run_tasks.get((run_pk, task_id), 0) + instances

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

    def why_not(
        self,
        pool: str,
        slots: int,
        dag_id: str,
        task_id: str,
        run_pk: int,
        per_dag: int | None,
        per_run: int | None,
    ) -> str | None:
        """Which budget forbids it: "all", "pool", "slots", "dag", "task" or "run"; None when it may go."""
        if self.exhausted:
            return "all"
        left = self.pool_left(pool)
        if left is not None and left < slots:
            return "pool" if left <= 0 else "slots"
        limit = self._dag_limits.get(dag_id)
        if limit is not None and limit > 0 and self._dags.get(dag_id, 0) >= limit:
            return "dag"
        if per_dag is not None and self._tasks.get((dag_id, task_id), 0) >= per_dag:
            return "task"
        if per_run is not None and self._run_tasks.get((run_pk, task_id), 0) >= per_run:
            return "run"
        return None

    def take(self, pool: str, slots: int, dag_id: str, task_id: str, run_pk: int) -> None:
        """Hand out."""
        if self._left is not None:
            self._left -= 1
        self._add(pool, dag_id, task_id, run_pk, 1, slots)
