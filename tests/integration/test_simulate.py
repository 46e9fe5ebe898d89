"""Time travel: schedules played on a clock that runs ahead, by the real scheduler."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tradewind import DAG, Asset, BashOperator, task
from tradewind.cli.main import main
from tradewind.errors import InvalidArgument
from tradewind.testing.simulate import simulate

START = datetime(2026, 1, 1, tzinfo=UTC)


def chain(dag_id: str, *names: str, pool: str = "default_pool", schedule: Any = "@hourly", **more: Any) -> DAG:
    more.setdefault("start_date", datetime(2025, 1, 1, tzinfo=UTC))
    with DAG(dag_id, schedule=schedule, **more) as dag:
        last = None
        for name in names:
            made = BashOperator(task_id=name, bash_command="exit 1", pool=pool)
            if last is not None:
                last >> made
            last = made
    return dag


def test_a_day_of_an_hourly_dag_makes_its_runs_and_no_more() -> None:
    report = simulate(chain("d", "a", "b"), start=START, end=START + timedelta(days=1), durations={"*": 60})

    dag = report.of("d")
    assert (dag.runs, dag.states, dag.overlaps, dag.most_active) == (24, {"success": 24}, 0, 1)
    assert dag.seconds == {"median": 120.0, "p95": 120.0, "longest": 120.0}
    assert dag.late["longest"] == 0.0
    assert [run.run_after for run in report.runs] == [START + timedelta(hours=n) for n in range(24)]
    assert report.attempts == 48
    assert report.pool("default_pool").used == pytest.approx(48 * 60 / (128 * 86400), abs=1e-4)
    assert dag.never_ran == {}


def test_runs_longer_than_the_interval_overlap_and_come_late() -> None:
    dag = chain("d", "a", max_active_runs=1)
    report = simulate(dag, start=START, end=START + timedelta(hours=6), durations={"d.a": 5400})

    told = report.of("d")
    assert told.overlaps > 0
    assert told.most_active == 1
    assert told.late["longest"] >= 3600
    assert told.latest[0]["late"] == told.late["longest"]
    side_by_side = simulate(chain("d", "a"), start=START, end=START + timedelta(hours=6), durations={"d.a": 5400})
    assert side_by_side.of("d").most_active == 2
    assert side_by_side.of("d").late["longest"] == 0.0


def test_several_dags_share_a_pool_and_its_pressure_is_told() -> None:
    dags = [chain(name, "load", pool="db") for name in ("one", "two", "three")]
    report = simulate(*dags, start=START, end=START + timedelta(hours=10), durations={"load": 900}, pools={"db": 1})

    pool = report.pool("db")
    assert (pool.slots, pool.most, pool.tasks) == (1, 1, 30)
    assert pool.used == pytest.approx(0.75, abs=0.01)
    assert pool.full == pytest.approx(0.75, abs=0.01)
    assert pool.waited == {"median": 900.0, "p95": 1800.0, "longest": 1800.0}


def test_tasks_that_never_run_are_named_with_the_reason() -> None:
    with DAG("d", schedule="@daily", start_date=START) as dag:
        BashOperator(task_id="big", bash_command="x", pool="db", pool_slots=3)
        BashOperator(task_id="lost", bash_command="x", pool="nowhere")
        BashOperator(task_id="fine", bash_command="x")
    report = simulate(dag, start=START, end=START + timedelta(days=2), pools={"db": 2})

    assert report.of("d").never_ran == {
        "big": "it needs 3 slots, pool 'db' has 2",
        "lost": "there is no pool 'nowhere'",
    }


def test_assets_mapping_branches_and_retries_are_played_too() -> None:
    orders = Asset("s3://shop/orders")
    with DAG("makes", schedule="@hourly", start_date=START) as makes:

        @task(outlets=[orders], retries=2, retry_delay=timedelta(minutes=1))
        def names() -> list[str]:
            return []

        @task
        def each(name: str) -> None: ...

        each.expand(name=names())
    uses = chain("uses", "read", schedule=[orders])
    report = simulate(
        makes, uses, start=START, end=START + timedelta(hours=12), durations={"*": 30}, lengths={"names": 4},
        failures=0.2, seed=5,
    )  # fmt: skip

    assert report.of("makes").runs == 11
    good = sum(run.dag_id == "makes" and run.state != "failed" for run in report.runs)
    assert report.of("uses").runs >= good
    assert {run.run_type for run in report.runs if run.dag_id == "uses"} == {"asset_triggered"}
    assert report.attempts > 11 * 5


def test_the_same_seed_tells_the_same_story_and_another_one_another() -> None:
    def told(seed: int) -> dict[str, Any]:
        return simulate(chain("d", "a", "b"), start=START, end=START + timedelta(hours=5), seed=seed).as_dict()

    assert told(1) == told(1)
    assert told(1) != told(2)


def test_nobody_is_told_of_what_is_only_played() -> None:
    dag = chain(
        "d", "a", on_success_callback=print, on_failure_callback=print, default_args={"sla": timedelta(seconds=1)}
    )
    report = simulate(dag, start=START, end=START + timedelta(hours=3), durations={"*": 60}, failures=0.5, seed=2)
    assert report.attempts == report.of("d").runs == 3  # callbacks are no attempts
    assert set(report.of("d").states) == {"success", "failed"}


def test_catchup_plays_from_the_start_date() -> None:
    dag = chain("d", "a", schedule="@daily", start_date=START - timedelta(days=30), max_active_runs=1)
    short = {"start": START, "end": START + timedelta(days=1), "durations": {"*": 60}}

    assert simulate(dag, **short).of("d").runs == 1
    assert simulate(dag, catchup=True, **short).of("d").runs == 30


@pytest.mark.parametrize(
    "durations", [{"a": -1}, {"a": "long"}, {"a": [5, 1]}, {"a": {"median": 0}}, {"a": {"mean": 5}}, {"a": []}]
)
def test_a_wrong_duration_is_refused_with_an_example(durations: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match="The duration of 'a'") as caught:
        simulate(chain("d", "a"), start=START, end=START + timedelta(hours=1), durations=durations)
    assert "median" in (caught.value.hint or "")


def test_a_span_must_lie_ahead() -> None:
    with pytest.raises(InvalidArgument, match="There is no time from"):
        simulate(chain("d", "a"), start=START, end=START)


FILE = """
from datetime import datetime
from tradewind import DAG, BashOperator
with DAG("etl", schedule="30 2 * * *", start_date=datetime(2026, 1, 1)):
    BashOperator(task_id="load", bash_command="exit 1", pool="db")
"""


def test_the_command_prints_a_table_or_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path / "home"))
    file = tmp_path / "etl.py"
    file.write_text(FILE)
    words = ["dags", "simulate", "etl", "--from", "2026-03-01", "--to", "2026-03-08", "--file", str(file)]
    words += ["--durations", '{"load": 600}']

    assert main([*words, "--pool", "db=1"]) == 0
    told, noise = capsys.readouterr()
    assert "Created" not in told + noise  # it is a report, no log
    assert "etl" in told
    assert "10m00s / 10m00s / 10m00s" in told
    assert main([*words, "--pool", "db=1", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["dags"][0]["runs"] == 7
    assert report["runs"][0]["state"] == "success"
    assert main(words) == 1
    assert "never ran: etl.load: there is no pool 'db'" in capsys.readouterr().out
