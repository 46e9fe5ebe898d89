"""SQL statements on Oracle as a task."""

from __future__ import annotations

from typing import Any

from tradewind.providers.oracle.hooks import OracleHook
from tradewind.providers.sql.operators import SqlOperator


class OracleOperator(SqlOperator):
    """Runs statements on the database of ``oracle_conn_id``."""

    hook_class = OracleHook

    def __init__(self, *, sql: Any, oracle_conn_id: str = OracleHook.default_conn_name, **kwargs: Any) -> None:
        super().__init__(sql=sql, conn_id=oracle_conn_id, **kwargs)
        self.oracle_conn_id = oracle_conn_id
