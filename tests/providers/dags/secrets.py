"""Connections and variables that only a secrets backend knows."""

from __future__ import annotations

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import DAG, BaseHook, Variable, task

with DAG("secrets", schedule=None) as dag:

    @task
    def connection() -> None:
        found = BaseHook.get_connection("vaulted")
        assert (found.conn_type, found.host, found.login, found.password) == ("http", "example.org", "me", "s3cr3t/+")

    @task
    def variable() -> None:
        assert Variable.get("depth") == "40 fathoms"
        assert Variable.get("nothing", default="none") == "none"

    @task
    def template(value: str) -> None:
        assert value == "40 fathoms at example.org", value

    query = SQLExecuteQueryOperator(task_id="query", conn_id="ledger", sql="SELECT 1")
    connection(), variable(), template("{{ var.value.depth }} at {{ conn.vaulted.host }}")
