"""SQLite through the provider's hook and the operators of common.sql."""

from __future__ import annotations

from airflow.providers.common.sql.hooks.handlers import fetch_one_handler
from airflow.providers.common.sql.operators.sql import (
    BranchSQLOperator,
    SQLCheckOperator,
    SQLColumnCheckOperator,
    SQLExecuteQueryOperator,
    SQLTableCheckOperator,
    SQLThresholdCheckOperator,
    SQLValueCheckOperator,
)
from airflow.providers.common.sql.sensors.sql import SqlSensor
from airflow.providers.sqlite.hooks.sqlite import SqliteHook
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task

with DAG("sqlite", schedule=None, default_args={"conn_id": "hold"}) as dag:
    make = SQLExecuteQueryOperator(
        task_id="make",
        sql=[
            "CREATE TABLE cargo (day TEXT, item TEXT, chests INT)",
            "INSERT INTO cargo VALUES ('{{ ds }}', 'tea', 40)",
        ],
        doc="common-sql: SQLExecuteQueryOperator: a list of statements with templates",
    )

    @task(doc="sqlite: SqliteHook: insert_rows, get_records, get_first, get_df (pandas), run with parameters")
    def hook() -> None:
        db = SqliteHook("hold")
        db.insert_rows("cargo", [("2024-01-01", "silk", 7), ("2024-01-02", "silk", 9)], ["day", "item", "chests"])
        assert db.get_records("SELECT chests FROM cargo WHERE item = ? ORDER BY 1", ["silk"]) == [(7,), (9,)]
        assert db.get_first("SELECT count(*) FROM cargo")[0] == 3
        assert list(db.get_df("SELECT * FROM cargo").columns) == ["day", "item", "chests"]
        assert db.run("SELECT 1", handler=fetch_one_handler)[0] == 1

    read = SQLExecuteQueryOperator(
        task_id="read",
        sql="SELECT item, sum(chests) FROM cargo GROUP BY 1 ORDER BY 1",
        doc="common-sql: rows into XCom",
    )

    @task(doc="rows of the query, from XCom")
    def rows(found: list) -> None:
        assert [list(row) for row in found] == [["silk", 16], ["tea", 40]], found

    check = SQLCheckOperator(task_id="check", sql="SELECT count(*) FROM cargo", doc="common-sql: SQLCheckOperator")
    value = SQLValueCheckOperator(
        task_id="value",
        sql="SELECT max(chests) FROM cargo",
        pass_value=41,
        tolerance=0.1,
        doc="common-sql: SQLValueCheckOperator",
    )
    column = SQLColumnCheckOperator(
        task_id="column",
        table="cargo",
        column_mapping={"chests": {"min": {"geq_to": 1}, "null_check": {"equal_to": 0}}},
        doc="common-sql: SQLColumnCheckOperator",
    )
    table = SQLTableCheckOperator(
        task_id="table",
        table="cargo",
        checks={"some": {"check_statement": "count(*) > 2"}},
        doc="common-sql: SQLTableCheckOperator",
    )
    threshold = SQLThresholdCheckOperator(
        task_id="threshold", sql="SELECT max(chests) FROM cargo", min_threshold=1, max_threshold=100,
        doc="common-sql: SQLThresholdCheckOperator",
    )  # fmt: skip
    bad = SQLCheckOperator(
        task_id="bad", sql="SELECT 0", doc="common-sql: SQLCheckOperator: a false value fails the task"
    )
    branch = BranchSQLOperator(
        task_id="branch", sql="SELECT count(*) > 100 FROM cargo", follow_task_ids_if_true="many",
        follow_task_ids_if_false="few", doc="common-sql: BranchSQLOperator",
    )  # fmt: skip
    wait = SqlSensor(task_id="wait", sql="SELECT count(*) FROM cargo", poke_interval=0.1, doc="common-sql: SqlSensor")
    after = hook()
    make >> after >> [read, check, value, column, table, threshold, bad, branch, wait]
    branch >> [EmptyOperator(task_id="many"), EmptyOperator(task_id="few")]
    rows(read.output)
