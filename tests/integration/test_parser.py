"""The parser on real folders: what is published, what is shown, what keeps running."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from tradewind.backends.bundles.local import bundles_of
from tradewind.clock import SystemClock
from tradewind.loop import Bell, Ringer
from tradewind.parser.main import Parser, main
from tradewind.settings import Settings, load_settings
from tradewind.store.engine import Store, open_store
from tradewind.store.migrate import upgrade
from tradewind.store.tables.dags import dag, dag_file, dag_source, dag_version, import_error
from tradewind.store.tables.processes import process
from tradewind.store.tables.values import variable
from tradewind.store.writes.forget import forget_dag

HEAD = "from datetime import datetime\nfrom airflow import DAG\nfrom airflow.operators.bash import BashOperator\n"


def dag_text(dag_id: str, *, tasks: int = 2, extra: str = "", arguments: str = "") -> str:
    body = "\n".join(f"    t{i} = BashOperator(task_id='t{i}', bash_command='echo {i}')" for i in range(tasks))
    chain = f"    {' >> '.join(f't{i}' for i in range(tasks))}\n" if tasks > 1 else ""
    return (
        f"{HEAD}{extra}\nwith DAG({dag_id!r}, start_date=datetime(2026, 1, 1), schedule=None{arguments}) as dag:\n"
        f"{body}\n{chain}"
    )


class Home:
    """A home with a database and a DAGs folder."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder, self.dags = folder, folder / "dags"
        self.dags.mkdir()
        self.given = {
            "TRADEWIND_HOME": str(folder),
            "TRADEWIND__CORE__LOAD_EXAMPLES": "False",
            "TRADEWIND__CORE__DAGBAG_IMPORT_TIMEOUT": "2",
            **settings,
        }
        self.settings: Settings = load_settings(self.given)
        self.store: Store = open_store(self.settings)
        upgrade(self.store)

    def write(self, name: str, text: str) -> Path:
        path = self.dags / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def once(self) -> None:
        parser = Parser(self.settings, self.store, SystemClock(), bundles_of(self.settings))
        try:
            parser.once()
        finally:
            parser.close()

    def rows(self, table: Any, *columns: str) -> list[Any]:
        with self.store.read() as conn:
            rows = conn.execute(select(*(table.c[name] for name in columns))).all()
        return sorted(tuple(row) if len(columns) > 1 else row[0] for row in rows)

    def error(self, name: str) -> Any:
        with self.store.read() as conn:
            return conn.execute(select(import_error).where(import_error.c.fileloc == name)).first()

    def dag(self, dag_id: str) -> Any:
        with self.store.read() as conn:
            return conn.execute(select(dag).where(dag.c.dag_id == dag_id)).first()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    made = Home(tmp_path)
    for name, value in made.given.items():
        monkeypatch.setenv(name, value)
    yield made
    made.store.close()


@pytest.mark.spec("1/AU-03", "1/AU-24", "1/AU-26", "1/AU-27")
def test_good_files_are_published_whatever_the_others_do(home: Home) -> None:
    home.write("good.py", dag_text("good"))
    home.write("sub/two.py", dag_text("one") + dag_text("two"))
    home.write("broken.py", "# airflow dag\n\nimport nothing_of_this_name\n")
    home.write("syntax.py", "# airflow dag\ndef f(:\n")
    home.write("loop.py", "# airflow dag\nx = 1\nwhile True:\n    x += 1\n")
    home.write("exits.py", "# airflow dag\nimport os\nos._exit(3)\n")
    home.write("leaves.py", "# airflow dag\nimport sys\nsys.exit(3)\n")
    home.write("crash.py", "# airflow dag\nimport ctypes\nctypes.string_at(0)\n")
    home.write("prints.py", dag_text("prints", extra='print("{" * 9)\nimport os\nos.write(1, b"noise\\n")'))
    home.write("plain.py", "x = 1\n")
    home.once()
    assert home.rows(dag, "dag_id", "is_active", "is_paused") == [
        ("good", True, True),
        ("one", True, True),
        ("prints", True, True),
        ("two", True, True),
    ]
    assert home.rows(dag_version, "dag_id", "number") == [("good", 1), ("one", 1), ("prints", 1), ("two", 1)]
    assert home.rows(import_error, "fileloc") == [
        "broken.py",
        "crash.py",
        "exits.py",
        "leaves.py",
        "loop.py",
        "syntax.py",
    ]
    assert "nothing_of_this_name" in home.error("broken.py").message
    assert home.error("broken.py").line == 3
    assert home.error("syntax.py").line == 2
    assert home.error("loop.py").message == "loop.py took longer than 2 s to import."
    assert home.error("loop.py").line in (3, 4)
    assert "exit code 3" in home.error("exits.py").message
    assert "signal 11" in home.error("crash.py").message
    assert home.error("crash.py").line == 3
    assert dag_text("good") in home.rows(dag_source, "source")


