"""SQL statements on MySQL as a task."""

from __future__ import annotations

from typing import Any

from tradewind.providers.mysql.hooks import MySqlHook
from tradewind.providers.sql.operators import SqlOperator


class MySqlOperator(SqlOperator):
    """Runs statements on the database of ``mysql_conn_id``."""

    hook_class = MySqlHook

    def __init__(self, *, sql: Any, mysql_conn_id: str = MySqlHook.default_conn_name, **kwargs: Any) -> None:
        super().__init__(sql=sql, conn_id=mysql_conn_id, **kwargs)
        self.mysql_conn_id = mysql_conn_id
