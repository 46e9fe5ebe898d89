"""One "machine": a home with a scheduler process that is started again when it dies, and the worker host it starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.e2e.house import House, with_suppress_kill


class Machine:
    """See the module."""

    def __init__(self, home: Path, dags: Path, url: str, probe: Path, *, parses: bool) -> None:
        self.house = House(
            home,
            TRADEWIND__CORE__DAGS_FOLDER=str(dags),
            TRADEWIND__DATABASE__SQL_ALCHEMY_CONN=url,
            TRADEWIND__CORE__PARALLELISM="12",
            TRADEWIND__SCHEDULER__ATTEMPT_LEASE_SECONDS="8",
            TRADEWIND__SCHEDULER__RUN_LEASE_SECONDS="12",
            TRADEWIND__SCHEDULER__TASK_QUEUED_TIMEOUT="40",
            TRADEWIND__SCHEDULER__LOST_TASK_RESTARTS="1000",
            TRADEWIND__WORKER__HEARTBEAT_SECONDS="1",
            TRADEWIND__CORE__DAGS_ARE_PAUSED_AT_CREATION="False",
            PROBE=str(probe),
        )
        self._rooms = ["scheduler", "parser"] if parses else ["scheduler"]
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._start_at: dict[str, float] = dict.fromkeys(self._rooms, 0.0)
        self._paused_until: float | None = None

    def look(self) -> None:
        """What a process manager does: start what is not there and is due."""
        now = time.monotonic()
        if self._paused_until is not None and now >= self._paused_until:
            self._paused_until = None
            self._signal("scheduler", signal.SIGCONT)
        for room in self._rooms:
            process = self._processes.get(room)
            if process is not None and process.poll() is not None:
                del self._processes[room]
                self._start_at[room] = max(self._start_at[room], now + 0.5)
            if room not in self._processes and now >= self._start_at[room]:
                with (self.house.home / f"{room}.out").open("ab") as out:
                    self._processes[room] = subprocess.Popen(
                        [sys.executable, "-m", f"tradewind.{room}.main"],
                        env=self.house.env,
                        stdout=out,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )

    def _signal(self, room: str, number: int) -> None:
        process = self._processes.get(room)
        if process is not None and process.poll() is None:
            process.send_signal(number)

    def kill_scheduler(self, away: float) -> None:
        """kill -9; it is back after ``away`` seconds."""
        self._paused_until = None
        self._signal("scheduler", signal.SIGKILL)
        self._start_at["scheduler"] = time.monotonic() + away

    def pause_scheduler(self, seconds: float) -> None:
        """It stands still, and then goes on as if nothing had been."""
        self._signal("scheduler", signal.SIGSTOP)
        self._paused_until = time.monotonic() + seconds

    def kill(self, module: str) -> bool:
        """kill -9 of a process of a worker host; False when there is none now."""
        pid = self.house._find(module)
        if pid is not None:
            with_suppress_kill(pid)
        return pid is not None

    def power_off(self, away: float) -> None:
        """Everything of this machine ends at once."""
        self._paused_until = None
        for room in self._rooms:
            self._start_at[room] = time.monotonic() + away
        for pid in self.house.processes():
            with_suppress_kill(pid)

    def calm(self) -> None:
        """Nothing more is done to it."""
        if self._paused_until is not None:
            self._paused_until = 0.0
        self._start_at = dict.fromkeys(self._rooms, 0.0)

    def close(self) -> None:
        """Nothing of it runs on."""
        for pid in self.house.processes():
            with_suppress_kill(pid)
        for process in self._processes.values():
            process.wait()

    def tail(self) -> str:
        """The end of what its scheduler said."""
        file = self.house.home / "scheduler.out"
        return file.read_text(errors="replace")[-3000:] if file.exists() else ""


assert os.name == "posix"
