"""A command in a process group of its own, its output line by line in a log."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import tempfile
from typing import Any


class Command:
    """One command at a time. ``run`` waits until its output is closed by every process that holds it."""

    def __init__(self, log: logging.Logger, encoding: str = "utf-8") -> None:
        self._log, self._encoding = log, encoding
        self._process: subprocess.Popen[bytes] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"_log": self._log, "_encoding": self._encoding, "_process": None}

    def run(self, command: list[str], env: dict[str, str], cwd: str | None) -> tuple[int, str]:
        """Exit code and last line of output. Without ``cwd`` it runs in a fresh folder that is removed afterwards."""
        if cwd is not None:
            return self._run(command, env, cwd)
        with tempfile.TemporaryDirectory(prefix="tradewindtmp") as folder:
            return self._run(command, env, folder)

    def _run(self, command: list[str], env: dict[str, str], cwd: str) -> tuple[int, str]:
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=cwd, env=env, start_new_session=True
        )
        last = ""
        try:
            assert self._process.stdout is not None
            for raw in self._process.stdout:
                last = raw.decode(self._encoding, errors="backslashreplace").rstrip()
                self._log.info("%s", last)
            code = self._process.wait()
        except BaseException:
            self.stop()
            raise
        self._log.info("Command exited with return code %s", code)
        return code, last

    def stop(self, grace_seconds: float = 5.0) -> None:
        """SIGTERM to the whole group, SIGKILL to what is left after the grace."""
        process = self._process
        if process is None or (process.poll() is not None and not _group_alive(process.pid)):
            return
        self._log.info("Sending SIGTERM signal to the command's process group")
        if not _signal_group(process.pid, signal.SIGTERM):
            return
        try:
            process.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()


def _signal_group(pid: int, number: int) -> bool:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return False
    return True


def _group_alive(pid: int) -> bool:
    return _signal_group(pid, 0)
