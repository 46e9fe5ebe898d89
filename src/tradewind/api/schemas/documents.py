"""Our rows in the words of Airflow's REST API: the names of version 1 and of version 2 side by side."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from tradewind.domain.connection_form import COVERED

Row = dict[str, Any]
_SECRET = re.compile(
    r"pass(word|wd|phrase)?|secret|token|api_?key|private_?key|access_?key|authorization|keyfile_dict", re.I
)
MASK = COVERED


def looks_secret(name: str) -> bool:
    """Whether a value under this name is better not shown."""
    return _SECRET.search(name) is not None


def masked(value: Any, secret: frozenset[str] = frozenset()) -> Any:
    """The same value with everything under a secret name covered; ``secret``: names that are so by their form."""
    if isinstance(value, dict):
        return {k: MASK if (k in secret or looks_secret(str(k))) and v else masked(v, secret) for k, v in value.items()}
    return [masked(item, secret) for item in value] if isinstance(value, list) else value


def dag_document(dag: Row) -> Row:
    """One DAG."""
    summary = dag["timetable_summary"]
    return {
        "dag_id": dag["dag_id"],
        "dag_display_name": dag["display_name"],
        "description": dag["description"],
        "is_paused": dag["is_paused"],
        "is_active": dag["is_active"],
        "is_stale": not dag["is_active"],
        "is_subdag": False,
        "root_dag_id": None,
        "fileloc": dag["fileloc"],
        "relative_fileloc": dag["fileloc"],
        "bundle_name": dag["bundle"],
        "file_token": dag["dag_id"],
        "owners": dag["owners"],
        "tags": [{"name": tag} for tag in dag["tags"]],
        "schedule_interval": None if summary in (None, "None") else {"__type": "CronExpression", "value": summary},
        "timetable_summary": summary,
        "timetable_description": dag["timetable_description"],
        "last_parsed_time": dag["last_parsed_at"],
        "has_import_errors": dag["has_import_errors"],
        "max_active_runs": dag["max_active_runs"],
        "max_active_tasks": dag["max_active_tasks"],
        "next_dagrun": dag["next_logical_date"],
        "next_dagrun_logical_date": dag["next_logical_date"],
        "next_dagrun_data_interval_start": dag["next_interval_start"],
        "next_dagrun_data_interval_end": dag["next_interval_end"],
        "next_dagrun_create_after": dag["next_run_after"],
        "next_dagrun_run_after": dag["next_run_after"],
    }


def dag_details_document(page: Row) -> Row:
    """One DAG with what its newest version says."""
    version = page.get("version")
    return dag_document(page) | {
        "catchup": page.get("catchup"),
        "dag_run_timeout": page.get("dagrun_timeout"),
        "doc_md": page.get("doc_md"),
        "default_view": page.get("default_view"),
        "orientation": page.get("orientation"),
        "params": page.get("params"),
        "start_date": page.get("start_date"),
        "end_date": page.get("end_date"),
        "timezone": page.get("timezone"),
        "owner_links": page.get("owner_links", {}),
        "latest_dag_version": version and {"version_number": version["number"], "created_at": version["created_at"]},
    }


def run_document(run: Row) -> Row:
    """One run."""
    return {
        "dag_id": run["dag_id"],
        "dag_run_id": run["run_id"],
        "run_type": run["run_type"],
        "state": run["state"],
        "conf": run["conf"],
        "note": run["note"],
        "execution_date": run["logical_date"],
        "logical_date": run["logical_date"],
        "run_after": run["run_after"],
        "queued_at": run["queued_at"],
        "start_date": run["started_at"],
        "end_date": run["ended_at"],
        "duration": run["seconds"],
        "data_interval_start": run["interval_start"],
        "data_interval_end": run["interval_end"],
        "external_trigger": run["run_type"] == "manual",
        "last_scheduling_decision": None,
        "triggered_by": run["triggered_by"],
        "triggering_user_name": run["triggered_by"] if run["run_type"] == "manual" else None,
        "dag_versions": [] if run["version"] is None else [{"version_number": run["version"]}],
    }


def task_document(task: Row) -> Row:
    """One task instance."""
    return {
        "id": str(task["ti_id"]),
        "dag_id": task["dag_id"],
        "dag_run_id": task["run_id"],
        "task_id": task["task_id"],
        "task_display_name": task["task_id"],
        "map_index": task["map_index"],
        "rendered_map_index": task["map_label"],
        "execution_date": task["logical_date"],
        "logical_date": task["logical_date"],
        "state": task["state"],
        "try_number": task["try_number"],
        "max_tries": max(0, task["max_tries"] - 1),
        "operator": task["operator"],
        "pool": task["pool"],
        "pool_slots": task["pool_slots"],
        "queue": task["queue"],
        "priority_weight": task["priority"],
        "scheduled_when": task["scheduled_at"],
        "queued_when": task["queued_at"],
        "start_date": task["started_at"],
        "end_date": task["ended_at"],
        "duration": task["seconds"],
        "hostname": task["host"] or "",
        "pid": task["pid"],
        "unixname": "",
        "executor_config": "{}",
        "note": task["note"],
        "rendered_fields": task.get("rendered") or {},
        "sla_miss": None,
        "trigger": None,
        "triggerer_job": None,
    }


def connection_document(row: Row, extra: str | None, secret: frozenset[str] = frozenset()) -> Row:
    """One connection, without its password; secret parts of ``extra`` are covered."""
    if extra:
        try:
            extra = msgspec.json.encode(masked(msgspec.json.decode(extra), secret)).decode()
        except msgspec.DecodeError:
            extra = MASK
    return {
        "connection_id": row["conn_id"],
        "conn_type": row["conn_type"],
        "description": row["description"],
        "host": row["host"],
        "login": row["login"],
        "schema": row["schema"],
        "port": row["port"],
        "extra": extra,
    }


def pool_document(row: Row) -> Row:
    """One pool."""
    return row | {"used_slots": row["occupied_slots"]}


def import_error_document(row: Row) -> Row:
    """One import error."""
    return {
        "import_error_id": row["id"],
        "timestamp": row["at"],
        "filename": row["fileloc"],
        "bundle_name": row["bundle"],
        "stack_trace": row["stacktrace"] or row["message"],
    }


def event_log_document(row: Row) -> Row:
    """One line of the audit log."""
    return {
        "event_log_id": row["id"],
        "when": row["at"],
        "event": row["verb"],
        "owner": row["actor"],
        "dag_id": row["dag_id"],
        "run_id": row["run_id"],
        "task_id": row["task_id"],
        "execution_date": None,
        "extra": msgspec.json.encode(masked(row["details"])).decode(),
    }


def user_document(row: Row) -> Row:
    """One person."""
    return {
        "username": row["username"],
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "email": row["email"],
        "active": row["is_active"],
        "roles": [{"name": role} for role in row["roles"]],
        "created_on": row["created_at"],
        "last_login": row["last_login_at"],
        "failed_login_count": row["failed_logins"],
    }
