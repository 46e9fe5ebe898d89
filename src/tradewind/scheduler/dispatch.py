"""Ready tasks get their slots, by priority and fair share, and leave as work orders.

What needs the same slots stands in one lane (``lanes``), and a full budget closes exactly the lanes that need it, so
work that may run never stands behind work that may not. Who is next among the lanes is said in ``race``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterable

from tradewind.domain.keys import TaskKey, log_path
from tradewind.domain.messages import WorkOrder
from tradewind.domain.rules.keyed import Limits
from tradewind.domain.rules.limits import Budgets, Wish
from tradewind.domain.rules.views import TaskPlan, TaskView
from tradewind.domain.states import TaskState
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.book import Book
from tradewind.scheduler.lanes import Lane, Lanes
from tradewind.scheduler.race import Race, Shares
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
        realm: str,
        default_executor: str,
        isolation: str,
        queued_timeout: float,
        is_mine: Callable[[Batch, Book], bool],
        keep_values: bool = True,
        shares: Shares | None = None,
        open_backfills: Container[int] = (),
    ) -> None:
        self.new_id = new_id
        self.host = host
        self.realm = realm  #: whose executors may know of the attempts handed over here
        self.default_executor = default_executor
        self.isolation = isolation
        self.queued_timeout = queued_timeout
        self.is_mine = is_mine
        self._missing_pools: set[str] = set()
        self.keep_values = keep_values
        self.shares = shares or Shares()
        self.open_backfills = open_backfills

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
    lanes: Lanes,
    budgets: Budgets,
    dags: dict[str, DagLimits],
    free: dict[str, int],
) -> None:
    """Hand over as much as the budgets and the executors take. ``free`` is used up in place."""
    race = Race(lanes.awake(batch.now, budgets.keys), budgets, dags, desk.shares, batch.now, desk.open_backfills)
    while not budgets.exhausted and any(count > 0 for count in free.values()):
        found = race.next()
        if found is None:
            return
        lane, (_, book, ti) = found
        lanes.looks += 1
        task = ti.task
        assert task is not None
        spec = task.spec
        executor = executor_name(spec.executor, desk.default_executor, free)
        if free[executor] <= 0:
            race.close(lane)
            continue
        wish = wish_of(book, task, lane.key.limits)
        no = budgets.why_not(wish)
        if no is not None:
            _stand_back(lanes, race, lane, book, budgets, no, wish)
            if no == "pool" and spec.pool not in budgets.sizes:
                desk.complain(spec.pool, f"{book.run.dag_id}.{spec.task_id}")
            continue
        if not desk.is_mine(batch, book):
            continue  # read afresh, or no longer ours, maybe since an earlier look in this pass: the lane knows
        lane.pop(book)
        budgets.take(wish)
        batch.starts.extend((limit.key, limit.per) for limit in wish.limits if limit.starts)
        free[executor] -= 1
        race.served(lane)
        hand_over(batch, desk, book, ti, executor)


def wish_of(book: Book, task: TaskPlan, limits: Limits) -> Wish:
    """What an instance of the task needs."""
    spec = task.spec
    return Wish(
        spec.pool,
        spec.pool_slots,
        book.run.dag_id,
        spec.task_id,
        book.run.id,
        spec.max_active_tis_per_dag,
        spec.max_active_tis_per_dagrun,
        limits,
    )


def _stand_back(lanes: Lanes, race: Race, lane: Lane, book: Book, budgets: Budgets, no: str, wish: Wish) -> None:
    """A budget forbids the head of the lane: take out just what the budget closes."""
    if no == "run":
        lane.park(book.run.id)
    elif no == "pool":
        race.close_pool(wish.pool)
    elif no == "dag":
        race.close_dag(wish.dag_id)
    elif no == "slots" and race.is_due(lane) and budgets.could_ever_fit(wish.pool, wish.slots):
        race.close_pool(wish.pool)  # it has waited long: what is freed now is kept for it
    elif no in ("key", "rate"):
        _, limit = budgets.closed_key(wish.limits)
        assert limit is not None
        free_at = budgets.free_at(limit)
        if no == "key":
            lanes.sleep_on_key(lane, limit.key, budgets.keys[limit.key])
        elif free_at is not None:
            lanes.sleep_until(lane, free_at)
        race.close(lane)
    else:
        race.close(lane)


def hand_over(batch: Batch, desk: Desk, book: Book, ti: TaskView, executor: str) -> None:
    """Scheduled to queued under a new attempt id."""
    batch.change(book, ti)  # it remembers the attempt before
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
        (attempt_id, ti.id, ti.try_number, executor, desk.host, desk.realm, us(batch.now), lease, order.log_path)
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
