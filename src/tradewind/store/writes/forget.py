"""Taking a DAG out of the tables."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, select

from tradewind.store.tables.assets import asset_cursor, run_asset_event
from tradewind.store.tables.backfills import backfill, backfill_run
from tradewind.store.tables.dags import dag, dag_file, dag_version
from tradewind.store.tables.runs import dag_run, journal


def known_dag_ids(conn: Connection) -> list[str]:
    """Every DAG there is a row for."""
    return list(conn.execute(select(dag.c.dag_id)).scalars())


def open_runs(conn: Connection, dag_id: str) -> int:
    """Runs that are queued or running."""
    where = (dag_run.c.dag_id == dag_id, dag_run.c.state.in_(("queued", "running")))
    return int(conn.execute(select(func.count()).select_from(dag_run).where(*where)).scalar_one())


def forget_dag(conn: Connection, dag_id: str) -> int:
    """Delete the DAG, its versions, runs, journal; task instances, tries and XComs go with the runs. How many runs."""
    runs = select(dag_run.c.id).where(dag_run.c.dag_id == dag_id)
    conn.execute(delete(journal).where(journal.c.run_pk.in_(runs)))
    conn.execute(delete(run_asset_event).where(run_asset_event.c.run_pk.in_(runs)))
    conn.execute(delete(asset_cursor).where(asset_cursor.c.dag_id == dag_id))
    backfills = select(backfill.c.id).where(backfill.c.dag_id == dag_id)
    conn.execute(delete(backfill_run).where(backfill_run.c.backfill_id.in_(backfills)))
    conn.execute(delete(backfill).where(backfill.c.dag_id == dag_id))
    gone = conn.execute(delete(dag_run).where(dag_run.c.dag_id == dag_id)).rowcount
    # Without its row the file counts as never seen, so it is read again and a DAG that is still in it comes back.
    place = conn.execute(select(dag.c.bundle, dag.c.fileloc).where(dag.c.dag_id == dag_id)).one()
    conn.execute(delete(dag_file).where(dag_file.c.bundle == place.bundle, dag_file.c.fileloc == place.fileloc))
    conn.execute(delete(dag).where(dag.c.dag_id == dag_id))
    conn.execute(delete(dag_version).where(dag_version.c.dag_id == dag_id))
    return int(gone)
