"""Pools and how full they are. Slots are counted from task instances and nowhere else."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from tradewind.errors import not_found
from tradewind.store.tables.runs import task_instance
from tradewind.store.tables.values import pool

_COUNTED = ("scheduled", "queued", "running", "deferred")


def _with_slots(conn: Connection, rows: list[Any]) -> list[dict[str, Any]]:
    used: dict[str, dict[str, int]] = {}
    counted = conn.execute(
        select(task_instance.c.pool, task_instance.c.state, func.sum(task_instance.c.pool_slots))
        .where(task_instance.c.state.in_(_COUNTED))
        .group_by(task_instance.c.pool, task_instance.c.state)
    )
    for name, state, slots in counted:
        used.setdefault(name, {})[state] = int(slots)
    shown = []
    for row in rows:
        mine = used.get(row.name, {})
        taken = mine.get("queued", 0) + mine.get("running", 0)
        taken += mine.get("deferred", 0) if row.include_deferred else 0
        shown.append(
            dict(row._mapping)
            | {
                "occupied_slots": taken,
                "running_slots": mine.get("running", 0),
                "queued_slots": mine.get("queued", 0),
                "scheduled_slots": mine.get("scheduled", 0),
                "deferred_slots": mine.get("deferred", 0),
                "open_slots": -1 if row.slots < 0 else row.slots - taken,
            }
        )
    return shown


def list_pools(conn: Connection, *, limit: int, offset: int) -> tuple[int, list[dict[str, Any]]]:
    """How many there are, and one page by name."""
    total = int(conn.execute(select(func.count()).select_from(pool)).scalar_one())
    rows = conn.execute(select(pool).order_by(pool.c.name).limit(limit).offset(offset)).all()
    return total, _with_slots(conn, list(rows))


def one_pool(conn: Connection, name: str) -> dict[str, Any]:
    """One. Raises NotFound with a guess."""
    row = conn.execute(select(pool).where(pool.c.name == name)).one_or_none()
    if row is None:
        raise not_found("pool", name, conn.execute(select(pool.c.name)).scalars())
    return _with_slots(conn, [row])[0]
