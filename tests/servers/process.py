"""What every counterpart needs: a port, a process that is stopped for certain, a wait that ends."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from tests.require import missing

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def program(server: str, *names: str) -> str:
    """The path of the first of these programs; the test is skipped, with the reason, where there is none."""
    for name in names:
        found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/local/sbin")
        if found:
            return found
    return missing(server, f"no {' or '.join(names)} on this machine (.ci/run installs it)")


@functools.cache
def _environment(name: str) -> Path | str:
    done = subprocess.run([ROOT / "script" / "environment", name], capture_output=True, text=True, check=False)
    return Path(done.stdout.strip()) if done.returncode == 0 else (done.stderr.strip() or "script/environment failed")


def environment(name: str, needed_by: str) -> Path:
    """The Python of an environment of ``script/environment``; made at first use (seconds, once)."""
    found = _environment(name)
    if isinstance(found, str):
        missing(needed_by, f"its environment cannot be made: {found[-300:]}")
    return found


def _tail(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text(errors="replace")[-1500:]
    return ""


@contextlib.contextmanager
def process(
    server: str,
    command: list[str | Path],
    *,
    log: Path,
    ready: Callable[[], bool],
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    seconds: float = 60,
    last: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """The command as a process of its own group until the block ends; ``ready`` says when it answers."""
    with log.open("ab") as out, _started(command, out, env, cwd) as running:
        deadline = time.monotonic() + seconds
        try:
            while not ready():
                if running.poll() is not None or time.monotonic() > deadline:
                    why = (
                        f"ended with {running.returncode}" if running.poll() is not None else f"silent for {seconds} s"
                    )
                    missing(server, f"{Path(str(command[0])).name} does not start ({why}): {_tail(log)}")
                time.sleep(0.02)
            yield running
        finally:
            _stop(running, last)


def _started(
    command: list[str | Path], out: IO[bytes], env: dict[str, str] | None, cwd: Path | None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
        env=clean_env() | (env or {}),
        cwd=cwd,
        start_new_session=True,
    )


def _stop(running: subprocess.Popen[bytes], last: signal.Signals) -> None:
    if running.poll() is None:
        running.send_signal(last)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(15)
    with contextlib.suppress(ProcessLookupError):  # and whatever it left behind in its group
        os.killpg(running.pid, signal.SIGKILL)
    running.wait(15)


def clean_env() -> dict[str, str]:
    """This process's environment without settings of ours, and without other clouds' credentials."""
    ours = ("AIRFLOW", "TRADEWIND_", "AWS_", "GOOGLE_", "AZURE_", "DOCKER_", "PG", "MYSQL")
    return {k: v for k, v in os.environ.items() if not k.startswith(ours) and k != "PYTHONDONTWRITEBYTECODE"}
