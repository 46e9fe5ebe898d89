from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tradewind.errors import DagFileError, DuplicateDagIdError, DuplicateTaskIdError
from tradewind.sdk import current
from tradewind.sdk.loading import current_reads, hash_of, load_file
from tradewind.sdk.memory_client import MemoryClient

HEAD = "from datetime import datetime\nfrom tradewind import DAG, dag, task, EmptyOperator, Variable\n"


def write(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + dedent(text))
    return path


@pytest.mark.spec("1/AU-05", "1/AU-08", "1/AU-11", "1/AU-18")
def test_dags_are_found_under_any_name_once_and_without_a_name(tmp_path: Path) -> None:
    path = write(tmp_path, "f.py", """
        rocket = DAG("one", schedule=None)
        again = rocket
        with DAG("two", schedule=None):
            EmptyOperator(task_id="a") >> EmptyOperator(task_id="b")
        @dag(schedule=None)
        def three(): EmptyOperator(task_id="x")
        three()
        def hidden(): return DAG("not found", schedule=None)
    """)  # fmt: skip
    loaded = load_file(path, tmp_path)
    assert sorted(loaded.dags) == ["one", "three", "two"]
    assert loaded.dags["two"].task_ids == ["a", "b"]
    assert loaded.dags["one"].fileloc == str(path)


def test_everything_below_the_root_that_was_read_is_known(tmp_path: Path) -> None:
    (tmp_path / "conf.yaml").write_text("x")
    (tmp_path / "many").mkdir()
    (tmp_path / "helper_of_mine.py").write_text("VALUE = 1\n")
    path = write(
        tmp_path,
        "f.py",
        """
        import os
        from pathlib import Path
        import helper_of_mine
        here = Path(__file__).parent
        open(here / "conf.yaml").read()
        os.listdir(here / "many")
        Variable.get("var", None)
        d = DAG("d", schedule=None)
    """,
    )
    reads = load_file(path, tmp_path).reads
    assert set(reads.files) == {"f.py", "conf.yaml", "helper_of_mine.py", "many/"}
    assert reads.files["conf.yaml"] == hash_of(tmp_path / "conf.yaml")
    assert reads.variables == ["var"]
    assert not reads.volatile
    (tmp_path / "helper_of_mine.py").write_text("VALUE = 2\n")
    load_file(path, tmp_path)
    assert sys.modules["helper_of_mine"].VALUE == 2


def test_a_data_file_outside_the_root_is_among_the_reads_and_the_installation_is_not(tmp_path: Path) -> None:
    outside = tmp_path / "shared" / "tasks.json"
    outside.parent.mkdir()
    outside.write_text("[]")
    path = write(tmp_path / "dags", "f.py", f"""
        import json, tempfile, colorsys
        from pathlib import Path
        names = json.loads(Path({str(outside)!r}).read_text())
        scratch = Path(tempfile.mkdtemp()) / "mine.txt"
        scratch.write_text("x")
        scratch.read_text()
        open(json.__file__).read()
        list(Path({str(tmp_path)!r}).iterdir())
        d = DAG("d", schedule=None)
    """)  # fmt: skip
    reads = load_file(path, tmp_path / "dags").reads
    assert reads.files == {"f.py": hash_of(path), str(outside): hash_of(outside)}


@pytest.mark.parametrize(
    ("line", "volatile"),
    [
        ("x = datetime.now()", True),
        ("import subprocess; subprocess.run(['true'])", True),
        ("def f():\n    return datetime.now()", False),
        ("x = datetime(2020, 1, 1)", False),
    ],
)
def test_files_that_may_say_something_else_next_time_are_known(tmp_path: Path, line: str, volatile: bool) -> None:
    assert load_file(write(tmp_path, "f.py", line + "\n"), tmp_path).reads.volatile is volatile


@pytest.mark.spec("1/AU-24")
@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("\nx = 1 / 0\n", 4, "ZeroDivisionError"),
        ("\ndef broken(:\n", 4, "SyntaxError"),
        ("\nimport no_such_module_at_all\n", 4, "no_such_module_at_all"),
        ("import sys\nsys.exit(3)\n", 4, "sys.exit(3)"),
        ("\nDAG('d', bad_argument=1)\n", 4, "bad_argument"),
    ],
)
def test_a_broken_file_is_shown_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = write(tmp_path, "bad.py", text)
    with pytest.raises(DagFileError) as caught:
        load_file(path, tmp_path)
    assert words in caught.value.message
    assert (caught.value.file, caught.value.line) == (str(path), line)
    assert "bad.py" in current_reads().files


@pytest.mark.spec("1/OP-01")
def test_duplicate_ids_are_errors_of_the_file(tmp_path: Path) -> None:
    twice = "with DAG('d', schedule=None):\n    EmptyOperator(task_id='a')\n    EmptyOperator(task_id='a')\n"
    with pytest.raises(DuplicateTaskIdError) as caught:
        load_file(write(tmp_path, "t.py", twice), tmp_path)
    assert caught.value.line == 5
    with pytest.raises(DuplicateDagIdError):
        load_file(write(tmp_path, "d.py", "a = DAG('d', schedule=None)\nb = DAG('d', schedule=None)\n"), tmp_path)


def test_variables_of_the_store_can_be_read_while_loading(tmp_path: Path) -> None:
    before = current.set_client(MemoryClient(variables={"size": "3"}))
    try:
        path = write(
            tmp_path,
            "f.py",
            "ds = [DAG(f'd{i}', schedule=None) for i in range(int(Variable.get('size')))]\nglobals().update({d.dag_id: d for d in ds})\n",
        )
        assert sorted(load_file(path, tmp_path).dags) == ["d0", "d1", "d2"]
    finally:
        current.set_client(before)
