"""``tradewind api-server`` (``webserver`` is its older name)."""

from __future__ import annotations

import argparse

from tradewind.cli.processes import DAEMON, start
from tradewind.cli.shape import Verb, arg


def as_environment(args: argparse.Namespace) -> dict[str, str]:
    """``--host`` and ``--port`` as settings for the process that is started."""
    given = {"TRADEWIND__API__PORT": args.port, "TRADEWIND__API__HOST": args.host}
    return {name: str(value) for name, value in given.items() if value is not None}


ADDRESS = (
    arg("-p", "--port", type=int, help="port to listen on (default: the setting [api] port)"),
    arg("-H", "--host", "--hostname", dest="host", help="address to listen on (default: the setting [api] host)"),
)


def start_api(args: argparse.Namespace) -> int:
    """Run until stopped."""
    return start("api", args, as_environment(args))


VERBS = (Verb("", "Start the page and the API.", start_api, (*ADDRESS, *DAEMON)),)
