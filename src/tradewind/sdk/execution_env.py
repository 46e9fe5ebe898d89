"""``AIRFLOW_CTX_*``: facts of the run in the environment of commands and tasks."""

from __future__ import annotations

from typing import Any


def context_variables(task: Any, context: Any) -> dict[str, str]:
    """The variables of the running task; empty ones are left out. A bare dict (in unit tests) gives what it has."""
    ti = context.get("ti")
    facts = getattr(context, "facts", None)
    date = facts.logical_date.isoformat() if facts is not None and facts.logical_date is not None else ""
    email = task.email
    found = {
        "AIRFLOW_CTX_DAG_OWNER": task.owner,
        "AIRFLOW_CTX_DAG_EMAIL": email if isinstance(email, str) else ",".join(email or []),
        "AIRFLOW_CTX_DAG_ID": getattr(ti, "dag_id", ""),
        "AIRFLOW_CTX_TASK_ID": getattr(ti, "task_id", ""),
        "AIRFLOW_CTX_EXECUTION_DATE": date,
        "AIRFLOW_CTX_LOGICAL_DATE": date,
        "AIRFLOW_CTX_TRY_NUMBER": str(getattr(ti, "try_number", "") or ""),
        "AIRFLOW_CTX_DAG_RUN_ID": getattr(ti, "run_id", ""),
    }
    return {name: value for name, value in found.items() if value}
