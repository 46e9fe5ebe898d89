"""XComs of all DAGs, as the administrator's list shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from tradewind.store.tables.runs import dag_run
from tradewind.store.tables.values import xcom

#: What a task leaves for its links is no value of its author's.
_LINK_KEY = "_link_"
_SHOWN = 300


@dataclass(frozen=True)
class XComFilter:
    """Which XComs a list shows: exact names, and parts of names. None: any."""

    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None
    key: str | None = None
    dag_part: str | None = None
    run_part: str | None = None
    task_part: str | None = None
    key_part: str | None = None


def search(conn: Connection, wanted: XComFilter, *, limit: int, offset: int) -> tuple[int, list[dict[str, Any]]]:
    """How many match, and one page: newest runs first. ``value`` is the start of the text as it rests."""
    exact = (
        (dag_run.c.dag_id, wanted.dag_id), (dag_run.c.run_id, wanted.run_id), (xcom.c.task_id, wanted.task_id),
        (xcom.c.map_index, wanted.map_index), (xcom.c.key, wanted.key),
    )  # fmt: skip
    parts = (
        (dag_run.c.dag_id, wanted.dag_part), (dag_run.c.run_id, wanted.run_part), (xcom.c.task_id, wanted.task_part),
        (xcom.c.key, wanted.key_part),
    )  # fmt: skip
    where = [
        ~xcom.c.key.startswith(_LINK_KEY, autoescape=True),
        *(column == value for column, value in exact if value is not None),
        *(column.icontains(value, autoescape=True) for column, value in parts if value),
    ]
    source = xcom.join(dag_run, dag_run.c.id == xcom.c.run_pk)
    total = int(conn.execute(select(func.count()).select_from(source).where(*where)).scalar_one())
    rows = conn.execute(
        select(
            dag_run.c.dag_id, dag_run.c.run_id, dag_run.c.logical_date, xcom.c.task_id, xcom.c.map_index, xcom.c.key,
            xcom.c.at, func.substr(xcom.c.value, 1, _SHOWN).label("value"), func.length(xcom.c.value).label("length"),
        )
        .select_from(source)
        .where(*where)
        .order_by(xcom.c.run_pk.desc(), xcom.c.task_id, xcom.c.map_index, xcom.c.key)
        .limit(limit)
        .offset(offset)
    )  # fmt: skip
    return total, [dict(row._mapping) for row in rows]
