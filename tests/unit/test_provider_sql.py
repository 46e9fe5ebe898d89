"""SQL databases: a real PostgreSQL, and the operators of others with a stand-in for their driver."""

from __future__ import annotations

import importlib
import os
import sqlite3
import subprocess
import sys
import tomllib
import types
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tradewind import compat
from tradewind.sdk.dag import DAG

BY_HAND: dict[str, Any] = {"start_date": datetime(2019, 1, 1), "schedule": None}


@pytest.fixture
def table(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a query on the database that ``my_postgres`` names; it has an empty table ``t (a INT, b TEXT)``."""
    import psycopg

    compat.install()
    monkeypatch.setenv("AIRFLOW_CONN_MY_POSTGRES", postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute("CREATE TABLE t (a INT, b TEXT)")

    def rows(text: str = "SELECT a, b FROM t ORDER BY a") -> list[Any]:
        with psycopg.connect(postgres_url) as conn:
            return conn.execute(text).fetchall()

    return rows


def run(sql: Any, **more: Any) -> Any:
    from airflow.providers.postgres.operators.postgres import PostgresOperator

    with DAG("d", **BY_HAND, **more.pop("dag", {})) as dag:
        PostgresOperator(task_id="t", sql=sql, postgres_conn_id="my_postgres", **more)
    return dag.test(datetime(2019, 1, 1))


@pytest.mark.spec("1/OP-16", "1/TP-07", "1/HK-06")
def test_a_statement_a_list_or_a_file_in_one_transaction(table, tmp_path: Path, caplog) -> None:
    assert run("INSERT INTO t VALUES (1, '{{ ds }}')").state == "success"
    assert run(["INSERT INTO t VALUES (2, 'x')", "INSERT INTO t VALUES (%s, 'y')"], parameters=None).state == "failed"
    assert table() == [(1, "2019-01-01")]  # what came before the error is rolled back
    assert (
        run(["INSERT INTO t VALUES (%(a)s, 'p')", "INSERT INTO t VALUES (%(a)s + 1, 'q')"], parameters={"a": 5}).state
        == "success"
    )
    (tmp_path / "q.sql").write_text("INSERT INTO t VALUES (7, '{{ ds }}'); INSERT INTO t VALUES (8, 'r');")
    assert run("q.sql", dag={"template_searchpath": str(tmp_path)}).state == "success"
    assert table() == [(1, "2019-01-01"), (5, "p"), (6, "q"), (7, "2019-01-01"), (8, "r")]
    caplog.set_level("INFO")
    assert run("DO $$ BEGIN RAISE NOTICE 'all is well'; END $$").state == "success"
    assert "all is well" in caplog.text
    assert run(["INSERT INTO t VALUES (9, 's')", "SELECT broken"], autocommit=True).state == "failed"
    assert (9, "s") in table()


@pytest.mark.spec("1/HK-05", "1/OP-16")
def test_an_unknown_connection_fails_the_task_with_its_name(table) -> None:
    from airflow.providers.postgres.operators.postgres import PostgresOperator

    with DAG("d", **BY_HAND) as dag:
        PostgresOperator(task_id="t", sql="SELECT 1", postgres_conn_id="nobody_made_it")
    made = dag.test(datetime(2019, 1, 1))
    assert made.states == {"t": "failed"}
    assert "nobody_made_it" in made.finished["t", -1].error


@pytest.mark.spec("1/HK-06")
def test_the_hook_reads_writes_and_copies(table, tmp_path: Path) -> None:
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    hook = PostgresHook(postgres_conn_id="my_postgres")
    hook.insert_rows("t", [(n, f"r{n}") for n in range(5)], target_fields=["a", "b"], commit_every=2)
    assert hook.get_records("SELECT a FROM t WHERE a > %s ORDER BY a", parameters=(2,)) == [(3,), (4,)]
    assert hook.get_first("SELECT COUNT(*) FROM t") == (5,)
    hook.bulk_dump("t", str(tmp_path / "t.tsv"))
    hook.run("DELETE FROM t")
    assert hook.get_first("SELECT a FROM t") is None
    hook.bulk_load("t", str(tmp_path / "t.tsv"))
    hook.copy_expert("COPY (SELECT a FROM t ORDER BY a) TO STDOUT", str(tmp_path / "a.txt"))
    assert (tmp_path / "a.txt").read_text() == "0\n1\n2\n3\n4\n"
    assert len(table()) == 5
    with pytest.warns(UserWarning, match="SQLAlchemy"):  # pandas prefers SQLAlchemy
        assert list(hook.get_pandas_df("SELECT a FROM t ORDER BY a")["a"]) == [0, 1, 2, 3, 4]
    assert hook.test_connection() == (True, "Connection successfully tested")


@pytest.mark.spec("2/HK-12")
def test_a_hook_may_be_inherited_from_and_overridden(table) -> None:
    from airflow.hooks.dbapi import DbApiHook
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    class CountingHook(PostgresHook):
        opened = 0

        def get_conn(self) -> Any:
            type(self).opened += 1
            return super().get_conn()

        def count(self) -> int:
            return int(self.get_first("SELECT COUNT(*) FROM t")[0])

    assert issubclass(CountingHook, DbApiHook)
    hook = CountingHook(postgres_conn_id="my_postgres")
    before = hook.count()
    hook.insert_rows("t", [(1, "x")])
    assert (hook.count(), hook.opened, hook.postgres_conn_id) == (before + 1, 3, "my_postgres")


HEAVY = """
import resource
from airflow.hooks.base import BaseHook
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.providers.postgres.operators.postgres import PostgresOperator

hook = PostgresHook(postgres_conn_id="my_postgres")
hook.get_first("SELECT 1")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
work = "CREATE TABLE heavy AS SELECT n, repeat(md5(n::text), 8) AS text FROM generate_series(1, 200000) n"
PostgresOperator(task_id="t", sql=["DROP TABLE IF EXISTS heavy", work], postgres_conn_id="my_postgres").execute({})
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(hook.get_first("SELECT count(*), sum(length(text)) FROM heavy"), grown)
hook.run("DROP TABLE heavy")
"""


@pytest.mark.spec("3/BP-29")
def test_memory_stays_flat_while_the_database_does_the_work(table, tmp_path: Path) -> None:
    env = dict(os.environ, TRADEWIND_HOME=str(tmp_path))
    program = "from tradewind import compat; compat.install()\n" + HEAVY
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made, grown = done.stdout.splitlines()[-1].rsplit(" ", 1)
    assert made == "(200000, 51200000)"
    assert int(grown) < 5_000  # kB here, 50 MB there


@pytest.mark.spec("1/OP-17", "1/AU-21")
@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("airflow.operators.mysql_operator", "airflow.providers.mysql.operators.mysql", "MySqlOperator"),
        ("airflow.operators.oracle_operator", "airflow.providers.oracle.operators.oracle", "OracleOperator"),
        ("airflow.operators.email_operator", "airflow.operators.email", "EmailOperator"),
        ("airflow.operators.http_operator", "airflow.providers.http.operators.http", "SimpleHttpOperator"),
        ("airflow.operators.postgres_operator", "airflow.providers.postgres.operators.postgres", "PostgresOperator"),
    ],
)
def test_old_and_new_paths_give_one_class(old: str, new: str, name: str) -> None:
    compat.install()
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match="is the old name"):
        was = getattr(importlib.import_module(old), name)
    assert was is getattr(importlib.import_module(new), name)


@pytest.mark.spec("1/OP-17")
@pytest.mark.parametrize("system", ["mysql", "oracle"])
def test_other_databases_run_statements_through_their_driver(system: str, monkeypatch, tmp_path: Path) -> None:
    compat.install()
    asked: list[dict[str, Any]] = []

    class Conn(sqlite3.Connection):
        """SQLite with the habits of the driver that is played."""

        def autocommit(self, _on: bool) -> None: ...  # type: ignore[override]

    class Plain(sqlite3.Connection):
        """The same, where ``autocommit`` is an attribute."""

    def connect(**options: Any) -> Any:
        asked.append(options)
        return sqlite3.connect(tmp_path / "db", factory=Conn if system == "mysql" else Plain)

    driver = types.ModuleType("driver")
    driver.connect = connect  # type: ignore[attr-defined]
    driver.makedsn = lambda host, port, **place: f"{host}:{port}/{place['service_name']}"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pymysql" if system == "mysql" else "oracledb", driver)
    monkeypatch.setenv(f"AIRFLOW_CONN_{system.upper()}_DEFAULT", f"{system}://ann:secret@db.example:99/shop")
    name = "MySqlOperator" if system == "mysql" else "OracleOperator"
    kind = getattr(importlib.import_module(f"airflow.providers.{system}.operators.{system}"), name)
    with DAG("d", **BY_HAND) as dag:
        kind(task_id="t", sql=["CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('{{ ds }}')"])
    made = dag.test(datetime(2019, 1, 1))
    assert made.state == "success", made.finished["t", -1].error
    assert sqlite3.connect(tmp_path / "db").execute("SELECT * FROM t").fetchall() == [("2019-01-01",)]
    assert asked[0]["user"] == "ann"
    assert asked[0]["password"] == "secret"
    assert (asked[0].get("host"), asked[0].get("dsn")) in [("db.example", None), (None, "db.example:99/shop")]


@pytest.mark.spec("1/OP-18", "1/OP-17")
def test_a_missing_driver_says_what_to_install_and_postgres_is_an_extra(monkeypatch) -> None:
    compat.install()
    from airflow.providers.mysql.hooks.mysql import MySqlHook

    monkeypatch.setitem(sys.modules, "pymysql", None)
    monkeypatch.setenv("AIRFLOW_CONN_MYSQL_DEFAULT", "mysql://h/db")
    with pytest.raises(ModuleNotFoundError, match="pip install pymysql"):
        MySqlHook().get_conn()
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert any(line.startswith("psycopg") for line in project["optional-dependencies"]["postgres"])
    found = importlib.import_module("airflow.providers.postgres.operators.postgres").PostgresOperator
    assert found.__module__ == "tradewind.providers.postgres.operators"
