"""``tradewind scheduler``."""

from __future__ import annotations

import argparse

from tradewind.cli.processes import DAEMON, start
from tradewind.cli.shape import SUBDIR, Verb, arg


def start_scheduler(args: argparse.Namespace) -> int:
    """Run until stopped."""
    return start("scheduler", args)


VERBS = (
    Verb(
        "",
        "Start a scheduler: makes due runs, hands tasks to executors.",
        start_scheduler,
        (*DAEMON, SUBDIR, arg("-n", "--num-runs", type=int, help="accepted and ignored: loops are woken by events")),
    ),
)
