"""apache-airflow-providers-sqlite, -postgres, -mysql and -common-sql on real databases."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from tests.providers.running import Run, run_dag, run_lines
from tests.servers.mariadb import MariaDb

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def on_sqlite(home: Path) -> Run:
    return run_dag("sqlite", home, conn_hold=f"sqlite://{home}/hold.db")


def test_sqlite_with_every_operator_of_common_sql(on_sqlite: Run, home: Path) -> None:
    on_sqlite.works("SQLite", __file__, but={"bad": "failed", "many": "skipped"})
    with sqlite3.connect(home / "hold.db") as db:
        assert db.execute("SELECT count(*), sum(chests) FROM cargo").fetchone() == (3, 56)


@pytest.fixture(scope="module")
def on_postgres(postgres_server: Any, mysql_server: MariaDb, home: Path) -> Run:
    url = urlsplit(postgres_server.get_uri())
    query = dict(parse_qsl(url.query))
    host = quote(query.get("host") or url.hostname or "", safe="")
    uri = f"postgres://{url.username}:none@{host}/{url.path.strip('/')}"
    return run_dag("postgres", home, conn_hold=uri, conn_other=mysql_server.uri)


@pytest.mark.spec("2/EX-20", "2/EX-21", "2/EX-22", "2/EX-24")
def test_postgres_hook_operators_sensor_and_transfer(
    on_postgres: Run, postgres_server: Any, mysql_server: MariaDb
) -> None:
    on_postgres.works("PostgreSQL and MariaDB", __file__)
    import psycopg

    with psycopg.connect(postgres_server.get_uri()) as conn:
        assert conn.execute("SELECT count(*), sum(chests) FROM cargo").fetchone() == (6, 66)
    ((table,),) = mysql_server.query("SHOW TABLES LIKE 'cargo_2%'")
    assert mysql_server.query(f"SELECT count(*), sum(chests) FROM {table}") == [(6, 66)]


@pytest.mark.spec("2/EX-23")
def test_a_list_of_statements_is_applied_as_a_whole_or_not_at_all(postgres_server: Any, home: Path) -> None:
    url = urlsplit(postgres_server.get_uri())
    host = quote(dict(parse_qsl(url.query)).get("host") or url.hostname or "", safe="")
    told = run_lines(
        "import json, logging\n"
        "heard = []\n"
        "class Ear(logging.Handler):\n"
        "    def emit(self, record): heard.append(record.getMessage())\n"
        "logging.getLogger().addHandler(Ear()); logging.getLogger().setLevel(logging.INFO)\n"
        "from airflow.providers.postgres.hooks.postgres import PostgresHook\n"
        "hook = PostgresHook('hold')\n"
        "hook.run(['CREATE TABLE whole (n int)', 'INSERT INTO whole VALUES (1), (2)'])\n"
        "try:\n    hook.run(['INSERT INTO whole VALUES (3)', 'INSERT INTO nowhere VALUES (4)'])\n"
        "except Exception as error:\n    failed = str(error)\n"
        "hook.run('DELETE FROM whole WHERE n = 2')\n"
        "print(json.dumps([failed, hook.get_records('SELECT n FROM whole'), heard]))",
        home,
        conn_hold=f"postgres://{url.username}:none@{host}/{url.path.strip('/')}",
    )
    failed, left, heard = told
    assert "nowhere" in failed
    assert left == [[1]]
    assert any("INSERT INTO whole VALUES (1), (2)" in line for line in heard)
    assert any("Rows affected: 2" in line for line in heard), heard


def test_mysql_hook_with_each_client(mysql_server: MariaDb, home: Path) -> None:
    uri = mysql_server.uri
    run_dag(
        "mysql",
        home,
        conn_hold=uri,
        conn_connector=f"{uri}&client=mysql-connector-python",
    ).works("MariaDB", __file__)
    assert mysql_server.query("SELECT chests FROM cargo WHERE item = 'tea'") == [(41,)]
