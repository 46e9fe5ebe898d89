"""A MariaDB server, for whatever speaks MySQL's protocol."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.require import missing
from tests.servers.process import answers, clean_env, free_port, process, program


@dataclass(frozen=True)
class MariaDb:
    """Where it answers; ``harbour`` is an empty database."""

    port: int
    folder: Path
    host: str = "127.0.0.1"
    login: str = "sailor"
    password: str = "knots"
    database: str = "harbour"

    @property
    def uri(self) -> str:
        """As a connection."""
        return f"mysql://{self.login}:{self.password}@{self.host}:{self.port}/{self.database}?local_infile=true"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows, by a driver and nothing else."""
        import pymysql

        with pymysql.connect(
            host=self.host, port=self.port, user=self.login, password=self.password, database=self.database
        ) as conn, conn.cursor() as cursor:  # fmt: skip
            cursor.execute(sql)
            return list(cursor.fetchall())


@contextlib.contextmanager
def running(folder: Path) -> Iterator[MariaDb]:
    """One with a user and an empty database."""
    daemon = program("mariadb", "mariadbd", "mysqld")
    install = program("mariadb", "mariadb-install-db", "mysql_install_db")
    client = program("mariadb", "mariadb", "mysql")
    found = MariaDb(free_port(), folder)
    data, socket = folder / "data", folder / "socket"
    own: list[str] = []
    if os.geteuid() == 0:  # the daemon will not run as root
        folder.chmod(0o755)
        own = ["--user=mysql"]
    done = subprocess.run(
        [install, "--no-defaults", *own, f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db"],
        capture_output=True, text=True, check=False, env=clean_env(),
    )  # fmt: skip
    if done.returncode:
        missing("mariadb", f"its data folder cannot be made: {(done.stdout + done.stderr)[-500:]}")
    if own:
        shutil.chown(folder, "mysql")
    command: list[str | Path] = [daemon, "--no-defaults", *own, f"--datadir={data}", f"--socket={socket}"]
    command += [f"--port={found.port}", "--bind-address=127.0.0.1", "--local-infile=1", f"--pid-file={folder / 'pid'}"]
    command += ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", f"--secure-file-priv={folder}"]
    with process("mariadb", command, log=folder / "log", ready=lambda: socket.exists() and answers(found.port)):
        sql = (
            f"CREATE DATABASE {found.database}; CREATE USER '{found.login}'@'%' IDENTIFIED BY '{found.password}';"
            f"GRANT ALL ON *.* TO '{found.login}'@'%';"
        )
        subprocess.run(
            [client, "--no-defaults", "-uroot", f"--socket={socket}", "-e", sql], check=True, env=clean_env()
        )
        yield found
