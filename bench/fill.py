"""``python -m bench.fill HOME --millions 1``: finished runs, written straight into the tables of an installation.

Runs of one hundred task instances, each with its attempt and the four moves of a plain task. The DAG must be known.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

import sqlalchemy as sa

from tradewind.settings import load_settings
from tradewind.store.engine import open_store, us
from tradewind.store.tables.dags import dag as dag_table

TASKS = 100
_RUNS_AT_ONCE = 500
_HOUR = 3_600_000_000
_BEGAN = datetime(2000, 1, 1, tzinfo=UTC)
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last}) "
_RUNS = """INSERT INTO dag_run (dag_id, run_id, run_type, state, logical_date, interval_start, interval_end, run_after,
 queued_at, started_at, ended_at, conf, version_id, touched)
 {numbers} SELECT '{dag}', 'filled-' || i, 'manual', 'success', {at}, {at}, {at}, {at}, {at}, {at}, {at} + 30000000,
 '{{}}', {version}, 0 FROM n"""
_INSTANCES = """INSERT INTO task_instance (run_pk, dag_id, task_id, map_index, state, try_number, max_tries, attempt_id,
 operator, pool, pool_slots, priority, queue, scheduled_at, queued_at, started_at, ended_at, lost_count)
 {numbers} SELECT r.id, r.dag_id, 't' || n.i, -1, 'success', 1, 1, 'f' || r.id || '-' || n.i, 'PythonOperator',
 'default_pool', 1, 1, 'default', r.started_at, r.started_at, r.started_at, r.ended_at, 0
 FROM dag_run r, n WHERE r.id > {after}"""
_ATTEMPTS = """INSERT INTO attempt (id, ti_id, try_number, state, executor, host, worker, queued_at, started_at, ended_at,
 log_path) SELECT attempt_id, id, 1, 'success', 'local', 'host', 'host', queued_at, started_at, ended_at,
 'dag_id=' || dag_id || '/' || attempt_id FROM task_instance WHERE run_pk > {after}"""
_MOVES = """INSERT INTO journal (at, run_pk, ti_id, "before", "after", why, actor, attempt_id)
 SELECT ended_at, run_pk, id, '{before}', '{after_state}', 'as ever', 'scheduler', attempt_id
 FROM task_instance WHERE run_pk > {after}"""
_STEPS = (("none", "scheduled"), ("scheduled", "queued"), ("queued", "running"), ("running", "success"))


def fill(env: dict[str, str], dag_id: str, millions: float) -> int:
    """So many million finished task instances; how many there are then."""
    store = open_store(load_settings(env))
    runs = round(millions * 1_000_000 / TASKS)
    with store.read() as conn:
        version = conn.execute(sa.select(dag_table.c.version_id).where(dag_table.c.dag_id == dag_id)).scalar_one()
    for first in range(0, runs, _RUNS_AT_ONCE):
        last = min(first + _RUNS_AT_ONCE, runs) - 1
        with store.write() as conn:
            after = conn.exec_driver_sql("SELECT COALESCE(MAX(id), 0) FROM dag_run").scalar_one()
            numbers = _NUMBERS.format(first=first, last=last)
            at = f"{us(_BEGAN)} + i * {_HOUR}"
            conn.exec_driver_sql(_RUNS.format(numbers=numbers, dag=dag_id, at=at, version=version))
            conn.exec_driver_sql(_INSTANCES.format(numbers=_NUMBERS.format(first=0, last=TASKS - 1), after=after))
            conn.exec_driver_sql(_ATTEMPTS.format(after=after))
            for before, state in _STEPS:
                conn.exec_driver_sql(_MOVES.format(before=before, after_state=state, after=after))
    with store.read() as conn:
        count = int(conn.exec_driver_sql("SELECT COUNT(*) FROM task_instance").scalar_one())
    store.close()
    return count


def main() -> int:
    """See the module."""
    words = argparse.ArgumentParser(prog="python -m bench.fill", description="Fill an installation with history.")
    words.add_argument("home", help="its TRADEWIND_HOME")
    words.add_argument("--dag", required=True, help="a DAG that it knows")
    words.add_argument("--millions", type=float, default=1.0, help="of finished task instances")
    given = words.parse_args()
    count = fill({"TRADEWIND_HOME": given.home}, given.dag, given.millions)
    sys.stdout.write(f"{count} task instances\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
