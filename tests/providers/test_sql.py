"""apache-airflow-providers-sqlite, -postgres, -mysql and -common-sql on real databases."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.providers.running import Run, run_dag

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def on_sqlite(home: Path) -> Run:
    return run_dag("sqlite", home, conn_hold=f"sqlite:///{home}/hold.db")


def test_sqlite_with_every_operator_of_common_sql(on_sqlite: Run, home: Path) -> None:
    on_sqlite.works("SQLite", __file__, but={"bad": "failed", "many": "skipped"})
    with sqlite3.connect(home / "hold.db") as db:
        assert db.execute("SELECT count(*), sum(chests) FROM cargo").fetchone() == (3, 56)
