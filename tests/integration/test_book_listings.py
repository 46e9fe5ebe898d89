"""Every Python listing of the seed book that defines a DAG, or a part of one: it loads, and it runs to its end.

The book's text is not part of this repository. Where it is absent these tests are skipped; the DAG files of our own in
``tests/fixtures/listings`` (``test_listing_fixtures*``) cover the same ground then.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests import book
from tests.listings import make_outside
from tests.require import missing
from tradewind import compat
from tradewind.errors import CycleError
from tradewind.sdk import current
from tradewind.sdk.freeze import freeze
from tradewind.sdk.loading import load_file
from tradewind.sdk.memory_client import MemoryClient

#: Beside the repository, or where TRADEWIND_SEEDS says.
SEEDS = Path(os.environ.get("TRADEWIND_SEEDS") or Path(__file__).resolve().parents[3] / "shared" / "seeds")
CHAPTERS = (2, 3, 4, 5, 6, 11)
EXEC = datetime(2019, 1, 1, tzinfo=UTC)

#: Listings that do not simply load and succeed: what happens, and the row that says so.
NOT_FROZEN = {"11.9": ("a cycle: it shows `task1 << task2` beside `task1 >> task2`", "1/AU-02")}
NOT_SUCCESS: dict[str, tuple[dict[str, str], str]] = {
    # Its function is one of an earlier page, whose first argument is named like a date of the context.
    "4.11": ({"get_data": "failed"}, "1/OP-10"),
    "4.20": ({"write_to_postgres": "failed"}, "1/HK-05"),  # its connection is made by another listing
}
#: Loads only where the library behaves as it did: one argument to yaml.load.
OLD_YAML = {"11.13": "3/S-09", "11.16": "3/S-09", "11.17": "3/S-09"}
#: Defines functions that make DAGs or tasks but calls none, or a task function it does not call.
NO_TASKS = {"2.10": "1/AU-11", "3.2": "1/AU-11", "3.3": "1/AU-11", "3.4": "1/AU-11", "3.11": "1/AU-11", "5.26": "1/TF-01",
            "5.27": "1/TF-01", "11.22": "3/BP-14", "11.24": "3/BP-15", "11.29": "1/AU-11", "11.30": "1/AU-11"}  # fmt: skip
#: Tasks and edges the rows of the specification name.
SHAPES = {
    "3.1": (2, 1), "5.6": (3, 2), "5.28": (2, 1), "11.23": (6, 4), "11.27": (6, 4), "5.3": (4, 2), "5.4": (3, 2), "5.5": (3, 2),
}  # fmt: skip


@pytest.fixture
def text() -> str:
    found = sorted(SEEDS.glob("003_*.txt"))
    if not found:
        missing("seeds", f"no book text in {SEEDS.name}/ beside the repository; see test_listing_fixtures*")
    return found[0].read_text(encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the listings lean on: files earlier tasks would have written, a variable, a connection, a network."""
    import yaml

    made = tmp_path / "home"
    outside = make_outside(made, monkeypatch)
    for folder in ("tmp/images", "data/events", "data/stats"):
        (made / folder).mkdir(parents=True)
    events = (made / ".events").read_text()
    for name in ("data/events.json", "data/events/2019-01-01.json", "tmp/events.json"):
        (made / name).write_text(events)
    (made / "data/stats/2019-01-01.csv").write_text("date,user,0\n2019-01-01,a,2\n")
    (made / "tmp/launches.json").write_text((made / ".launches").read_text())
    outside.urlretrieve("https://views.example/", str(made / "tmp/wikipageviews.gz"))
    (made / "config.yaml").write_text("input_path: /in\noutput_path: /out\n")
    monkeypatch.chdir(made)
    monkeypatch.setenv("AIRFLOW_VAR_DAG1_INPUT_PATH", "/in")
    monkeypatch.setenv("AIRFLOW_VAR_DAG1_OUTPUT_PATH", "/out")
    monkeypatch.setenv("AIRFLOW_CONN_MY_API_CONN", "http://key:secret@api.example")
    monkeypatch.setenv("AIRFLOW_CONN_MY_CONN_ID", "http://key:secret@api.example")
    whole = yaml.load
    monkeypatch.setattr(yaml, "load", lambda stream, Loader=yaml.SafeLoader: whole(stream, Loader))
    return made


def assembled(text: str, home: Path) -> list[tuple[str, str]]:
    """(label, text of a file) of every listing that defines a DAG or a part of one."""
    made, chapter, assembler = [], "", book.Assembler(str(home))
    for listing in book.listings(text, CHAPTERS):
        if listing.label.split(".")[0] != chapter:
            chapter, assembler = listing.label.split(".")[0], book.Assembler(str(home))
        trees = book.joined(listing.blocks)
        if any(book.builds(tree, assembler.decorated) for tree in trees):
            made.append((listing.label, assembler.assembled(listing.label, trees)))
        assembler.learn(trees)
    return made


def try_out(label: str, source: str, home: Path) -> str | None:
    """Load, freeze and run one listing; what is wrong with it, or None."""
    file = home / "dags" / f"listing_{label.replace('.', '_')}.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(source)
    loaded = load_file(file, file.parent)
    specs = []
    try:
        specs = [freeze(dag, fileloc=str(file)) for dag in loaded.dags.values()]
    except CycleError as error:
        return None if label in NOT_FROZEN else str(error)
    if label in NOT_FROZEN:
        return "it freezes, against the table"
    tasks = sum(len(spec.tasks) for spec in specs)
    if (tasks == 0) != (label in NO_TASKS):
        return f"{tasks} tasks"
    shape = (tasks, sum(len(task.upstream) for spec in specs for task in spec.tasks))
    if shape != SHAPES.get(label, shape):
        return f"tasks and edges {shape} instead of {SHAPES[label]}"
    expected = NOT_SUCCESS.get(label, ({}, ""))[0]
    for dag in loaded.dags.values():
        run = dag.test(EXEC, client=MemoryClient(), sleep=lambda _: None)
        wrong = {
            task: state
            for task, state in run.states.items()
            if state != expected.get(task, "success") and state != "skipped"
        }
        if wrong or (not expected and run.state != "success"):
            errors = {key[0]: finished.error for key, finished in run.finished.items() if finished.error}
            return f"{wrong} {json.dumps(errors)}"
    return None


@pytest.mark.spec(
    "1/AU-04", "1/AU-17", "1/AU-21", "1/AU-22", "1/TF-01", "3/BP-03", "3/BP-14", "3/BP-15", "3/BP-18", "3/S-09"
)
def test_every_listing_that_defines_a_dag_loads_and_runs_to_its_end(text: str, home: Path, capsys: Any) -> None:
    compat.install()
    found = assembled(text, home)
    wrong: dict[str, str] = {}
    before = current.set_client(MemoryClient())
    try:
        for label, source in found:
            try:
                trouble = try_out(label, source, home)
            except Exception as error:
                trouble = repr(error)
            if trouble is not None:
                wrong[label] = trouble
    finally:
        current.set_client(before)
    with capsys.disabled():
        print(f"\nbook listings that define a DAG or a part of one: {len(found) - len(wrong)} of {len(found)}", end=" ")
    assert not wrong, wrong
    assert len(found) >= 60
    explained = {**NOT_FROZEN, **NOT_SUCCESS, **OLD_YAML, **NO_TASKS}
    assert set(explained) <= {label for label, _ in found}, "the table explains listings that are not there"
