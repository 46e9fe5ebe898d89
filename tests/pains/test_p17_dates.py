"""P17: "the idea is too tricky". Three dates under changing names: each is told apart in one sentence, in every place."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.scheduling import House, dag
from tradewind.cli.main import main
from tradewind.cli.output import covers
from tradewind.domain.spec import TimetableSpec
from tradewind.sdk.dag import DAG
from tradewind.sdk.operators.python import PythonOperator
from tradewind.store.engine import Store
from tradewind.testing import run_dag

DAY = TimetableSpec(kind="cron", args={"expression": "0 0 * * *", "timezone": "UTC"}, summary="@daily")


def test_a_day_is_covered_by_a_run_that_is_due_when_the_day_is_over(store) -> None:
    house = House(store, now=datetime(2024, 1, 1, 23, 59, tzinfo=UTC))
    house.publish(dag("d", "a", timetable=DAY, start_date=datetime(2024, 1, 1, tzinfo=UTC), catchup=True))
    house.settle()
    assert house.rows("SELECT COUNT(*) FROM dag_run") == [(0,)]
    house.clock.advance(61)
    house.scheduler.wake()
    house.settle()
    (row,) = house.rows("SELECT logical_date, interval_start, interval_end, run_after FROM dag_run")
    logical, start, end, due = (datetime.fromtimestamp(value / 1e6, UTC) for value in row)
    assert logical == start == datetime(2024, 1, 1, tzinfo=UTC)
    assert end == due == datetime(2024, 1, 2, tzinfo=UTC)


def test_the_names_of_every_airflow_mean_the_same_dates() -> None:
    names = {
        "start": [
            "execution_date",
            "logical_date",
            "data_interval_start",
            "dag_run.execution_date",
            "dag_run.logical_date",
        ],
        "end": ["data_interval_end", "dag_run.data_interval_end"],
    }
    given = {f"{which}{at}": f"{{{{ {name} }}}}" for which, all_ in names.items() for at, name in enumerate(all_)}
    with DAG("d", schedule="@daily", start_date=datetime(2024, 1, 1)) as made:
        PythonOperator(task_id="a", python_callable=lambda **_: None, op_kwargs=given)
    said = run_dag(made, logical_date="2024-03-05").rendered["a"]["op_kwargs"]
    assert {value for name, value in said.items() if name.startswith("start")} == {"2024-03-05T00:00:00+00:00"}
    assert {value for name, value in said.items() if name.startswith("end")} == {"2024-03-06T00:00:00+00:00"}


@pytest.mark.parametrize("length", [timedelta(0), timedelta(days=1)])
def test_the_sentence_names_what_is_covered_and_when_it_is_due(length: timedelta) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    said = covers(start, start + length, start + length)
    if length:
        assert said == "covers 2024-01-01T00:00:00+00:00 to 2024-01-02T00:00:00+00:00, due at 2024-01-02T00:00:00+00:00"
    else:
        assert said == "for 2024-01-01T00:00:00+00:00, due at 2024-01-01T00:00:00+00:00"


def test_the_command_line_says_it_of_each_run(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    house = House(sqlite_store, now=datetime(2024, 1, 2, tzinfo=UTC))
    house.publish(dag("d", "a", timetable=DAY, start_date=datetime(2024, 1, 1, tzinfo=UTC), catchup=True))
    house.settle()
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path))
    assert main(["dags", "list-runs", "-d", "d", "-o", "json"]) == 0
    (run,) = json.loads(capsys.readouterr().out)
    assert run["covers"].startswith("covers 2024-01-01T00:00:00+00:00 to 2024-01-02T00:00:00+00:00, due at 2024-01-02")