@pytest.mark.spec("1/AU-02", "1/AU-25")
def test_mistakes_in_a_dag_are_import_errors_with_line_and_way_out(home: Home) -> None:
    home.write("circle.py", dag_text("circle", tasks=2) + "    t1 >> t0\n")
    home.write("twice.py", dag_text("twice", tasks=1) + "    BashOperator(task_id='t0', bash_command='x')\n")
    home.write("cron.py", dag_text("cron").replace("schedule=None", "schedule='0 0 * *'"))
    home.write(
        "argument.py", dag_text("argument").replace("bash_command='echo 0'", "bash_command='echo', bash_comand=1")
    )
    home.write("good.py", dag_text("good"))
    home.once()
    assert home.rows(dag, "dag_id") == ["good"]
    assert "circle" in home.error("circle.py").message
    assert "t0" in home.error("twice.py").message
    assert home.error("twice.py").line is not None
    assert "0 0 * *" in home.error("cron.py").message
    assert "bash_comand" in home.error("argument.py").message
    assert home.error("argument.py").line is not None


@pytest.mark.spec("1/AU-08")
def test_each_dag_of_a_file_stands_for_itself(home: Home) -> None:
    loop = HEAD + "for i in range(10):\n    with DAG(f'made_{i}', start_date=datetime(2026, 1, 1)) as made:\n"
    home.write(
        "many.py", loop + "        BashOperator(task_id='t', bash_command='x')\n    globals()[f'dag_{i}'] = made\n"
    )
    home.once()
    assert home.rows(dag, "dag_id") == [f"made_{i}" for i in range(10)]


def test_a_zip_brings_the_dags_at_its_top_with_their_helpers(home: Home) -> None:
    with zipfile.ZipFile(home.dags / "team.zip", "w") as archive:
        archive.writestr("one.py", dag_text("one", extra="from helping.names import NAME", arguments=", tags=[NAME]"))
        archive.writestr("two.py", dag_text("two"))
        archive.writestr("helping/__init__.py", "")
        archive.writestr("helping/names.py", "NAME = 'blue'\n")
    home.once()
    assert home.rows(import_error, "message") == []
    assert home.rows(dag, "dag_id", "fileloc") == [("one", "team.zip"), ("two", "team.zip")]
    assert home.dag("one").tags == ["blue"]
    with zipfile.ZipFile(home.dags / "team.zip", "w") as archive:
        archive.writestr("one.py", "from airflow import DAG\n\nimport nothing_here\n")
    home.once()
    assert home.error("team.zip").line == 3


@pytest.mark.spec("1/AU-10", "1/AU-24")
def test_the_first_path_keeps_a_dag_id_and_the_heir_takes_over(home: Home) -> None:
    home.write("b.py", dag_text("same", tasks=1))
    home.once()
    first = home.write("a.py", dag_text("same", tasks=3))
    home.once()
    assert home.dag("same").fileloc == "a.py"
    error = home.error("b.py")
    assert error.code == "duplicate_dag_id"
    assert "a.py" in error.message
    assert "b.py" in error.message
    first.unlink()
    home.once()
    assert (home.dag("same").fileloc, home.dag("same").is_active) == ("b.py", True)
    assert home.rows(import_error, "fileloc") == []


