"""Connections to a MySQL database named by a connection."""

from __future__ import annotations

from typing import Any

from tradewind.providers.sql.hooks import DbApiHook


class MySqlHook(DbApiHook):
    """Opens the database of a connection with PyMySQL; ``extra`` holds further options such as charset."""

    conn_name_attr = "mysql_conn_id"
    default_conn_name = "mysql_default"
    conn_type = "mysql"
    hook_name = "MySQL"
    driver = install = "pymysql"

    def get_conn(self) -> Any:
        """An open connection; the caller closes it."""
        known = self.get_connection(self.conn_id)
        return self.load_driver().connect(
            **{
                "host": known.host or "localhost",
                "port": known.port or 3306,
                "user": known.login or "",
                "password": known.password or "",
                "database": self.database or known.schema or None,
                **known.extra_dejson,
            }
        )

    def set_autocommit(self, conn: Any, autocommit: bool) -> None:
        """Let each statement stand by itself, or not."""
        conn.autocommit(autocommit)
