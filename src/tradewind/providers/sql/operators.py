"""SQL statements as a task, for every database with a hook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from tradewind.providers.sql.hooks import DbApiHook
from tradewind.sdk.base_operator import BaseOperator


class SqlOperator(BaseOperator):
    """Runs one statement, a list of statements, or those of a ``.sql`` file found by the template search path.

    A subclass names its hook and the argument that holds the connection's id.
    """

    hook_class: ClassVar[type[DbApiHook]]
    template_fields: Sequence[str] = ("sql", "parameters")
    template_fields_renderers = {"sql": "sql", "parameters": "json"}  # noqa: RUF012  Airflow's class attribute
    template_ext: Sequence[str] = (".sql",)
    ui_color = "#ededed"

    def __init__(
        self,
        *,
        sql: str | list[str],
        conn_id: str | None = None,
        autocommit: bool = False,
        parameters: Any = None,
        database: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sql = sql
        self.conn_id = conn_id
        self.autocommit = autocommit
        self.parameters = parameters
        self.database = database

    def get_db_hook(self) -> Any:
        """The hook of the connection."""
        return self.hook_class(self.conn_id or self.hook_class.default_conn_name, database=self.database)

    def execute(self, context: Any) -> Any:
        """Run the statements."""
        self.get_db_hook().run(self.sql, self.autocommit, parameters=self.parameters)