@pytest.mark.spec("1/AU-24")
def test_a_file_that_breaks_keeps_its_last_good_version(home: Home) -> None:
    path = home.write("a.py", dag_text("a"))
    home.once()
    before = home.dag("a")
    path.write_text("from airflow import DAG\nraise RuntimeError('oh')\n")
    home.once()
    after = home.dag("a")
    assert (after.version_id, after.is_active, after.has_import_errors) == (before.version_id, True, True)
    assert home.error("a.py").line == 2
    path.write_text(dag_text("a", tasks=3))
    home.once()
    assert home.dag("a").has_import_errors is False
    assert home.error("a.py") is None
    assert home.rows(dag_version, "number") == [1, 2]


def test_a_revert_goes_back_to_the_version_it_had(home: Home) -> None:
    path = home.write("a.py", dag_text("a"))
    home.once()
    first = home.dag("a").version_id
    path.write_text(dag_text("a", tasks=3))
    home.once()
    path.write_text(dag_text("a"))
    home.once()
    assert home.dag("a").version_id == first
    assert home.rows(dag_version, "number") == [1, 2]


def test_unchanged_files_are_not_parsed_again_by_the_next_process(home: Home) -> None:
    home.write("a.py", dag_text("a"))
    home.write("b.py", dag_text("b"))
    home.once()
    before = dict(home.rows(dag_file, "fileloc", "parsed_at"))
    os.utime(home.dags / "a.py")
    home.write("b.py", dag_text("b", tasks=3))
    home.once()
    after = dict(home.rows(dag_file, "fileloc", "parsed_at"))
    assert after["a.py"] == before["a.py"]
    assert after["b.py"] > before["b.py"]


def test_a_module_and_a_data_file_that_were_read_count_as_the_file(home: Home) -> None:
    home.write("parts/__init__.py", "")
    home.write("parts/names.py", "NAME = 'one'\n")
    table = home.write("table.txt", "x")
    read = f"from parts.names import NAME\ntext = open({str(table)!r}).read()\n"
    home.write("a.py", dag_text("a", extra=read))
    home.once()
    home.write("parts/names.py", "NAME = 'two'\n")
    home.once()
    assert home.rows(dag_version, "number") == [1, 2]
    table.write_text("y")
    home.once()
    assert home.rows(dag_version, "number") == [1, 2, 3]


def test_a_variable_read_at_the_top_counts_as_the_file(home: Home) -> None:
    with home.store.write() as conn:
        now = SystemClock().now()
        conn.execute(insert(variable).values(key="team", value="blue", is_encrypted=False, changed_at=now))
    extra = "from airflow.models import Variable\nteam = Variable.get('team')\n"
    home.write("a.py", dag_text("a", extra=extra, arguments=", tags=[team]"))
    home.once()
    assert home.dag("a").tags == ["blue"]
    with home.store.write() as conn:
        conn.execute(update(variable).values(value="red"))
    home.once()
    assert home.dag("a").tags == ["red"]
    assert home.rows(dag_version, "number") == [1, 2]


def test_a_file_that_is_gone_takes_its_dags_and_errors_along(home: Home) -> None:
    path, broken = home.write("a.py", dag_text("a")), home.write("b.py", "# airflow dag\nimport nothing_here\n")
    home.once()
    path.unlink()
    broken.unlink()
    home.once()
    assert home.dag("a").is_active is False
    assert home.rows(import_error, "fileloc") == []
    assert home.rows(dag_file, "fileloc") == []


def test_once_is_a_command(home: Home) -> None:
    home.write("a.py", dag_text("a"))
    assert main(["--once"]) == 0
    assert home.rows(dag, "dag_id") == ["a"]


def test_a_database_without_tables_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path / "empty"))
    assert main(["--once"]) == 1
    assert "tradewind db migrate" in capsys.readouterr().err


