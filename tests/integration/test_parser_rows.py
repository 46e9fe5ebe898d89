"""When DAG files are read, how many at once, and what is told of it: the settings of the scheduler's file processing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.test_parser import Home, Running, dag_text
from tradewind.parser import main as parser_main
from tradewind.settings import load_settings
from tradewind.store.tables.dags import dag_version

Make = Callable[..., Home]
WAITS = "# airflow dag\nimport os, time\nwhile not os.path.exists({gate!r}): time.sleep(0.02)\n"


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    homes: list[Home] = []

    def made(**settings: str) -> Home:
        homes.append(Home(tmp_path, TRADEWIND__CORE__DAGBAG_IMPORT_TIMEOUT="60", **settings))
        for name, value in homes[-1].given.items():
            monkeypatch.setenv(name, value)
        return homes[-1]

    yield made
    for home in homes:
        home.store.close()


@pytest.mark.spec("3/SC-02")
def test_a_change_of_what_a_file_reads_is_picked_up_though_the_file_is_the_same(make: Make) -> None:
    home = make()
    (home.dags / "steps.yaml").write_text("1\n")
    text = dag_text("made", extra=f"import yaml\ncount = yaml.safe_load(open({str(home.dags / 'steps.yaml')!r}))\n")
    home.write("made.py", text + "    for n in range(count): BashOperator(task_id=f'y{n}', bash_command='true')\n")
    with Running(home) as parser:
        parser.until(lambda: len(home.rows(dag_version, "number")) == 1)
        (home.dags / "steps.yaml").write_text("3\n")
        parser.until(lambda: len(home.rows(dag_version, "number")) == 2)


@pytest.mark.spec("3/SC-04")
def test_no_file_is_parsed_twice_within_the_least_interval(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    home = make(AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL="2")
    assert load_settings({}).get("scheduler", "min_file_process_interval") == 0
    path = home.write("a.py", dag_text("a"))
    with Running(home) as parser:
        parser.until(lambda: home.dag("a") is not None)
        path.write_text(dag_text("a", tasks=3))
        home.write("b.py", dag_text("b"))
        parser.until(lambda: home.dag("b") is not None)  # what was not parsed lately is not held up
        assert len(home.rows(dag_version, "number")) == 2
        parser.until(lambda: len(home.rows(dag_version, "number")) == 3)
    log = (home.folder / "logs/dag_processor_manager/dag_processor_manager.log").read_text()
    begun = [line.split("]")[0][1:] for line in log.splitlines() if f"Processing file {path}" in line]
    assert len(begun) == 2
    seconds = [
        int(h) * 3600 + int(m) * 60 + float(s.replace(",", ".")) for h, m, s in (b[11:].split(":") for b in begun)
    ]
    assert (seconds[1] - seconds[0]) % 86400 > 1.9


class Deaf:
    """Stands for a file system that tells of no changes."""

    def __init__(self, roots: object) -> None:
        self._read, self._write = os.pipe()

    def start(self) -> None: ...

    def fileno(self) -> int:
        return self._read

    def take(self) -> set[Path]:
        return set()

    def watch_others(self, paths: object) -> set[Path]:
        return set()

    def close(self) -> None:
        os.close(self._read)
        os.close(self._write)


@pytest.mark.spec("3/SC-05", "3/PF-10")
def test_without_file_events_a_new_file_is_found_after_the_interval_of_the_list(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parser_main, "Watcher", Deaf)
    monkeypatch.setattr(parser_main, "HEARTBEAT_SECONDS", 0.1)
    home = make(AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL="0.3")
    assert load_settings({}).get("scheduler", "dag_dir_list_interval") == 300
    with Running(home) as parser:
        home.write("late.py", dag_text("late"))
        parser.until(lambda: home.dag("late") is not None)
        (home.dags / "late.py").unlink()
        parser.until(lambda: home.dag("late").is_active is False)


@pytest.mark.spec("3/SC-06", "3/PF-09")
def test_a_slow_file_holds_up_no_others_until_all_processes_are_slow(make: Make) -> None:
    home = make(AIRFLOW__SCHEDULER__PARSING_PROCESSES="2")
    assert load_settings({}).get("scheduler", "parsing_processes") == 2
    gate = home.folder / "gate"
    home.write("a_slow.py", WAITS.format(gate=str(gate)))
    home.write("b.py", dag_text("b"))
    home.write("c.py", dag_text("c"))
    with Running(home) as parser:
        parser.until(lambda: home.dag("b") is not None and home.dag("c") is not None)
        home.write("d_slow.py", WAITS.format(gate=str(gate)))
        parser.until(lambda: parser.parser.spawner.busy == 2)
        home.write("e.py", dag_text("e"))
        home.write("f.py", dag_text("f"))
        parser.until(lambda: not parser.parser.spawner.finished and parser.parser.spawner.busy == 2)
        assert home.dag("e") is None
        gate.touch()
        parser.until(lambda: home.dag("e") is not None and home.dag("f") is not None)


@pytest.mark.spec("3/SC-08")
def test_a_broken_file_is_one_error_and_its_dags_run_on_as_they_were(make: Make) -> None:
    home = make()
    path = home.write("breaks.py", dag_text("breaks"))
    home.write("fine.py", dag_text("fine"))
    home.once()
    path.write_text("import nothing_such\n" + dag_text("breaks"))
    home.write("new.py", dag_text("new"))
    home.once()
    assert "nothing_such" in home.error("breaks.py").message
    assert home.error("fine.py") is None
    assert home.dag("breaks").is_active
    assert home.dag("breaks").has_import_errors
    assert home.dag("breaks").version_id is not None
    assert home.dag("new").is_active
    log = (home.folder / "logs/dag_processor_manager/dag_processor_manager.log").read_text()
    assert f"Failed to import {path}" in log
