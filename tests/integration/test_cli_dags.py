"""Verbs about DAGs, runs and tasks, against a real SQLite home, in process. The DAGs are published as the parser would."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from tradewind.cli.main import main
from tradewind.clock import SystemClock
from tradewind.domain.spec import DagSpec, TaskSpec, TimetableSpec
from tradewind.settings import load_settings
from tradewind.store.engine import open_store
from tradewind.store.writes.dags import DagDefaults, FileTrouble, ParsedFile, publish


class Said(NamedTuple):
    code: int
    out: str
    err: str


Cli = Callable[..., Said]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def spec(dag_id: str) -> DagSpec:
    tasks = [
        TaskSpec(task_id="a", operator="BashOperator", downstream=["b", "c"]),
        TaskSpec(task_id="b", operator="EmptyOperator", upstream=["a"]),
        TaskSpec(task_id="c", operator="EmptyOperator", upstream=["a"]),
    ]
    timetable = TimetableSpec(kind="none", summary="None")
    return DagSpec(
        dag_id=dag_id, fileloc=f"{dag_id}.py", timetable=timetable, owners=["ada"], tags=["demo"], tasks=tasks
    )


def parsed(dag_id: str, trouble: FileTrouble | None = None) -> ParsedFile:
    return ParsedFile(
        bundle="dags-folder", fileloc=f"{dag_id}.py", hash="h", reads={"files": {}}, dag_ids=[dag_id], milliseconds=1,
        warnings=[], source="# source", source_hash=f"s{dag_id}", specs=[] if trouble else [(spec(dag_id), f"v{dag_id}")],
        trouble=trouble,
    )  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path))
    monkeypatch.setenv("TRADEWIND__DATABASE__SQL_ALCHEMY_CONN", migrated_url)
    return tmp_path


@pytest.fixture
def cli(home: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    def call(*words: str) -> Said:
        code = main(list(words))
        return Said(code, *capsys.readouterr())

    store = open_store(load_settings())
    with store.write() as conn:
        files = [
            parsed("dag1"),
            parsed("listing_6_08"),
            parsed("broken", FileTrouble("x", "no module", 3, "Install it.")),
        ]
        publish(conn, files, DagDefaults(paused=True, max_active_runs=16, max_active_tasks=16), NOW)
    return call


def sql(text: str) -> list[object]:
    """Ask (or bend) the database behind the command's back."""
    store = open_store(load_settings())
    try:
        with store.write() as conn:
            done = conn.exec_driver_sql(text)
            return [row[0] for row in done] if done.returns_rows else []
    finally:
        store.close()


