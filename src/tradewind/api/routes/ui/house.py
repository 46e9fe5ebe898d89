"""Who am I, how is the house, what is wrong with the files."""

from __future__ import annotations

import os
import socket
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from tradewind.api.deps import Door, ReadErrors, ReadWebsite, json_answer
from tradewind.domain.access import Thing, Verb, may
from tradewind.domain.rules.why_facts import Reason
from tradewind.errors import TradewindError
from tradewind.store.reads.import_errors import list_import_errors, list_warnings
from tradewind.store.reads.processes import list_processes
from tradewind.store.reads.why_dag import troubles

router = APIRouter(prefix="/ui", tags=["page"])


@router.get("/me")
def me(visit: ReadWebsite) -> Response:
    """The person logged in, their roles, and what they may do."""
    roles = visit.person.roles
    allowed = [f"{verb} {thing}" for thing in Thing for verb in Verb if may(roles, verb, thing)]
    return json_answer({"username": visit.person.username, "roles": roles, "permissions": allowed})


def look_around(door: Door) -> tuple[list[dict[str, Any]], str, list[Reason]]:
    """The processes that live, this one among them, how the database is, and what is wrong with the house."""
    now = door.clock.now()
    processes: list[dict[str, Any]] = []
    wrong: list[Reason] = []
    database = "healthy"
    try:
        with door.store.read() as conn:
            silent = door.settings.get_float("scheduler", "scheduler_health_check_threshold")
            processes = list_processes(conn, now, silent)
            wrong = troubles(conn, door.settings, now)
    except TradewindError as trouble:
        database = f"unhealthy: {trouble.message}"
    if not any(p["kind"] == "api" and p["pid"] == os.getpid() for p in processes):
        mine = {"kind": "api", "host": socket.gethostname(), "pid": os.getpid(), "status": "healthy", "beat_at": now}
        processes.append(mine)
    return processes, database, wrong


@router.get("/health")
def health(visit: ReadWebsite) -> Response:
    """For the page's banner."""
    processes, database, wrong = look_around(visit.door)
    alive = {p["kind"] for p in processes if p["status"] == "healthy"}
    good = database == "healthy" and {"scheduler", "parser"} <= alive
    return json_answer(
        {
            "status": "healthy" if good else "unhealthy",
            "processes": processes,
            "database": database,
            "troubles": [{"code": one.code, "text": one.text, "hint": one.hint} for one in wrong],
        }
    )


@router.get("/import_errors")
def import_errors(visit: ReadErrors) -> Response:
    """What is wrong, and what is odd, with DAG files."""
    with visit.read() as conn:
        return json_answer({"errors": list_import_errors(conn), "warnings": list_warnings(conn)})
