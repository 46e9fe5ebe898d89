"""The pipelines that come with Tradewind load, run to success, and leave what they promise."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import tradewind.examples
from tradewind.sdk.loading import load_file

FOLDER = Path(tradewind.examples.__file__).parent
FILES = sorted(path.name for path in FOLDER.glob("example_*.py"))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", FILES)
def test_an_example_runs_to_success_and_explains_itself(name: str) -> None:
    if "weather" in name or "penguins" in name:
        pytest.importorskip("matplotlib")
    loaded = load_file(FOLDER / name, FOLDER, "examples")
    assert len(loaded.dags) == 1
    for dag in loaded.dags.values():
        assert dag.doc_md
        assert dag.dag_id.startswith("example_")
        run = dag.test()
        assert run.state == "success"


def test_the_data_pipelines_leave_a_table_and_a_chart(home: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("example_7_seattle_weather.py", "example_8_penguins.py"):
        for dag in load_file(FOLDER / name, FOLDER, "examples").dags.values():
            dag.test()
    results = home / "results"

    with (results / "penguins.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["species"] == "Gentoo"
    assert sum(int(row["birds"]) for row in rows) == 344
    assert len(list(results.glob("seattle_weather_*.csv"))) == 1
    for chart in ("penguins.png", next(results.glob("seattle_weather_*.png")).name):
        assert (results / chart).read_bytes().startswith(b"\x89PNG")


def test_the_data_of_the_examples_names_its_source_and_licence() -> None:
    notice = (FOLDER / "data" / "NOTICE").read_text()

    assert all(path.name in notice for path in (FOLDER / "data").glob("*.csv"))
