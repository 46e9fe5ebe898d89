"""PostgreSQL: hook, operators and sensors of common.sql, transfer to another database."""

from __future__ import annotations

from pathlib import Path

from airflow.providers.common.sql.operators.generic_transfer import GenericTransfer
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator, SQLInsertRowsOperator
from airflow.providers.common.sql.sensors.sql import SqlSensor
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk import DAG, task

Path("cargo.tsv").write_text("silk\t7\nspice\t9\n")

with DAG("postgres", schedule=None, default_args={"conn_id": "hold"}, template_searchpath=[str(Path.cwd())]) as dag:
    Path("make.sql").write_text("CREATE TABLE cargo (item text PRIMARY KEY, chests int);")
    make = SQLExecuteQueryOperator(
        task_id="make", sql="make.sql", doc="common-sql: SQLExecuteQueryOperator with a .sql file"
    )

    @task(
        doc="postgres: PostgresHook by position: run in one transaction, get_records, get_first, get_cursor, insert_rows (upsert)"
    )
    def hook() -> None:
        db = PostgresHook("hold")
        db.run(["INSERT INTO cargo VALUES ('tea', 40)", "INSERT INTO cargo VALUES ('opium', 1)"])
        try:
            db.run(["INSERT INTO cargo VALUES ('gold', 1)", "INSERT INTO nowhere VALUES (1)"])
        except Exception as error:
            assert "nowhere" in str(error)  # noqa: PT017
        else:
            raise AssertionError("a wrong statement went through")
        assert db.get_first("SELECT COUNT(*) FROM cargo")[0] == 2
        db.insert_rows("cargo", [("opium", 2), ("rum", 3)], ["item", "chests"], replace=True, replace_index="item")
        assert [tuple(row) for row in db.get_records("SELECT * FROM cargo ORDER BY item")] == [
            ("opium", 2),
            ("rum", 3),
            ("tea", 40),
        ]
        with db.get_cursor() as cursor:
            cursor.execute("SELECT item, chests FROM cargo WHERE item = %s", ("tea",))
            assert [column[0] for column in cursor.description] == ["item", "chests"]
            assert [tuple(row) for row in cursor.fetchall()] == [("tea", 40)]

    @task(doc="postgres: PostgresHook: bulk_load, copy_expert, get_df (pandas), SQLAlchemy engine")
    def bulk() -> None:
        db = PostgresHook(postgres_conn_id="hold")
        db.bulk_load("cargo", "cargo.tsv")
        db.copy_expert("COPY cargo TO STDOUT WITH CSV", "out.csv")
        assert "spice,9" in Path("out.csv").read_text()
        assert db.get_df("SELECT sum(chests) AS s FROM cargo")["s"][0] == 61
        with db.get_sqlalchemy_engine().connect() as conn:
            assert conn.exec_driver_sql("SELECT 1").scalar() == 1

    insert = SQLInsertRowsOperator(
        task_id="insert", table_name="cargo", columns=["item", "chests"], rows=[("salt", 5)],
        doc="common-sql: SQLInsertRowsOperator",
    )  # fmt: skip
    wait = SqlSensor(
        task_id="wait", sql="SELECT chests FROM cargo WHERE item = 'salt'", success=lambda n: n == 5, poke_interval=0.1,
        doc="common-sql: SqlSensor with a success function",
    )  # fmt: skip
    transfer = GenericTransfer(
        task_id="transfer", sql="SELECT item, chests FROM cargo", destination_table="cargo_{{ ds_nodash }}",
        source_conn_id="hold", destination_conn_id="other",
        preoperator="CREATE TABLE cargo_{{ ds_nodash }} (item text, chests int)",
        doc="common-sql: GenericTransfer, PostgreSQL to MariaDB",
    )  # fmt: skip
    first = hook()
    make >> first >> bulk() >> insert >> wait >> transfer
