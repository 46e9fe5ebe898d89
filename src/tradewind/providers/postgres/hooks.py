"""Connections to a PostgreSQL database named by a connection."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from tradewind.providers.sql.hooks import DbApiHook


class PostgresHook(DbApiHook):
    """Opens the database of a connection; ``extra`` holds further libpq options such as sslmode."""

    conn_name_attr = "postgres_conn_id"
    default_conn_name = "postgres_default"
    conn_type = "postgres"
    hook_name = "Postgres"
    driver, install = "psycopg", "'tradewind[postgres]'"

    def get_conn(self) -> Any:
        """An open connection; the caller closes it."""
        psycopg = self.load_driver()
        known = self.get_connection(self.conn_id)
        options = {
            "host": known.host or None,
            "port": known.port,
            "user": known.login,
            "password": known.password,
            "dbname": self.database or known.schema or known.login,
            # What stands in the extra field is more precise: a socket's folder as host, sslmode ...
            **{name: value for name, value in known.extra_dejson.items() if name not in ("cursor", "redshift")},
        }
        conn = psycopg.connect(**options)
        conn.add_notice_handler(lambda notice: self.log.info("%s: %s", notice.severity, notice.message_primary))
        return conn

    def copy_expert(self, sql: str, filename: str) -> None:
        """``COPY ... FROM STDIN`` reads the file, ``COPY ... TO STDOUT`` writes it."""
        path = Path(filename)
        with contextlib.closing(self.get_conn()) as conn, conn.cursor() as cursor:
            with cursor.copy(sql) as copy:
                if " from stdin" in " ".join(sql.lower().split()):
                    copy.write(path.read_bytes())
                else:
                    path.write_bytes(b"".join(bytes(part) for part in copy))
            conn.commit()

    def bulk_load(self, table: str, tmp_file: str) -> None:
        """Rows of a tab-separated file into a table."""
        self.copy_expert(f"COPY {table} FROM STDIN", tmp_file)

    def bulk_dump(self, table: str, tmp_file: str) -> None:
        """A table into a tab-separated file."""
        self.copy_expert(f"COPY {table} TO STDOUT", tmp_file)