def runs(cli: Cli, dag_id: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(cli("dags", "list-runs", "-d", dag_id, "-o", "json").out)
    return found


def test_dags_are_listed_and_broken_files_are_told(cli: Cli) -> None:
    rows = json.loads(cli("dags", "list", "-o", "json").out)
    assert [(row["dag_id"], row["owners"], row["is_paused"]) for row in rows] == [
        ("dag1", ["ada"], True), ("listing_6_08", ["ada"], True),
    ]  # fmt: skip
    assert "1 DAG files do not load" in cli("dags", "list").out
    errors = cli("dags", "list-import-errors", "-o", "json")
    assert errors.code == 1
    assert json.loads(errors.out) == [
        {"fileloc": "broken.py", "line": 3, "message": "no module", "hint": "Install it."}
    ]


@pytest.mark.spec("1/RC-01", "1/RC-02")
@pytest.mark.parametrize(
    "words", [["-c", '{"supermarket_id": 1}', "dag1"], ["dag1", "--conf", '{"supermarket_id": 1}']]
)
def test_trigger_makes_a_run_of_now_in_whole_seconds(cli: Cli, words: list[str]) -> None:
    before = SystemClock().now().replace(microsecond=0)
    said = cli("dags", "trigger", *words)
    assert said.code == 0
    at = datetime.fromisoformat(said.out.split(" @ ")[1].split(": manual__")[0])
    assert before <= at <= SystemClock().now()
    assert at.microsecond == 0
    assert (
        said.out == f"Created <DagRun dag1 @ {at.isoformat()}: manual__{at.isoformat()}, externally triggered: True>\n"
    )
    assert [run["run_id"] for run in runs(cli, "dag1")] == [f"manual__{at.isoformat()}"]
    assert cli("dags", "state", "dag1").out == "queued, {'supermarket_id': 1}\n"


def test_two_triggers_within_a_second_are_two_runs_with_and_without_ids(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2026, 1, 5, 12, 0, 0, 250_000, tzinfo=UTC)
    monkeypatch.setattr(SystemClock, "now", lambda self: at)
    for words in (["-r", "first"], ["-r", "second"]):
        assert cli("dags", "trigger", "dag1", *words).code == 0
    assert {run["run_id"] for run in runs(cli, "dag1")} == {"first", "second"}
    again = cli("dags", "trigger", "dag1", "-r", "second")
    assert again.code != 0
    assert "already" in again.err


@pytest.mark.spec("1/RC-01")
def test_trigger_takes_a_date_and_an_id(cli: Cli) -> None:
    assert cli("dags", "trigger", "dag1", "-e", "2026-01-05", "-r", "mine").code == 0
    (run,) = runs(cli, "dag1")
    assert (run["run_id"], run["execution_date"]) == ("mine", "2026-01-05T00:00:00+00:00")
    again = cli("dags", "trigger", "dag1", "-r", "mine")
    assert again.code == 1
    assert "already" in again.err
    assert len(runs(cli, "dag1")) == 1


def test_two_triggers_within_a_second_make_two_runs(cli: Cli) -> None:
    assert [cli("dags", "trigger", "dag1").code for _ in range(3)] == [0, 0, 0]
    assert len(runs(cli, "dag1")) == 3


@pytest.mark.spec("1/RC-02")
@pytest.mark.parametrize("text", ["{", "[1]", "1", "{'a': 1}"])
def test_bad_configuration_is_refused_and_makes_no_run(cli: Cli, text: str) -> None:
    said = cli("dags", "trigger", "dag1", "-c", text)
    assert said.code == 2
    assert "--conf" in said.err
    assert runs(cli, "dag1") == []


@pytest.mark.spec("1/RC-03")
def test_an_unknown_dag_is_told_in_the_words_scripts_look_for(cli: Cli) -> None:
    said = cli("dags", "trigger", "nope")
    assert said.code == 1
    assert "Dag id nope not found" in said.err


@pytest.mark.spec("1/RC-12")
def test_the_near_match_is_suggested(cli: Cli) -> None:
    said = cli("dags", "trigger", "-c", '{"supermarket": 1}', "listing_6_8")
    assert said.code == 1
    assert "Dag id listing_6_8 not found" in said.err
    assert "Did you mean 'listing_6_08'?" in said.err


@pytest.mark.spec("1/RC-13")
def test_runs_and_their_states_are_listed(cli: Cli) -> None:
    cli("dags", "trigger", "dag1", "-e", "2026-01-05")
    cli("dags", "trigger", "dag1", "-e", "2026-01-06")
    assert [run["execution_date"] for run in runs(cli, "dag1")] == [
        "2026-01-06T00:00:00+00:00",
        "2026-01-05T00:00:00+00:00",
    ]
    assert cli("dags", "state", "dag1", "2026-01-05").out == "queued\n"
    assert cli("dags", "state", "dag1", "manual__2026-01-05T00:00:00+00:00").out == "queued\n"
    assert cli("dags", "state", "dag1", "2026-01-09").code == 1
    assert json.loads(cli("dags", "list-runs", "dag1", "--state", "failed", "-o", "json").out) == []


@pytest.mark.spec("1/RC-14")
def test_pausing_and_unpausing(cli: Cli) -> None:
    def stored() -> bool:
        return bool(sql("SELECT is_paused FROM dag WHERE dag_id = 'dag1'")[0])

    assert cli("dags", "unpause", "dag1").out == "Dag: dag1, paused: False\n"
    assert not stored()
    assert cli("dags", "pause", "dag1").out == "Dag: dag1, paused: True\n"
    assert stored()
    assert cli("dags", "pause", "nope").code == 1


def test_the_graph_is_printed_as_dot(cli: Cli) -> None:
    out = cli("dags", "show", "dag1").out
    assert out.startswith('digraph "dag1" {')
    assert '  "a" -> "b"' in out
    assert '  "a" -> "c"' in out


def test_deleting_a_dag_takes_its_history_and_refuses_while_it_runs(cli: Cli) -> None:
    cli("dags", "trigger", "dag1")
    busy = cli("dags", "delete", "dag1", "-y")
    assert busy.code == 1
    assert "not ended" in busy.err
    sql("UPDATE dag_run SET state = 'failed', ended_at = 1")
    assert cli("dags", "delete", "dag1", "-y").code == 0
    assert sql("SELECT COUNT(*) FROM dag_run") == [0]
    assert sql("SELECT COUNT(*) FROM dag_version WHERE dag_id = 'dag1'") == [0]
    assert cli("dags", "delete", "dag1", "-y").code == 1


def test_a_dag_without_schedule_has_no_next_execution(cli: Cli) -> None:
    said = cli("dags", "next-execution", "dag1")
    assert (said.code, said.out) == (1, "None\n")


def test_tasks_are_listed_and_drawn(cli: Cli) -> None:
    assert cli("tasks", "list", "dag1").out == "a\nb\nc\n"
    assert cli("tasks", "list", "dag1", "--tree").out.splitlines() == [
        "<Task(BashOperator): a>", "    <Task(EmptyOperator): b>", "    <Task(EmptyOperator): c>",
    ]  # fmt: skip
    assert "Did you mean 'dag1'" in cli("tasks", "list", "dag2").err


def test_a_task_without_log_says_why(cli: Cli) -> None:
    assert cli("tasks", "logs", "dag1", "a").err.startswith("tradewind: DAG 'dag1' has no run")


def test_why_tells_of_a_dag_a_run_and_a_task(cli: Cli) -> None:
    said = cli("dags", "why", "dag1")
    assert said.code == 0
    assert "DAG dag1 is paused\n  hint: Switch it on: tradewind dags unpause dag1\n" in said.out
    cli("dags", "trigger", "dag1", "--run-id", "r1")
    assert "DAG dag1 is paused" in cli("dags", "why", "dag1", "r1").out
    assert cli("tasks", "why", "dag1", "a", "r1").out.splitlines()[0].startswith("no scheduler is running")
    (answer,) = json.loads(cli("tasks", "why", "dag1", "a", "r1", "-o", "json").out)
    assert [reason["code"] for reason in answer["reasons"]] == ["no_scheduler", "paused"]
    assert "There is 'r1'." in cli("tasks", "why", "dag1", "a", "r2").err


def test_failed_deps_has_airflows_form(cli: Cli) -> None:
    cli("dags", "trigger", "dag1", "--run-id", "r1")
    said = cli("tasks", "failed-deps", "dag1", "a", "r1")
    assert said.out.splitlines()[0] == "Task instance dependencies not met:"
    assert "Paused: DAG dag1 is paused" in said.out


def test_a_run_that_nobody_will_start_is_made_with_a_warning(cli: Cli) -> None:
    said = cli("dags", "trigger", "dag1", "-r", "one")
    assert said.code == 0
    assert "Created <DagRun dag1" in said.out
    assert "Warning: no scheduler is running: none has been heard of. hint: Start one" in said.err
    assert "Warning: DAG dag1 is paused" in said.err