class Running:
    """A parser that watches, on a thread of this process."""

    def __init__(self, home: Home) -> None:
        self.parser = Parser(home.settings, home.store, SystemClock(), bundles_of(home.settings))
        self.home = home
        self._thread = threading.Thread(target=self.parser.run)

    def __enter__(self) -> Running:
        self._thread.start()
        self.until(lambda: self.home.rows(process, "kind") == ["parser"])
        return self

    def __exit__(self, *_: object) -> None:
        self.parser.stop()
        self._thread.join(10)
        self.parser.close()

    def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> float:
        """Seconds until the condition holds; woken by the API's bell."""
        began = time.monotonic()
        bell = Bell(self.home.folder, "api")
        try:
            while not condition():
                assert time.monotonic() - began < seconds, "it did not happen in time"
                bell.wait(0.02)
            return time.monotonic() - began
        finally:
            bell.close()


@pytest.mark.spec("1/AU-03")
def test_a_dropped_file_an_edit_and_a_removal_are_seen_at_once(home: Home) -> None:
    with Running(home) as parser:
        path = home.write("a.py", dag_text("a"))
        parser.until(lambda: home.dag("a") is not None)
        path.write_text(dag_text("a", tasks=3))
        assert parser.until(lambda: len(home.rows(dag_version, "number")) == 2) < 2
        (home.dags / "new").mkdir()
        (home.dags / "new" / "b.py").write_text(dag_text("b"))
        parser.until(lambda: home.dag("b") is not None)
        path.unlink()
        parser.until(lambda: home.dag("a").is_active is False)
    assert home.rows(process, "kind") == []


def test_a_data_file_outside_the_root_triggers_a_parse_when_it_changes(home: Home, tmp_path: Path) -> None:
    table = tmp_path / "elsewhere.txt"
    table.write_text("one")
    home.write("a.py", dag_text("a", extra=f"text = open({str(table)!r}).read()\n"))
    with Running(home) as parser:
        parser.until(lambda: len(home.rows(dag_version, "number")) == 1)
        table.write_text("two!")
        parser.until(lambda: len(home.rows(dag_version, "number")) == 2)


def test_a_folder_that_comes_later_behind_a_link_is_seen(home: Home, tmp_path: Path) -> None:
    home.dags.rmdir()
    with Running(home) as parser:
        first, second = tmp_path / "first", tmp_path / "second"
        for folder, dag_id in ((first, "one"), (second, "two")):
            folder.mkdir()
            (folder / "a.py").write_text(dag_text(dag_id))
        home.dags.symlink_to(first)
        parser.until(lambda: home.dag("one") is not None)
        home.dags.unlink()
        home.dags.symlink_to(second)
        parser.until(lambda: home.dag("two") is not None and not home.dag("one").is_active)
        (second / "a.py").write_text(dag_text("two", tasks=3))
        parser.until(lambda: len(home.rows(dag_version, "number")) == 3)


def test_the_bell_after_a_changed_variable_leads_to_a_parse(home: Home) -> None:
    extra = "from airflow.models import Variable\nteam = Variable.get('team', default_var='none')\n"
    home.write("a.py", dag_text("a", extra=extra, arguments=", tags=[team]"))
    with Running(home) as parser:
        parser.until(lambda: home.dag("a") is not None)
        with home.store.write() as conn:
            now = SystemClock().now()
            conn.execute(insert(variable).values(key="team", value="blue", is_encrypted=False, changed_at=now))
        ringer = Ringer(home.folder)
        ringer.ring("parser", "variable:team")
        ringer.close()
        parser.until(lambda: home.dag("a").tags == ["blue"])


def test_a_deleted_dag_comes_back_while_its_file_is_there(home: Home) -> None:
    home.write("a.py", dag_text("a"))
    with Running(home) as parser:
        parser.until(lambda: home.dag("a") is not None)
        with home.store.write() as conn:
            forget_dag(conn, "a")
        ringer = Ringer(home.folder)
        ringer.ring("parser")
        ringer.close()
        parser.until(lambda: home.dag("a") is not None)


