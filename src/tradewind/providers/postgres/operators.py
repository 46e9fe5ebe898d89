"""SQL statements on PostgreSQL as a task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradewind.providers.postgres.hooks import PostgresHook
from tradewind.sdk.base_operator import BaseOperator


class PostgresOperator(BaseOperator):
    """Runs one statement, a list of statements, or the statements of a ``.sql`` file found by the template search path."""

    template_fields: Sequence[str] = ("sql", "parameters")
    template_fields_renderers = {"sql": "postgresql", "parameters": "json"}  # noqa: RUF012  Airflow's class attribute
    template_ext: Sequence[str] = (".sql",)
    ui_color = "#ededed"

    def __init__(
        self,
        *,
        sql: str | list[str],
        postgres_conn_id: str = PostgresHook.default_conn_name,
        autocommit: bool = False,
        parameters: Any = None,
        database: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sql = sql
        self.postgres_conn_id = postgres_conn_id
        self.autocommit = autocommit
        self.parameters = parameters
        self.database = database

    def execute(self, context: Any) -> None:
        """Run the statements."""
        hook = PostgresHook(postgres_conn_id=self.postgres_conn_id, database=self.database)
        hook.run(self.sql, self.autocommit, parameters=self.parameters)
