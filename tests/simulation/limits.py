"""Leases and limits, at every commit; and that nothing free is left standing."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tests.simulation.findings import Broken
from tradewind.store.engine import query

if TYPE_CHECKING:
    from tests.simulation.auditor import Auditor

#: Once the storm is over, so many seconds until everything lost has been noticed; from then on free work must go.
PATIENCE = 900.0


def leases(audit: Auditor, conn: Any) -> None:
    """One live lease per live instance, none elsewhere; attempt numbers grow by one."""
    doubles = query(
        conn, "SELECT ti_id, COUNT(*) FROM attempt WHERE lease_until IS NOT NULL GROUP BY ti_id HAVING COUNT(*) > 1"
    )
    if doubles:
        raise Broken(f"two live leases for instances {doubles}")
    wrong = query(
        conn,
        "SELECT a.id, a.state, t.id, t.task_id, t.state, t.attempt_id FROM attempt a JOIN task_instance t"
        " ON t.id = a.ti_id WHERE a.lease_until IS NOT NULL"
        " AND (t.attempt_id <> a.id OR t.state NOT IN ('queued', 'running'))",
    )
    if wrong:
        raise Broken(f"a lease without a live task: {wrong}")
    bare = query(
        conn,
        "SELECT t.id, t.task_id, t.state FROM task_instance t LEFT JOIN attempt a ON a.id = t.attempt_id"
        " WHERE t.state IN ('queued', 'running') AND a.lease_until IS NULL",
    )
    if bare:
        raise Broken(f"a live task without a lease: {bare}")
    for attempt_id, ti_id, number in query(conn, "SELECT id, ti_id, try_number FROM attempt ORDER BY rowid"):
        if attempt_id in audit.tries_of:
            continue
        audit.tries_of[attempt_id] = (ti_id, number)
        known = audit.seen.get(ti_id)
        if known is None:
            continue
        leaps = audit.task_of(known).start_trigger is not None  # a try that never needed a worker has no attempt
        if not known.tries <= number <= known.tries + 1 and not (leaps and number > known.tries):
            raise Broken(f"{known.task_id}: attempt number {number} after {known.tries}")
        known.tries = number
        for cluster in audit.clusters.values():
            order = cluster.orders.get(attempt_id)
            if order is not None and order.file.hash != audit.version_of[known.run_pk]:
                raise Broken(f"{known.task_id}: handed over as {order.file.hash}, pinned to {audit.version_of}")


def slots(audit: Auditor, conn: Any) -> None:
    """No limit is over-full; one that a person narrowed below what is held gets no fuller."""
    sizes = dict(query(conn, "SELECT name, slots FROM pool"))
    held = query(
        conn,
        "SELECT pool, SUM(pool_slots) FROM task_instance WHERE state IN ('queued', 'running') GROUP BY pool",
    )
    _not_fuller(audit, {f"pool {pool}": (used, sizes[pool]) for pool, used in held})
    live = query(conn, "SELECT dag_id, run_pk, task_id FROM task_instance WHERE state IN ('queued', 'running')")
    limits = {row[0]: row[1:] for row in query(conn, "SELECT dag_id, max_active_runs, max_active_tasks FROM dag")}
    by_dag: dict[str, int] = defaultdict(int)
    by_task: dict[tuple[str, str], int] = defaultdict(int)
    by_run_task: dict[tuple[int, str], int] = defaultdict(int)
    for dag_id, run_pk, task_id in live:
        by_dag[dag_id] += 1
        by_task[dag_id, task_id] += 1
        by_run_task[run_pk, task_id] += 1
    found: dict[str, tuple[int, int]] = {}
    for dag_id, count in by_dag.items():
        found[f"tasks of {dag_id}"] = (count, limits[dag_id][1])
    for (dag_id, task_id), count in by_task.items():
        # Versions may say different things; the widest is the one that may be used up.
        said = [_limit(audit, pk, task_id, "max_active_tis_per_dag") for pk, task in by_run_task if task == task_id
                and audit.runs[pk][0] == dag_id]  # fmt: skip
        if all(limit is not None for limit in said):
            found[f"{dag_id}.{task_id}"] = (count, max(said))
    for (run_pk, task_id), count in by_run_task.items():
        limit = _limit(audit, run_pk, task_id, "max_active_tis_per_dagrun")
        if limit is not None:
            found[f"{task_id} of run {run_pk}"] = (count, limit)
    running = "SELECT dag_id, COUNT(*) FROM dag_run WHERE state = 'running' GROUP BY dag_id"
    for dag_id, count in query(conn, running):
        found[f"runs of {dag_id}"] = (count, limits[dag_id][0])
    _not_fuller(audit, found)


def _limit(audit: Auditor, run_pk: int, task_id: str, name: str) -> Any:
    return next((getattr(t, name) for t in audit.spec_of(run_pk).tasks if t.task_id == task_id), None)


def _not_fuller(audit: Auditor, found: dict[str, tuple[int, int]]) -> None:
    for what, (used, size) in found.items():
        before = audit.over.get(what, (used, size))
        audit.over[what] = (used, size)
        if size < 0 or used <= size:
            continue
        narrowed = before[0] > size or before[1] > size
        if not narrowed or used > before[0]:
            raise Broken(f"{what}: {used} of {size} taken")


def starving(audit: Auditor, conn: Any) -> None:
    """A task that has been ready for long although every limit has room."""
    waiting = query(
        conn,
        "SELECT t.id, t.dag_id, t.task_id, t.pool, t.pool_slots, t.run_pk FROM task_instance t JOIN dag_run r"
        " ON r.id = t.run_pk WHERE t.state = 'scheduled' AND r.state = 'running'",
    )
    if not waiting:
        return
    sizes = dict(query(conn, "SELECT name, slots FROM pool"))
    live = query(conn, "SELECT dag_id, run_pk, task_id, pool, pool_slots FROM task_instance"
                 " WHERE state IN ('queued', 'running')")  # fmt: skip
    if live:
        return  # whoever holds something may hold what it waits for; the end of the world is the bound
    paused = {row[0] for row in query(conn, "SELECT dag_id FROM dag WHERE is_paused")}
    for pk, dag_id, task_id, pool, wanted, _ in waiting:
        key = f"waiting {pk}"
        if dag_id in paused or sizes.get(pool, 0) < wanted:
            continue
        since = audit.over.get(key, (0, 0))[0] + 1
        audit.over[key] = (since, 0)
        if since > 20:
            raise Broken(f"{dag_id}.{task_id} is ready, nothing runs, and nobody takes it ({since} commits)")
