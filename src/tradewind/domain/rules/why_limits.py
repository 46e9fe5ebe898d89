"""Which limits hold a ready task back, with their figures and who holds them."""

from __future__ import annotations

from typing import Any

from tradewind.domain.rules.limits import Budgets, Wish
from tradewind.domain.rules.why_facts import LISTED, NAMED, Reason, TaskFacts
from tradewind.domain.rules.words import count, listed, span, when
from tradewind.domain.spec import LimitSpec


def closed_limits(f: TaskFacts) -> list[Reason]:
    """Every limit that holds a ready instance back, with figures and who holds it."""
    budgets, wish = f.budgets, f.wish
    if budgets is None or wish is None:
        return []
    in_dag, in_task, in_run = budgets.in_use(wish)
    found = [_pool(f, budgets, wish)]
    if f.dag_limit and in_dag >= f.dag_limit:
        found.append(_full(f, "dag", wish.dag_id, "max_active_tasks", f"of {wish.dag_id}", f.dag_limit, in_dag))
    if wish.per_dag is not None and in_task >= wish.per_dag:
        name = f"of {wish.task_id} over all runs"
        found.append(_full(f, "task", wish.task_id, "max_active_tis_per_dag", name, wish.per_dag, in_task))
    if wish.per_run is not None and in_run >= wish.per_run:
        name = f"of {wish.task_id} in this run"
        found.append(_full(f, "run", wish.task_id, "max_active_tis_per_dagrun", name, wish.per_run, in_run))
    found += [_key(f, budgets, limit) for limit in wish.limits]
    if budgets.exhausted:
        found.append(_full(f, "all", "", "parallelism", "of this scheduler", f.parallelism, f.parallelism))
    closed = [reason for reason in found if reason is not None]
    if not closed and f.house.free and not any(f.house.free.values()):
        names = listed(sorted(f.house.free))
        closed.append(
            Reason(
                code="executor_full", text=f"waits for a worker: executor {names} has no free place", facts=f.house.free
            )
        )
    return closed


def _holders(f: TaskFacts, kind: str, name: str) -> tuple[str, dict[str, Any]]:
    held, total = f.holders(kind, name) if f.holders is not None else ([], 0)
    if not held:
        return "", {}
    names = listed([one.name for one in held], NAMED, total)
    return f", held by {names}", {"holders": [one._asdict() for one in held[:LISTED]], "total": total}


def _pool(f: TaskFacts, budgets: Budgets, wish: Wish) -> Reason | None:
    size, left = budgets.sizes.get(wish.pool), budgets.pool_left(wish.pool)
    if size is None:
        return Reason(
            code="no_pool",
            text=f"its pool {wish.pool!r} does not exist",
            hint=f"Make it (tradewind pools set {wish.pool} SLOTS ''), or mend pool= in the DAG file",
            facts={"pool": wish.pool},
        )
    if left is None or left >= wish.slots:
        return None
    facts: dict[str, Any] = {"pool": wish.pool, "slots": size, "used": size - left, "needs": wish.slots}
    if wish.slots > size:
        return Reason(
            code="pool_too_small",
            text=f"needs {count(wish.slots, 'slot')} of pool {wish.pool}, which has {size}",
            hint="Give the pool more slots, or the task a smaller pool_slots: as it stands it never runs.",
            facts=facts,
        )
    who, more = _holders(f, "pool", wish.pool)
    needs = f" and it needs {wish.slots}" if wish.slots > 1 else ""
    text = f"waits for pool {wish.pool}: {size - left} of {count(size, 'slot')} in use{needs}{who}"
    return Reason(code="pool_full", text=text, facts=facts | more)


def _full(f: TaskFacts, kind: str, name: str, limit: str, whose: str, size: int, used: int) -> Reason:
    who, more = _holders(f, kind, name)
    return Reason(
        code=limit,
        text=f"{limit}: {used} of {count(size, 'task')} {whose} {'is' if size == 1 else 'are'} queued or running{who}",
        facts={"limit": limit, "size": size, "used": used} | more,
    )


def _key(f: TaskFacts, budgets: Budgets, limit: LimitSpec) -> Reason | None:
    kind, _ = budgets.closed_key([limit])
    if kind == "rate":
        at = budgets.free_at(limit)
        assert at is not None
        return Reason(
            code="rate",
            text=f"rate limit {limit.key!r}: {count(limit.starts, 'start')} in {span(limit.per)}"
            f" {'is' if limit.starts == 1 else 'are'} used up;"
            f" the next is allowed at {when(at, f.now)}",
            until=at,
            facts={"key": limit.key, "starts": limit.starts, "per": limit.per},
        )
    if kind == "key":
        who, more = _holders(f, "key", limit.key)
        used = budgets.keys.get(limit.key, 0)
        text = f"waits for limit {limit.key!r}: {used} of {count(limit.slots, 'slot')} in use{who}"
        return Reason(code="key", text=text, facts={"key": limit.key, "slots": limit.slots, "used": used} | more)
    return None
