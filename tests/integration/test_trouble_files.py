"""DAG files from hell: what the parser and the command line make of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import ROOT
from tradewind import compat
from tradewind.backends.bundles.discover import Discovery
from tradewind.errors import DagFileError
from tradewind.sdk.loading import load_file

HEAD = """from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator
"""


@pytest.fixture(autouse=True)
def _airflow_names() -> None:
    compat.install()


def refusal(tmp_path: Path, body: str, name: str = "bad.py") -> DagFileError:
    file = tmp_path / name
    file.write_text(HEAD + body)
    with pytest.raises(DagFileError) as caught:
        load_file(file, tmp_path)
    return caught.value


@pytest.mark.timeout(20)
def test_a_named_pipe_among_the_files_does_not_hold_up_the_others(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(HEAD + "DAG('good')")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    (tmp_path / "folder.py").mkdir()
    assert list(Discovery().look(tmp_path)) == ["good.py"]


def test_a_file_may_name_its_encoding_as_python_allows(tmp_path: Path) -> None:
    file = tmp_path / "latin.py"
    file.write_bytes("# -*- coding: latin-1 -*-\nfrom airflow import DAG\nd = DAG('caf')  # café\n".encode("latin-1"))
    assert list(load_file(file, tmp_path).dags) == ["caf"]


def test_binary_text_is_refused_with_the_way_out(tmp_path: Path) -> None:
    file = tmp_path / "binary.py"
    file.write_bytes(b"# airflow DAG\n\xff\xfe\x00\n")
    with pytest.raises(DagFileError) as caught:
        load_file(file, tmp_path)
    assert "not UTF-8" in caught.value.message
    assert "coding" in str(caught.value.hint)


def test_a_misspelt_argument_is_named_next_to_the_one_that_is_missing(tmp_path: Path) -> None:
    error = refusal(tmp_path, "with DAG('d'):\n    BashOperator(task_id='a', bash_comand='x')\n")
    assert "'bash_comand'" in error.message
    assert "Did you mean 'bash_command'?" in error.message
    assert error.line == 5


def test_our_own_words_come_without_a_class_name_and_others_with_a_way_out(tmp_path: Path) -> None:
    assert refusal(tmp_path, "DAG('d', schedul=None)").message.startswith("DAG 'd' got unknown arguments")
    other = refusal(tmp_path, "{}['x']")
    assert other.message.startswith("KeyError")
    assert other.hint
    left = refusal(tmp_path, "raise SystemExit(3)")
    assert left.hint
    assert "top level" in left.hint


@pytest.mark.timeout(60)
def test_testing_a_dag_on_the_command_line_stops_at_a_file_that_never_ends(tmp_path: Path) -> None:
    """The endless file is told with its line and passed over; the DAG behind it runs."""
    dags = tmp_path / "dags"
    dags.mkdir()
    (dags / "endless.py").write_text(HEAD + "# good\nwhile True:\n    pass\n")
    (dags / "zz.py").write_text(
        HEAD
        + "with DAG('good', start_date=datetime(2026, 1, 1)):\n    BashOperator(task_id='a', bash_command='true')\n"
    )
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("TRADEWIND", "AIRFLOW"))}
    environ = clean | {"TRADEWIND_HOME": str(tmp_path), "TRADEWIND__CORE__DAGBAG_IMPORT_TIMEOUT": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tradewind", "dags", "test", "good", "2026-01-01"],
        env=environ | {"PYTHONPATH": str(ROOT / "src"), "TRADEWIND__CORE__LOAD_EXAMPLES": "False"},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "endless.py:" in done.stderr
    assert "took longer than 1 s" in done.stderr
