"""The hook every SQL database builds on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.hooks import BaseHook


class DbApiHook(BaseHook):
    """Statements and queries over ``get_conn()``, which a subclass writes: an open DB-API connection."""

    conn_name_attr = "conn_id"
    default_conn_name = "default_conn_id"
    #: How the driver marks a parameter.
    placeholder = "%s"
    #: The module of the driver, and what to install when it is not there.
    driver, install = "", ""

    def __init__(self, *args: Any, database: str | None = None, schema: str | None = None, **kwargs: Any) -> None:
        super().__init__()
        self.conn_id = args[0] if args else kwargs.get(self.conn_name_attr) or self.default_conn_name
        setattr(self, self.conn_name_attr, self.conn_id)
        self.database = schema or database

    def get_conn(self) -> Any:
        """An open connection; the caller closes it."""
        raise AirflowException(f"{type(self).__name__} has no get_conn() of its own.")

    def load_driver(self) -> Any:
        """The driver's module, or an error that says what to install."""
        from importlib import import_module  # noqa: PLC0415  only tasks that connect need it

        try:
            return import_module(self.driver)
        except ModuleNotFoundError as missing:
            raise ModuleNotFoundError(
                f"{type(self).__name__} needs its driver. Run: pip install {self.install}", name=missing.name
            ) from None

    def run(
        self, sql: str | Iterable[str], autocommit: bool = False, parameters: Any = None, handler: Any = None, **_: Any
    ) -> Any:
        """Run statements in one transaction (or each by itself with ``autocommit``).

        ``handler(cursor)`` makes the answer of a statement; what it makes of the last one is returned.
        """
        statements = [sql] if isinstance(sql, str) else list(sql)
        answer = None
        with contextlib.closing(self.get_conn()) as conn:
            self.set_autocommit(conn, autocommit)
            with contextlib.closing(conn.cursor()) as cursor:
                for statement in statements:
                    self.log.info("Running statement: %s", statement)
                    self._execute(cursor, statement, parameters)
                    answer = handler(cursor) if handler is not None else None
            if not autocommit:
                conn.commit()
        return answer

    def set_autocommit(self, conn: Any, autocommit: bool) -> None:
        """Let each statement stand by itself, or not."""
        conn.autocommit = autocommit

    @staticmethod
    def _execute(cursor: Any, statement: str, parameters: Any) -> None:
        if parameters is None:
            cursor.execute(statement)
        else:
            cursor.execute(statement, parameters)

    def get_records(self, sql: str, parameters: Any = None) -> list[Any]:
        """All rows of a query."""
        with contextlib.closing(self.get_conn()) as conn, contextlib.closing(conn.cursor()) as cursor:
            self._execute(cursor, sql, parameters)
            return list(cursor.fetchall())

    def get_first(self, sql: str, parameters: Any = None) -> Any:
        """The first row of a query, or None."""
        with contextlib.closing(self.get_conn()) as conn, contextlib.closing(conn.cursor()) as cursor:
            self._execute(cursor, sql, parameters)
            return cursor.fetchone()

    def get_pandas_df(self, sql: str, parameters: Any = None, **kwargs: Any) -> Any:
        """A query as a data frame."""
        import pandas  # noqa: PLC0415  heavy and optional

        with contextlib.closing(self.get_conn()) as conn:
            return pandas.read_sql(sql, conn, params=parameters, **kwargs)

    def insert_rows(
        self,
        table: str,
        rows: Iterable[Iterable[Any]],
        target_fields: Iterable[str] | None = None,
        commit_every: int = 1000,
        **_: Any,
    ) -> None:
        """Insert many rows; a commit after every ``commit_every`` of them, or one at the end with 0."""
        columns = f" ({', '.join(target_fields)})" if target_fields else ""
        data = [tuple(row) for row in rows]
        if not data:
            return
        statement = f"INSERT INTO {table}{columns} VALUES ({', '.join(self.placeholders(len(data[0])))})"
        step = commit_every or len(data)
        with contextlib.closing(self.get_conn()) as conn, contextlib.closing(conn.cursor()) as cursor:
            for start in range(0, len(data), step):
                cursor.executemany(statement, data[start : start + step])
                conn.commit()

    def placeholders(self, count: int) -> list[str]:
        """Marks of that many parameters."""
        return [self.placeholder] * count

    def test_connection(self) -> tuple[bool, str]:
        """Whether the database answers, and what it said."""
        try:
            self.get_first("SELECT 1")
        except Exception as error:
            return False, str(error)
        return True, "Connection successfully tested"
