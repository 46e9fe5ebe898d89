"""``tradewind scheduler``: a scheduler, and with it the process that reads DAG files, as in Airflow 1.10 and 2."""

from __future__ import annotations

import argparse
import os
import sys

from tradewind.cli.family import Child, Family
from tradewind.cli.processes import DAEMON, start
from tradewind.cli.shape import SUBDIR, Verb, arg
from tradewind.errors import OutsideTrouble
from tradewind.settings import load_settings

#: A process that lived this many seconds has started; one that dies earlier, again and again, is given up. Its own life
#: counts, not that of the pair: on a slow machine each life of one that cannot start takes a second and more.
SETTLED = 10.0


def start_scheduler(args: argparse.Namespace) -> int:
    """Run until stopped."""
    settings = load_settings()
    if settings.get_bool("scheduler", "standalone_dag_processor"):
        return start("scheduler", args)
    if args.daemon:
        return start("scheduler", args, command=[sys.executable, "-m", "tradewind", "scheduler"])
    settings.home.mkdir(parents=True, exist_ok=True)
    children = [
        Child(room, [sys.executable, "-m", f"tradewind.{room}.main"], os.environ) for room in ("scheduler", "parser")
    ]
    family = Family(children, is_ready=lambda: all(child.age() > SETTLED for child in children), on_ready=lambda: None)
    code = family.run()
    if family.failure:
        raise OutsideTrouble(family.failure, hint="`tradewind db check` looks at the database.")
    return code


VERBS = (
    Verb(
        "",
        "Start a scheduler and the process that reads DAG files.",
        start_scheduler,
        (*DAEMON, SUBDIR, arg("-n", "--num-runs", type=int, help="accepted and ignored: loops are woken by events")),
    ),
)
