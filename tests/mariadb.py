"""A MariaDB server of the test session, in a temporary folder, and databases in it."""

from __future__ import annotations

import getpass
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.require import missing

_numbers = itertools.count(1)
#: Its disk is thrown away, so nothing need be safe on it.
_QUICK = (
    *("--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--skip-log-bin", "--performance-schema=0"),
    *("--innodb-buffer-pool-size=64M", "--innodb-log-file-size=32M", "--skip-name-resolve", "--max-connections=200"),
    *("--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci"),  # as packaged
)


class MariaServer:
    """A running server, reached by its socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "s"
        self._copies: dict[str, list[str]] = {}

    def connect(self, name: str = "") -> Any:
        """A raw connection of the driver."""
        import pymysql

        return pymysql.connect(unix_socket=str(self.socket), user="root", database=name or None, autocommit=True)

    def url(self, name: str) -> str:
        """The address of one database."""
        return f"mysql://root@localhost/{name}?unix_socket={self.socket}&charset=utf8mb4"

    def make(self, template: str | None = None) -> str:
        """A new database, empty or with the tables and rows of ``template``; its name."""
        name = f"t{os.getpid()}_{next(_numbers)}"
        with self.connect() as conn, conn.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
            if template is not None:
                cursor.execute(f"USE {name}")
                for statement in self._statements(cursor, template):
                    cursor.execute(statement)
        return name

    def _statements(self, cursor: Any, template: str) -> list[str]:
        if template not in self._copies:
            cursor.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = %s ORDER BY table_name",
                (template,),
            )
            made = ["SET foreign_key_checks = 0"]
            for (table,) in cursor.fetchall():
                cursor.execute(f"SHOW CREATE TABLE {template}.{table}")
                made.append(cursor.fetchone()[1])
                made.append(f"INSERT INTO `{table}` SELECT * FROM {template}.`{table}`")
            self._copies[template] = made
        return self._copies[template]


@contextmanager
def serving() -> Iterator[MariaServer]:
    """Start one, and end it; the test is skipped (or fails, where it is required) when there is none on this machine."""
    server, install = (_find(name) for name in ("mariadbd", "mariadb-install-db"))
    memory = "/dev/shm"
    folder = Path(tempfile.mkdtemp(prefix="twmy", dir=memory if os.access(memory, os.W_OK) else None))
    folder.chmod(0o755)
    user = ["--user=mysql"] if getpass.getuser() == "root" else []
    data = folder / "data"
    made = subprocess.run(
        [install, "--no-defaults", *user, f"--datadir={data}", "--auth-root-authentication-method=normal"],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        missing("mariadb", f"it makes no data folder: {(made.stderr or made.stdout)[-300:]}")
    if user:
        shutil.chown(folder, "mysql")
    found = MariaServer(folder)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(server, "--no-defaults", *user, *_QUICK, "--skip-networking", f"--datadir={data}"),
                *(f"--socket={found.socket}", f"--pid-file={folder / 'pid'}"),
            ],
            stdout=log,
            stderr=log,
        )
    try:
        _wait(found, process)
        yield found
    finally:
        process.send_signal(signal.SIGKILL)  # nothing of it is kept
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _find(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        missing("mariadb", f"there is no {name} here (package mariadb-server)")
    return found


def _wait(server: MariaServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            server.connect().close()
            return
        except Exception as error:
            if process.poll() is not None or time.monotonic() > deadline:
                missing("mariadb", f"its server does not start: {error}")
            time.sleep(0.02)
