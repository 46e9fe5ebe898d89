"""MariaDB through the MySQL provider: hook, operators of common.sql."""

from __future__ import annotations

from pathlib import Path

from airflow.providers.common.sql.operators.sql import SQLColumnCheckOperator, SQLExecuteQueryOperator
from airflow.providers.mysql.hooks.mysql import MySqlHook
from airflow.sdk import DAG, task

Path("cargo.tsv").write_text("silk\t7\nspice\t9\n")

with DAG("mysql", schedule=None, default_args={"conn_id": "hold"}) as dag:
    make = SQLExecuteQueryOperator(
        task_id="make", sql="CREATE TABLE cargo (item varchar(20) PRIMARY KEY, chests int)", autocommit=True,
        doc="common-sql: SQLExecuteQueryOperator on MariaDB",
    )  # fmt: skip

    @task(doc="mysql: MySqlHook (mysqlclient): run, get_records, insert_rows with replace, bulk_load from a local file")
    def hook() -> None:
        db = MySqlHook("hold", local_infile=True)
        db.run("INSERT INTO cargo VALUES (%s, %s)", parameters=("tea", 40))
        db.insert_rows("cargo", [("tea", 41), ("rum", 3)], ["item", "chests"], replace=True)
        db.bulk_load("cargo", str(Path("cargo.tsv").resolve()))
        found = [tuple(row) for row in db.get_records("SELECT * FROM cargo ORDER BY item")]
        assert found == [("rum", 3), ("silk", 7), ("spice", 9), ("tea", 41)], found

    @task(doc="mysql: MySqlHook with mysql-connector-python")
    def connector() -> None:
        assert MySqlHook("connector").get_first("SELECT chests FROM cargo WHERE item = 'tea'")[0] == 41

    check = SQLColumnCheckOperator(
        task_id="check", table="cargo", column_mapping={"chests": {"max": {"leq_to": 41}}},
        doc="common-sql: SQLColumnCheckOperator on MariaDB",
    )  # fmt: skip
    make >> hook() >> [connector(), check]