def test_the_spawner_survives_the_death_of_the_warm_child(home: Home) -> None:
    home.write("a.py", dag_text("a"))
    with Running(home) as parser:
        parser.until(lambda: home.dag("a") is not None)
        parser.parser.spawner.process.kill()  # type: ignore[union-attr]
        home.write("b.py", dag_text("b"))
        parser.until(lambda: home.dag("b") is not None)


def processes_of(home: Home) -> list[str]:
    """In which process each DAG was made, as their descriptions say."""
    return home.rows(dag, "description")


def process_text(dag_id: str, extra: str = "") -> str:
    head = "import os\n" + HEAD
    return f"{head}{extra}\nwith DAG({dag_id!r}, schedule=None, description=str(os.getpid())):\n    pass\n"


def one_at_a_time(folder: Path) -> Home:
    return Home(folder, TRADEWIND__DAG_PROCESSOR__PARSING_PROCESSES="1")


def test_files_that_leave_no_trace_share_a_process(tmp_path: Path) -> None:
    home = one_at_a_time(tmp_path)
    for name in "abcdef":
        home.write(f"{name}.py", process_text(name))
    home.once()
    assert len(processes_of(home)) == 6
    assert len(set(processes_of(home))) == 1


@pytest.mark.parametrize(
    "trace",
    [
        "os.environ['LEFT'] = 'x'",
        "import colorsys",
        "DAG.LEFT = 1",
        "from airflow.models import Variable\nVariable.get('v', default_var=1)",
        "raise ValueError('broken')",
    ],
)
def test_a_file_that_leaves_a_trace_is_the_last_of_its_process(tmp_path: Path, trace: str) -> None:
    home = one_at_a_time(tmp_path)
    for name in "bcd":
        check = "import sys\nassert 'LEFT' not in os.environ\nassert not hasattr(DAG, 'LEFT')"
        home.write(f"{name}.py", process_text(name, f"{check}\nassert 'colorsys' not in sys.modules"))
    home.write("a.py", process_text("a", trace))
    home.once()
    assert home.rows(import_error, "fileloc") == (["a.py"] if "raise" in trace else [])
    assert len(set(processes_of(home))) == (1 if "raise" in trace else 2)


def test_a_process_that_dies_takes_only_the_file_it_was_at(tmp_path: Path) -> None:
    home = one_at_a_time(tmp_path)
    for name in ("a", "b", "d", "e"):
        home.write(f"{name}.py", process_text(name))
    home.write("c.py", process_text("c", "os._exit(0)"))
    home.write("f.py", process_text("f", "import time\ntime.sleep(60)"))
    home.once()
    assert home.rows(dag, "dag_id") == ["a", "b", "d", "e"]
    assert home.rows(import_error, "fileloc", "code") == [("c.py", "dag_file_crash"), ("f.py", "dag_file_timeout")]


def test_a_stopped_process_leaves_nothing_behind(home: Home) -> None:
    home.write("slow.py", "# airflow dag\nimport time\ntime.sleep(60)\n")
    command = [sys.executable, "-m", "tradewind.parser.main"]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}) as running:
        deadline = time.monotonic() + 20
        while home.rows(process, "kind") != ["parser"] or not children_of(running.pid):
            assert time.monotonic() < deadline
            os.sched_yield()
        children = children_of(running.pid)
        running.terminate()
        assert running.wait(10) == 0
    assert home.rows(process, "kind") == []
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


def children_of(pid: int) -> list[int]:
    try:
        below = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return below + [deeper for child in below for deeper in children_of(child)]


@pytest.mark.spec("1/AU-21")
def test_an_old_import_path_is_a_warning_on_its_line(home: Home) -> None:
    home.write("a.py", dag_text("a").replace("airflow.operators.bash ", "airflow.operators.bash_operator "))
    home.once()
    [[warning]] = home.rows(dag_file, "warnings")
    assert warning["line"] == 3, warning
    assert "airflow.providers.standard.operators.bash.BashOperator" in warning["message"]
    assert home.rows(dag, "dag_id") == ["a"]
