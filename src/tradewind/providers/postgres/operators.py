"""SQL statements on PostgreSQL as a task."""

from __future__ import annotations

from typing import Any

from tradewind.providers.postgres.hooks import PostgresHook
from tradewind.providers.sql.operators import SqlOperator


class PostgresOperator(SqlOperator):
    """Runs statements on the database of ``postgres_conn_id``, all in one transaction unless ``autocommit``."""

    hook_class = PostgresHook
    template_fields_renderers = {"sql": "postgresql", "parameters": "json"}  # noqa: RUF012  Airflow's class attribute

    def __init__(self, *, sql: Any, postgres_conn_id: str = PostgresHook.default_conn_name, **kwargs: Any) -> None:
        super().__init__(sql=sql, conn_id=postgres_conn_id, **kwargs)
        self.postgres_conn_id = postgres_conn_id
