"""Starting one long-lived process of the house, in front or (``-D``) detached."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from tradewind.cli.shape import arg
from tradewind.settings import load_settings

DAEMON = (
    arg("-D", "--daemon", action="store_true", help="go on in the background; its output goes to {home}/run"),
    arg("--pid", metavar="FILE", help="write the process id there"),
    arg("-l", "--log-file", metavar="FILE", help="output of a background process"),
)


def start(
    room: str, args: argparse.Namespace, environ: dict[str, str] | None = None, *, command: list[str] | None = None
) -> int:
    """Become the process ``tradewind.<room>.main`` (or ``command``), or start it in the background and say so."""
    command = command or [sys.executable, "-m", f"tradewind.{room}.main"]
    surroundings = os.environ | (environ or {})
    settings = load_settings(surroundings)  # a wrong setting is refused here, before anything starts
    settings.home.mkdir(parents=True, exist_ok=True)
    if not args.daemon:
        if args.pid:
            _write(args.pid, os.getpid())
        sys.stdout.flush()
        os.execve(command[0], command, surroundings)
    folder = settings.home / "run"
    folder.mkdir(parents=True, exist_ok=True)
    output = args.log_file or str(folder / f"{room}.out")
    with open(output, "ab") as sink:  # noqa: PTH123  the name is what the person typed
        child = subprocess.Popen(
            command, env=surroundings, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True
        )
    _write(args.pid or str(folder / f"{room}.pid"), child.pid)
    print(f"Started {room} as process {child.pid}; its output goes to {output}")
    return 0


def _write(path: str, pid: int) -> None:
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123  the name is what the person typed
        file.write(f"{pid}\n")
