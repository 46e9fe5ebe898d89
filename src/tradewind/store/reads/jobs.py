"""Processes and running tries as Airflow lists them: jobs, each with the moment it was last heard of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from tradewind.store.tables.processes import process
from tradewind.store.tables.runs import attempt, dag_run, task_instance

TYPES = {"scheduler": "SchedulerJob", "triggerer": "TriggererJob", "parser": "DagProcessorJob", "api": "ApiServerJob"}
TASK = "LocalTaskJob"


def list_jobs(conn: Connection, now: datetime, silent_seconds: float, lease_seconds: float) -> list[dict[str, Any]]:
    """Every process that has not taken its leave, and every try that runs; ``running``, or ``silent`` for too long."""
    rows = conn.execute(select(process).order_by(process.c.kind, process.c.started_at)).mappings()
    found = [
        {
            "job_type": TYPES.get(row["kind"], row["kind"]),
            "state": "running" if (now - row["beat_at"]).total_seconds() < silent_seconds else "silent",
            "hostname": row["host"],
            "pid": row["pid"],
            "start_date": row["started_at"],
            "latest_heartbeat": row["beat_at"],
            "task": None,
        }
        for row in rows
    ]
    tries = (
        select(
            attempt.c.host, attempt.c.pid, attempt.c.started_at, attempt.c.lease_until, task_instance.c.dag_id,
            task_instance.c.task_id, task_instance.c.map_index, dag_run.c.run_id,
        )
        .join(task_instance, task_instance.c.id == attempt.c.ti_id)
        .join(dag_run, dag_run.c.id == task_instance.c.run_pk)
        .where(attempt.c.lease_until.is_not(None), attempt.c.state == "running")
        .order_by(attempt.c.started_at)
    )  # fmt: skip
    for row in conn.execute(tries).mappings():
        where = f"[{row['map_index']}]" if row["map_index"] >= 0 else ""
        found.append(
            {
                "job_type": TASK,
                "state": "running" if row["lease_until"] > now else "silent",
                "hostname": row["host"],
                "pid": row["pid"],
                "start_date": row["started_at"],
                # each heartbeat renews the lease for its whole length
                "latest_heartbeat": row["lease_until"] - timedelta(seconds=lease_seconds),
                "task": f"{row['dag_id']}.{row['task_id']}{where} of {row['run_id']}",
            }
        )
    return found
