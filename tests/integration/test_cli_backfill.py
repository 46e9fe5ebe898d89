"""``tradewind backfill`` and ``dags backfill`` on a real SQLite home; between two looks of the command the scheduler of the
test has its turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.scheduling import House, dag
from tradewind.actions.pause_dag import pause_dag
from tradewind.cli import backfill_view
from tradewind.cli.main import in_todays_words, main
from tradewind.domain.spec import TimetableSpec
from tradewind.settings import load_settings
from tradewind.store.engine import open_store

DAILY = TimetableSpec(kind="cron", args={"expression": "0 0 * * *", "timezone": "UTC"}, summary="@daily")


class Said(NamedTuple):
    code: int
    out: str
    err: str


class Desk(NamedTuple):
    """A house with the paused DAG ``daily`` (a, b, c in a row), and the command line before it."""

    house: House
    call: Callable[..., Said]
    bad: set[datetime]  #: logical dates on which "b" fails

    def runs(self) -> list[tuple[str, str]]:
        return [(name, state) for name, state in self.house.rows("SELECT run_id, state FROM dag_run ORDER BY id")]

    def ran(self) -> list[str]:
        return [f"{o.task_id} {o.run.logical_date:%d}" for o in self.house.executor.orders if o.run.logical_date]


@pytest.fixture
def desk(
    tmp_path: Path, migrated_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Desk]:
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path))
    monkeypatch.setenv("TRADEWIND__DATABASE__SQL_ALCHEMY_CONN", migrated_url)
    store = open_store(load_settings())
    bad: set[datetime] = set()
    house = House(
        store, lambda o: {"outcome": "failed" if o.task_id == "b" and o.run.logical_date in bad else "success"}
    )
    house.publish(dag("daily", "a>b>c", timetable=DAILY, start_date=datetime(2025, 1, 1, tzinfo=UTC)))
    pause_dag(house.act, "daily", True)

    def turn() -> None:
        house.scheduler.wake()
        house.settle()
        house.scheduler.tick()

    monkeypatch.setattr(backfill_view, "wait_a_little", turn)

    def call(*words: str) -> Said:
        code = main(list(words))
        return Said(code, *capsys.readouterr())

    yield Desk(house, call, bad)
    store.close()


def dates(*days: int) -> list[str]:
    return [f"backfill__2025-01-{day:02d}T00:00:00+00:00" for day in days]


@pytest.mark.spec("1/BF-07")
def test_dags_backfill_runs_every_interval_and_ends_with_zero(desk):
    said = desk.call("dags", "backfill", "daily", "-s", "2025-01-01", "-e", "2025-01-03")
    assert said.code == 0, said.err
    assert desk.runs() == [(run_id, "success") for run_id in dates(1, 2, 3)]
    assert "3 of 3 done" in said.out
    assert "Backfill done" in said.out
    assert "No scheduler is running" in said.out


@pytest.mark.spec("1/BF-07")
def test_it_ends_with_one_where_a_task_failed_and_runs_only_that_again(desk):
    desk.bad.add(datetime(2025, 1, 2, tzinfo=UTC))
    said = desk.call("dags", "backfill", "daily", "-s", "2025-01-01", "-e", "2025-01-03")
    assert said.code == 1
    assert f"These runs of the range failed:\n  {dates(2)[0]}" in said.out
    again = desk.call("dags", "backfill", "daily", "-s", "2025-01-01", "-e", "2025-01-03")
    assert again.code == 1, "what failed before has still failed"
    assert len(desk.ran()) == 8
    desk.bad.clear()
    mended = desk.call("dags", "backfill", "daily", "-s", "2025-01-01", "-e", "2025-01-03", "--rerun-failed-tasks")
    assert mended.code == 0
    assert desk.ran()[8:] == ["a 02", "b 02", "c 02"]
    assert {state for _, state in desk.runs()} == {"success"}


@pytest.mark.spec("1/BF-07")
@pytest.mark.parametrize(
    ("options", "ran"),
    [
        (["-t", "^b$"], ["a 01", "b 01", "a 02", "b 02"]),
        (["-t", "^b$", "-i"], ["b 01", "b 02"]),
        (["-t", "b", "-i", "-B"], ["b 02", "b 01"]),
        (["-m"], []),
        (["-n"], []),
        (["-t", "^a$", "-I", "-x", "-l", "-y", "--delay-on-limit", "2", "-S", "/somewhere"], ["a 01", "a 02"]),
        (["-t", "^a$", "--pool", "default_pool", "-c", '{"x": 1}', "-v"], ["a 01", "a 02"]),
    ],
)
def test_its_options(desk, options, ran):
    said = desk.call("dags", "backfill", "daily", "-s", "2025-01-01", "-e", "2025-01-02", *options)
    assert said.code == 0, said.err
    assert sorted(desk.ran()) == sorted(ran)
    if "-B" in options:
        assert desk.ran() == ran
    if "-c" in options:
        assert desk.house.executor.orders[0].run.conf == {"x": 1}


@pytest.mark.spec("1/BF-07")
def test_reset_dagruns_asks_and_runs_all_again(desk, monkeypatch):
    words = ["dags", "backfill", "daily", "-s", "2025-01-01"]
    assert desk.call(*words).code == 0
    monkeypatch.setattr("builtins.input", lambda question: "n")
    refused = desk.call(*words, "--reset-dagruns")
    assert refused.code == 1
    assert "Nothing was started" in refused.out
    assert len(desk.ran()) == 3
    assert desk.call(*words, "--reset-dagruns", "-y").code == 0
    assert len(desk.ran()) == 6
    assert desk.runs() == [(dates(1)[0], "success")]


def test_control_c_leaves_it_at_work_and_says_so(desk, monkeypatch):
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(backfill_view, "wait_a_little", interrupted)
    said = desk.call("dags", "backfill", "daily", "-s", "2025-01-01", "-e", "2025-01-02")
    assert said.code == 130
    assert "Backfill 1 goes on without this terminal" in said.out
    assert desk.call("backfill", "list", "-o", "json").out.count('"running"') == 1


def test_the_preview_of_the_command_line(desk):
    said = desk.call(
        "backfill", "create", "--dag-id", "daily", "--from-date", "2024-12-30", "--to-date", "2025-01-30", "--dry-run"
    )  # fmt: skip
    assert said.code == 0
    assert "covers 2025-01-01T00:00:00+00:00 to 2025-01-02T00:00:00+00:00" in said.out
    assert "30 runs of daily (30 new, 0 again), 3 tasks each, 90 task instances; 0 left out." in said.out
    assert "10 runs at once of 30" in said.out
    assert "2 intervals left out: before the start date of the DAG." in said.out
    assert desk.runs() == []


def test_created_shown_paused_resumed_and_cancelled(desk):
    made = desk.call("backfill", "create", "--dag-id", "daily", "--from-date", "2025-01-01", "--to-date", "2025-01-09")
    assert made.out == "Backfill 1 of daily is at work: 9 runs.\n"
    assert desk.call("backfill", "pause", "1").code == 0
    backfill_view.wait_a_little()
    assert desk.runs() == []
    assert "0 of 9 done, paused" in desk.call("backfill", "show", "1").out
    assert desk.call("backfill", "unpause", "1", "--max-active-runs", "1").code == 0
    assert desk.call("backfill", "cancel", "1", "-y").out == "Backfill 1 is cancelled.\n"
    assert "cancelled already" in desk.call("backfill", "pause", "1").err
    assert "9" in desk.call("backfill", "list").out
    waited = desk.call("backfill", "create", "--dag-id", "daily", "--from-date", "2025-02-01", "--wait")
    assert waited.code == 0
    assert "Backfill done" in waited.out


def test_mistakes_are_explained(desk):
    assert "Give the dates" in desk.call("dags", "backfill", "daily").err
    assert "daily" in desk.call("dags", "backfill", "dayly", "-s", "2025-01-01").err
    assert "regex" in desk.call("dags", "backfill", "daily", "-s", "2025-01-01", "-t", "(").err
    assert desk.call("dags", "backfill", "daily", "-s", "2025-01-01", "-t", "(").code == 2


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("backfill daily -s 2025-01-01 --reset_dagruns", "dags backfill daily -s 2025-01-01 --reset-dagruns"),
        ("backfill -s 2025-01-01 daily", "dags backfill -s 2025-01-01 daily"),
        ("backfill create --dag-id daily", "backfill create --dag-id daily"),
        ("backfill list", "backfill list"),
        ("backfill --help", "backfill --help"),
    ],
)
def test_the_word_of_the_first_airflow_and_that_of_the_third(typed, meant):
    assert in_todays_words(typed.split()) == meant.split()
