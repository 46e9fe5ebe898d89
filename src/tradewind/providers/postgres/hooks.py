"""Connections to a PostgreSQL database named by a connection."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

from tradewind.sdk.hooks import BaseHook


class PostgresHook(BaseHook):
    """Opens the database of a connection; ``extra`` holds further libpq options such as sslmode."""

    conn_name_attr = "postgres_conn_id"
    default_conn_name = "postgres_default"
    conn_type = "postgres"
    hook_name = "Postgres"

    def __init__(self, *args: Any, postgres_conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__()
        self.postgres_conn_id = args[0] if args else postgres_conn_id
        self.database = kwargs.get("schema") or kwargs.get("database")

    def get_conn(self) -> Any:
        """An open connection; the caller closes it."""
        try:
            import psycopg  # noqa: PLC0415  optional extra
        except ModuleNotFoundError as missing:
            raise ModuleNotFoundError(
                "PostgreSQL needs its driver. Run: pip install 'tradewind[postgres]'", name=missing.name
            ) from None
        known = self.get_connection(self.postgres_conn_id)
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

    def run(self, sql: str | Iterable[str], autocommit: bool = False, parameters: Any = None, **_: Any) -> None:
        """Run statements in one transaction (or each by itself with ``autocommit``)."""
        statements = [sql] if isinstance(sql, str) else list(sql)
        with contextlib.closing(self.get_conn()) as conn:
            conn.autocommit = autocommit
            with conn.cursor() as cursor:
                for statement in statements:
                    self.log.info("Running statement: %s", statement)
                    cursor.execute(statement, parameters)
            if not autocommit:
                conn.commit()

    def get_records(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with contextlib.closing(self.get_conn()) as conn, conn.cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())

    def get_first(self, sql: str, parameters: Any = None) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        with contextlib.closing(self.get_conn()) as conn, conn.cursor() as cursor:
            cursor.execute(sql, parameters)
            row: tuple[Any, ...] | None = cursor.fetchone()
            return row

    def get_pandas_df(self, sql: str, parameters: Any = None, **kwargs: Any) -> Any:
        """A query as a data frame."""
        import pandas  # noqa: PLC0415  heavy and optional

        with contextlib.closing(self.get_conn()) as conn:
            return pandas.read_sql(sql, conn, params=parameters, **kwargs)

    def insert_rows(
        self, table: str, rows: Iterable[Iterable[Any]], target_fields: list[str] | None = None, **_: Any
    ) -> None:
        """Insert many rows in one transaction."""
        columns = f" ({', '.join(target_fields)})" if target_fields else ""
        data = [tuple(row) for row in rows]
        if not data:
            return
        marks = ", ".join(["%s"] * len(data[0]))
        with contextlib.closing(self.get_conn()) as conn, conn.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table}{columns} VALUES ({marks})", data)
            conn.commit()
