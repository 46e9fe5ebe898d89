"""Who holds what, until when: runs are driven by one scheduler, attempts live as long as their worker is heard of.

A lease that ran out is a normal event. Taking one is an UPDATE guarded by what was read, so two schedulers that reach
for the same run get disjoint halves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from tradewind.domain.rules import keyed
from tradewind.domain.rules.limits import Held, Window
from tradewind.domain.spec import LimitSpec
from tradewind.store.engine import Conn, lock, marks, query, run, us, when

_OPEN = "state IN ('queued', 'running')"
_CHUNK = 500


def adopt_runs(conn: Conn, owner: str, now: datetime, until: datetime, limit: int) -> dict[int, str | None]:
    """Take runs that nobody drives (or whose scheduler went silent), and tell who drove each last. PostgreSQL skips rows
    another one is taking.
    """
    skip = " FOR UPDATE SKIP LOCKED" if conn.dialect.name == "postgresql" else lock(conn)
    rows = query(
        conn,
        f"SELECT id, owner FROM dag_run WHERE {_OPEN} AND (owner IS NULL OR owner_until < ? OR owner_until > ?)"
        f" ORDER BY run_after, id LIMIT {int(limit)}{skip}",
        # Later than any lease by this clock: its holder went before the clock was set back.
        (us(now), us(until + 2 * (until - now))),
    )
    taken = {int(pk): last for pk, last in rows}
    run(conn, "UPDATE dag_run SET owner = ?, owner_until = ? WHERE id = ?", [(owner, us(until), pk) for pk in taken])
    return taken


def renew_runs(conn: Conn, owner: str, until: datetime) -> int:
    """Hold on to all runs of this scheduler."""
    return run(conn, f"UPDATE dag_run SET owner_until = ? WHERE {_OPEN} AND owner = ?", [(us(until), owner)])


def release_runs(conn: Conn, owner: str) -> int:
    """Let others take them at once (a clean stop)."""
    text = f"UPDATE dag_run SET owner = NULL, owner_until = NULL WHERE {_OPEN} AND owner = ?"
    return run(conn, text, [(owner,)])


def owners(conn: Conn) -> list[str]:
    """Who drives runs now."""
    return [r[0] for r in query(conn, f"SELECT DISTINCT owner FROM dag_run WHERE {_OPEN} AND owner IS NOT NULL")]


class Guard(NamedTuple):
    """What a scheduler must know before it writes to a run it believes to be its own."""

    owner: str | None
    touched: int
    state: str


def guard_runs(conn: Conn, run_pks: Sequence[int]) -> dict[int, Guard]:
    """Lock these run rows (in key order) and tell how they stand. A verb raises ``touched`` under the same lock."""
    found: dict[int, Guard] = {}
    ordered = sorted(run_pks)
    for at in range(0, len(ordered), _CHUNK):
        part = tuple(ordered[at : at + _CHUNK])
        text = f"SELECT id, owner, touched, state FROM dag_run WHERE id IN ({marks(len(part))}) ORDER BY id{lock(conn)}"
        for pk, owner, touched, state in query(conn, text, part):
            found[pk] = Guard(owner, touched, state)
    return found


class Owned(NamedTuple):
    """An open run of a scheduler: how often verbs touched it, and the end of the lease as the row has it."""

    touched: int
    until: int


def owned_runs(conn: Conn, owner: str) -> dict[int, Owned]:
    """The open runs of this scheduler."""
    text = f"SELECT id, touched, owner_until FROM dag_run WHERE {_OPEN} AND owner = ?"
    return {int(pk): Owned(int(touched), int(until)) for pk, touched, until in query(conn, text, (owner,))}


def leave_to_namesake(conn: Conn, owner: str, mine: Sequence[int]) -> None:
    """Let go of these runs; whoever drives the others under the same name has to read them afresh."""
    run(conn, "UPDATE dag_run SET owner = NULL, owner_until = NULL WHERE id = ?", [(pk,) for pk in mine])
    run(conn, f"UPDATE dag_run SET touched = touched + 1 WHERE {_OPEN} AND owner = ?", [(owner,)])


class DagLimits(NamedTuple):
    """What a DAG allows now."""

    is_paused: bool
    is_active: bool
    max_active_runs: int
    max_active_tasks: int
    team: str | None = None


def lock_pools(conn: Conn) -> dict[str, tuple[int, bool]]:
    """{name: (slots, whether deferred tasks hold some)}. The rows stay locked until the transaction ends: budgets are
    counted under this lock.
    """
    text = f"SELECT name, slots, include_deferred FROM pool ORDER BY name{lock(conn)}"
    return {name: (slots, bool(deferred)) for name, slots, deferred in query(conn, text)}


def lock_dags(conn: Conn, dag_ids: Sequence[str]) -> dict[str, DagLimits]:
    """Limits of these DAGs, locked in name order (always after the pools)."""
    found: dict[str, DagLimits] = {}
    ordered = sorted(dag_ids)
    for at in range(0, len(ordered), _CHUNK):
        part = tuple(ordered[at : at + _CHUNK])
        text = (
            "SELECT dag_id, is_paused, is_active, max_active_runs, max_active_tasks, team FROM dag"
            f" WHERE dag_id IN ({marks(len(part))}) ORDER BY dag_id{lock(conn)}"
        )
        for dag_id, paused, active, runs, tasks, team in query(conn, text, part):
            found[dag_id] = DagLimits(bool(paused), bool(active), runs, tasks, team)
    return found


_HELD = (
    "SELECT pool, dag_id, COUNT(*), SUM(pool_slots) FROM task_instance WHERE state IN ('queued', 'running')"
    " GROUP BY pool, dag_id"
)
_HELD_BY_TASK = (
    "SELECT pool, dag_id, task_id, run_pk, COUNT(*), SUM(pool_slots) FROM task_instance"
    " WHERE state IN ('queued', 'running') GROUP BY pool, dag_id, task_id, run_pk"
)
_HELD_DEFERRED = (
    "SELECT t.pool, SUM(t.pool_slots) FROM task_instance t JOIN pool p ON p.name = t.pool"
    " WHERE t.state = 'deferred' AND p.include_deferred GROUP BY t.pool"
)


def held_slots(conn: Conn, *, by_task: bool, deferred: bool) -> list[Held]:
    """Every slot that is taken now, counted from the rows; ``by_task`` only where a limit needs it."""
    if by_task:
        held = [
            Held(pool, dag, task, pk, int(n), int(slots))
            for pool, dag, task, pk, n, slots in query(conn, _HELD_BY_TASK)
        ]
    else:
        held = [Held(pool, dag, "", 0, int(n), int(slots)) for pool, dag, n, slots in query(conn, _HELD)]
    if deferred:
        held.extend(Held(pool, "", "", 0, 0, int(slots)) for pool, slots in query(conn, _HELD_DEFERRED))
    return held


def held_keys(conn: Conn) -> list[Held]:
    """What is held now of the keys of limits, by live instances."""
    text = (
        "SELECT limits, COUNT(*) FROM task_instance WHERE state IN ('queued', 'running') AND limits IS NOT NULL"
        " GROUP BY limits"
    )
    return [Held("", "", "", 0, int(n), 0, keyed.load(limits)) for limits, n in query(conn, text)]


def recent_starts(conn: Conn, limits: Iterable[LimitSpec], now: datetime) -> dict[Window, list[datetime]]:
    """The starts that count now against these rate limits, oldest first, no more than a limit needs to see."""
    most: dict[Window, int] = {}
    for limit in limits:
        window = (limit.key, limit.per)
        most[window] = max(most.get(window, 0), limit.starts)
    found = {}
    for (key, per), number in most.items():
        text = (
            "SELECT at FROM rate_start WHERE limit_key = ? AND per_us = ? AND at > ?"
            f" ORDER BY at DESC LIMIT {int(number)}"
        )
        since = (us(now) or 0) - round(per * 1_000_000)
        rows = query(conn, text, (key, round(per * 1_000_000), since))
        found[key, per] = [at for row in reversed(rows) if (at := when(row[0])) is not None]
    return found


def teams(conn: Conn) -> dict[str, str]:
    """{DAG: its team} of those that have one."""
    return dict(query(conn, "SELECT dag_id, team FROM dag WHERE team IS NOT NULL"))


def running_runs(conn: Conn, dag_ids: Sequence[str]) -> dict[str, int]:
    """Running runs of each of these DAGs."""
    found: dict[str, int] = {}
    for at in range(0, len(dag_ids), _CHUNK):
        part = tuple(dag_ids[at : at + _CHUNK])
        text = (
            # _OPEN in its own words as well: else the index of open runs is not seen to fit, and history is read (P2).
            f"SELECT dag_id, COUNT(*) FROM dag_run WHERE {_OPEN} AND state = 'running' AND dag_id IN ({marks(len(part))})"
            " GROUP BY dag_id"
        )
        found.update({dag_id: int(count) for dag_id, count in query(conn, text, part)})
    return found


def renew_leases(conn: Conn, attempt_ids: Sequence[str], until: datetime) -> int:
    """These attempts are alive."""
    text = "UPDATE attempt SET lease_until = ? WHERE id = ? AND lease_until IS NOT NULL"
    return run(conn, text, [(us(until), attempt_id) for attempt_id in attempt_ids])


def expired_leases(conn: Conn, now: datetime, far: datetime, limit: int = 500) -> list[str]:
    """Attempts nobody has heard of for too long. A lease that ends after ``far`` is from before the clock was set back:
    whoever holds it and lives has renewed it by the new clock.
    """
    text = f"SELECT id FROM attempt WHERE lease_until < ? OR lease_until > ? ORDER BY lease_until LIMIT {int(limit)}"
    rows = query(conn, text, (us(now), us(far)))
    return [row[0] for row in rows]
