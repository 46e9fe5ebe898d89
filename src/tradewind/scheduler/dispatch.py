"""Ready tasks get their slots, by priority, and leave as work orders.

Each (run, pool, limited task) has a queue of its own, and a full budget closes exactly the queues that need it, so
work that may run never stands behind work that may not.
"""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable, Iterable
from typing import Any

from tradewind.domain.keys import TaskKey, log_path
from tradewind.domain.messages import WorkOrder
from tradewind.domain.rules.limits import Budgets
from tradewind.domain.rules.views import TaskView
from tradewind.domain.states import TaskState
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.book import Book
from tradewind.store.claims import DagLimits
from tradewind.store.engine import us

S = TaskState
log = logging.getLogger("tradewind.scheduler")


class Desk:
    """What hand-over needs to know besides books and budgets."""

    def __init__(
        self,
        *,
        new_id: Callable[[], str],
        host: str,
        default_executor: str,
        isolation: str,
        queued_timeout: float,
        is_mine: Callable[[Batch, Book], bool],
        keep_values: bool = True,
    ) -> None:
        self.new_id = new_id
        self.host = host
        self.default_executor = default_executor
        self.isolation = isolation
        self.queued_timeout = queued_timeout
        self.is_mine = is_mine
        self._missing_pools: set[str] = set()
        self.keep_values = keep_values

    def complain(self, pool: str, task: str) -> None:
        """A task waits for a pool that does not exist: say so, once for each pool."""
        if pool not in self._missing_pools:
            self._missing_pools.add(pool)
            log.warning(
                "Task %s waits for pool %r, which does not exist. hint: make it (tradewind pools set %s SLOTS ''), or"
                " mend pool= in the DAG file.",
                task, pool, pool,
            )  # fmt: skip


def executor_name(given: str | None, default: str, known: Iterable[str]) -> str:
    """The executor a task asked for by Airflow's name, or the default."""
    if not given:
        return default
    short = given.rsplit(".", 1)[-1].lower().removesuffix("executor")
    return short if short in known else default


def dispatch(
    batch: Batch,
    desk: Desk,
    books: Iterable[Book],
    budgets: Budgets,
    dags: dict[str, DagLimits],
    free: dict[str, int],
) -> None:
    """Hand over as much as the budgets and the executors take. ``free`` is used up in place."""
    heads: list[tuple[tuple[Any, ...], int, Book, tuple[str, str]]] = []
    for number, book in enumerate(books):
        limits = dags.get(book.run.dag_id)
        if limits is None or limits.is_paused:
            continue
        for key in list(book.queues):
            head = book.head(key)
            if head is not None:
                heads.append((head[:4], number, book, key))
    heapq.heapify(heads)
    closed_pools: set[str] = set()
    closed_dags: set[str] = set()
    while heads and not budgets.exhausted and any(count > 0 for count in free.values()):
        _, number, book, key = heapq.heappop(heads)
        head = book.head(key)
        if head is None:
            continue
        ti = head[4]
        task = ti.task
        assert task is not None
        spec = task.spec
        dag_id = book.run.dag_id
        if spec.pool in closed_pools or dag_id in closed_dags:
            continue
        executor = executor_name(spec.executor, desk.default_executor, free)
        if free[executor] <= 0:
            continue
        no = budgets.why_not(
            spec.pool,
            spec.pool_slots,
            dag_id,
            spec.task_id,
            book.run.id,
            spec.max_active_tis_per_dag,
            spec.max_active_tis_per_dagrun,
        )
        if no is not None:
            if no == "pool":
                closed_pools.add(spec.pool)
                if spec.pool not in budgets.sizes:
                    desk.complain(spec.pool, f"{dag_id}.{spec.task_id}")
            elif no == "dag":
                closed_dags.add(dag_id)
            continue
        if not desk.is_mine(batch, book):  # also when an earlier look in this pass took it from us
            continue
        book.pop(key)
        budgets.take(spec.pool, spec.pool_slots, dag_id, spec.task_id, book.run.id)
        free[executor] -= 1
        hand_over(batch, desk, book, ti, executor)
        following = book.head(key)
        if following is not None:
            heapq.heappush(heads, (following[:4], number, book, key))


def hand_over(batch: Batch, desk: Desk, book: Book, ti: TaskView, executor: str) -> None:
    """Scheduled to queued under a new attempt id."""
    same_try = bool(ti.resume and ti.resume.get("same_try"))
    if not same_try or ti.try_number == 0:
        ti.try_number += 1
        # What a try pushed stays for the tries after it; a clear has forgotten it already.
        if not desk.keep_values and (ti.try_number > 1 or ti.attempt_id is not None):
            batch.forget.append((book.run.id, ti.task_id, ti.map_index))
            book.forget_values(ti.task_id)
    attempt_id = ti.attempt_id = desk.new_id()
    ti.queued_at, ti.started_at, ti.ended_at, ti.next_try_at = batch.now, None, None, None
    batch.move(book, ti, S.QUEUED, f"slot in {ti.task.spec.pool}" if ti.task else "slot")
    order = build_order(book, ti, executor, desk.isolation)
    lease = (us(batch.now) or 0) + int(desk.queued_timeout * 1_000_000)
    batch.new_attempts.append(
        (attempt_id, ti.id, ti.try_number, executor, desk.host, us(batch.now), lease, order.log_path)
    )
    batch.orders.setdefault(executor, []).append(order)
    batch.new_live.append((attempt_id, book, ti))


def build_order(book: Book, ti: TaskView, executor: str, isolation: str) -> WorkOrder:
    """The order for the live attempt of ``ti``; the same rows give the same order again."""
    task = ti.task
    assert task is not None
    spec = task.spec
    run = book.run
    resume = None
    if ti.resume is not None:
        resume = {key: value for key, value in ti.resume.items() if key != "same_try"} or None
    return WorkOrder(
        attempt_id=ti.attempt_id or "",
        task_id=ti.task_id,
        map_index=ti.map_index,
        try_number=ti.try_number,
        max_tries=ti.max_tries,
        run=book.facts,
        file=book.file,
        log_path=log_path(TaskKey(run.dag_id, run.run_id, ti.task_id, ti.map_index), ti.try_number),
        isolation=spec.isolation or isolation,
        queue=spec.queue,
        pool=spec.pool,
        pool_slots=spec.pool_slots,
        priority=spec.priority,
        executor=executor,
        execution_timeout=spec.execution_timeout,
        operator=spec.operator,
        inputs=book.inputs(task),
        resume=resume,
        queued_at=ti.queued_at,
        map_length=len(book.instances[task.index]) if task.maps else None,
    )
