"""``tradewind dag-processor``."""

from __future__ import annotations

import argparse

from tradewind.cli.processes import DAEMON, start
from tradewind.cli.shape import Verb


def start_parser(args: argparse.Namespace) -> int:
    """Run until stopped."""
    return start("parser", args)


VERBS = (Verb("", "Start the process that reads DAG files.", start_parser, DAEMON),)
