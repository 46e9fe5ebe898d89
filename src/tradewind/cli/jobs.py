"""``tradewind jobs``: which processes and tasks live, and Airflow's check for health probes."""

from __future__ import annotations

import argparse
import socket
import sys
from typing import Any

from tradewind.cli.door import open_act
from tradewind.cli.output import show
from tradewind.cli.shape import OUTPUT, Verb, arg
from tradewind.errors import InvalidArgument
from tradewind.store.reads.jobs import TASK, TYPES, list_jobs

_COLUMNS = ("job_type", "state", "hostname", "pid", "start_date", "latest_heartbeat", "task")


def _jobs(args: argparse.Namespace) -> list[dict[str, Any]]:
    act = open_act()
    silent = act.settings.get_float("scheduler", "scheduler_health_check_threshold")
    lease = act.settings.get_float("scheduler", "attempt_lease_seconds")
    with act.store.read() as conn:
        found = list_jobs(conn, act.clock.now(), silent, lease)
    host = socket.gethostname() if args.local else args.hostname
    return [
        job
        for job in found
        if args.job_type in (None, job["job_type"]) and (host is None or (job["hostname"] or "").startswith(host))
    ]


def list_all(args: argparse.Namespace) -> None:
    """All of them, each with its last heartbeat."""
    show(_jobs(args), _COLUMNS, args.output)


def check(args: argparse.Namespace) -> int:
    """0 when one (or, with --allow-multiple, any number) is alive."""
    if args.allow_multiple and not args.limit:
        args.limit = 1_000_000
    if args.limit > 1 and not args.allow_multiple:
        raise InvalidArgument("--limit above 1 needs --allow-multiple.", field="--limit")
    alive = [job for job in _jobs(args) if job["state"] == "running"]
    if not alive:
        print("No alive jobs found.", file=sys.stderr)
        return 1
    if len(alive) > 1 and not args.allow_multiple and args.limit != 1:
        print(f"Found {len(alive)} alive jobs. Expected only one.", file=sys.stderr)
        return 1
    print("Found one alive job." if len(alive) == 1 else f"Found {len(alive)} alive jobs.")
    return 0


_WHICH = (
    arg("--job-type", choices=(*TYPES.values(), TASK), help="only jobs of this type"),
    arg("--hostname", help="only those of this host"),
    arg("--local", action="store_true", help="only those of this machine"),
)
VERBS = (
    Verb("list", "Show processes and running tasks with their heartbeats.", list_all, (*_WHICH, OUTPUT)),
    Verb(
        "check",
        "Say whether a job is alive: 0 when it is, 1 when not.",
        check,
        (
            *_WHICH,
            arg("--limit", type=int, default=0, help="how many to look for (default: all)"),
            arg("--allow-multiple", action="store_true", help="more than one is well, too"),
        ),
    ),
)
