"""``tasks render``: what templates become, without a run and without a trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.cli.main import main
from tradewind.settings import load_settings
from tradewind.store import migrate
from tradewind.store.engine import open_store, query

FILE = """
import airflow.utils.dates
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator

dag = DAG("stocksense", start_date=airflow.utils.dates.days_ago(1), schedule_interval="@hourly")
PythonOperator(
    task_id="get_data",
    python_callable=print,
    op_kwargs={
        "year": "{{ execution_date.year }}",
        "month": "{{ execution_date.month }}",
        "day": "{{ execution_date.day }}",
        "hour": "{{ execution_date.hour }}",
        "output_path": "/tmp/wikipageviews.gz",
    },
    dag=dag,
)
BashOperator(task_id="late", bash_command="echo {{ ds }}", dag=dag)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "stocks.py").write_text(FILE)
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.spec("1/TP-12", "1/TP-13", "1/TP-04")
def test_each_field_is_a_block_and_nothing_is_written(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = open_store(load_settings({"TRADEWIND_HOME": str(home)}))
    migrate.upgrade(store)
    assert main(["tasks", "render", "stocksense", "get_data", "2019-07-19T00:00:00"]) == 0
    out = capsys.readouterr().out
    blocks = [block.strip().split("\n") for block in out.split("\n\n") if block.strip()]
    assert [block[1] for block in blocks] == [f"# property: {n}" for n in ("templates_dict", "op_args", "op_kwargs")]
    assert all(set(block[0]) == set(block[2]) == {"#", " ", "-"} for block in blocks)
    assert [block[3] for block in blocks] == [
        "None",
        "[]",
        "{'year': '2019', 'month': '7', 'day': '19', 'hour': '0', 'output_path': '/tmp/wikipageviews.gz'}",
    ]
    with store.read() as conn:
        for table in ("dag", "dag_run", "task_instance", "xcom", "audit"):
            assert query(conn, f"SELECT COUNT(*) FROM {table}")[0][0] == 0, table
    store.close()


@pytest.mark.spec("1/TP-12")
@pytest.mark.parametrize("date", ["1999-12-31", "2119-07-19T05:00:00+02:00"])
def test_any_date_will_do_and_any_folder(home: Path, tmp_path_factory, capsys, date: str) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "s.py").write_text(FILE.replace("stocksense", "other"))
    assert main(["tasks", "render", "stocksense", "late", date]) == 0
    assert f"echo {date[:10]}\n" in capsys.readouterr().out
    assert main(["tasks", "render", "other", "late", date, "-S", str(elsewhere)]) == 0
    assert f"echo {date[:10]}\n" in capsys.readouterr().out
