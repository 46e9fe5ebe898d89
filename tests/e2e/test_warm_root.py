"""The rooms of `standalone` are forks of one root, and commands are served by it: what must hold of both."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.house import House, until
from tests.house import ROOT
from tradewind.loop import run_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

ROOMS = ("api", "scheduler", "parser")
FILE = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("one", start_date=datetime(2026, 1, 1), schedule=None):
    BashOperator(task_id="say", bash_command="echo said it")
"""
#: Runs one command as the console script does, then says whether it had to load the database.
TOLD = """
import sys
from tradewind.cli.main import main
code = main()
sys.stdout.flush()
print("BY ITSELF" if "sqlalchemy" in sys.modules else "SERVED", file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One installation for the tests that leave it whole."""
    house = House(tmp_path_factory.mktemp("home"))
    (house.dags / "one.py").write_text(FILE)
    house.start()
    house.make_admin()
    house.wait_for_dag("one")
    open_for_commands(house)
    yield house
    house.stop()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[House]:
    """An installation that the test may break."""
    house = House(tmp_path)
    (house.dags / "one.py").write_text(FILE)
    house.start()
    house.make_admin()
    house.wait_for_dag("one")
    open_for_commands(house)
    yield house
    house.stop()


def open_for_commands(house: House) -> None:
    until("the counter is open", lambda: list_is_served(house))


def list_is_served(house: House) -> bool:
    return told(house, "dags", "list").stderr.endswith("SERVED\n")


def told(house: House, *words: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", TOLD, *words],
        env=house.env | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        input=stdin,
    )


def rooms(house: House) -> dict[str, int]:
    return {room: house.pid_of(f"tradewind.{room}.main") for room in ROOMS}


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def test_each_room_is_a_fork_of_the_root_under_its_own_name(shared: House) -> None:
    assert shared.process is not None
    for room, pid in rooms(shared).items():
        assert parent_of(pid) == shared.process.pid
        assert Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0") == f"tradewind: {room}".encode()
        assert os.getsid(pid) == pid
    health = shared.rest("GET", "/ui/health")
    assert {"scheduler", "parser"} <= {process["kind"] for process in health["processes"]}


def test_a_room_holds_nothing_of_the_root_or_of_its_siblings(shared: House) -> None:
    assert shared.process is not None

    def links(pid: int) -> list[str]:
        return [str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir()]

    of_root = {link for link in links(shared.process.pid) if link.startswith(("pipe:", "socket:"))}
    for pid in rooms(shared).values():
        mine = {link for link in links(pid) if link.startswith(("pipe:", "socket:"))}
        assert len(mine & of_root) == 2  # its standard input and its output


@pytest.mark.parametrize("room", ROOMS)
def test_a_killed_room_is_back_and_work_goes_on(own: House, room: str) -> None:
    before = rooms(own)
    os.kill(before[room], signal.SIGKILL)
    until("another process has its place", lambda: rooms(own)[room] != before[room])
    until("the page answers", own._healthy)
    own.trigger("one", "after")
    assert own.wait_for_run("one", "after") == "success"
    after = rooms(own)
    assert [name for name in ROOMS if after[name] != before[name]] == [room]


def test_when_the_root_is_killed_its_rooms_end_and_commands_run_by_themselves(own: House) -> None:
    assert own.process is not None
    pids = rooms(own).values()
    own.process.kill()
    own.process.wait()
    until("the rooms have ended", lambda: not any(map(lives, pids)))
    assert (run_folder(own.home) / "cli.sock").exists()  # left behind by the dead
    said = told(own, "dags", "list", "-o", "json")
    assert said.stderr.endswith("BY ITSELF\n")
    assert [dag["dag_id"] for dag in json.loads(said.stdout)] == ["one"]


def test_when_the_root_does_not_answer_the_command_runs_by_itself(own: House) -> None:
    assert own.process is not None
    own.process.send_signal(signal.SIGSTOP)
    try:
        said = told(own, "variables", "set", "once", "1")
    finally:
        own.process.send_signal(signal.SIGCONT)
    assert said.returncode == 0
    assert said.stderr.endswith("BY ITSELF\n")
    open_for_commands(own)
    assert len(own.rest("GET", "/api/v1/eventLogs?event=set_variable")["event_logs"]) <= 1  # and it ran once


def test_with_forks_switched_off_each_room_is_an_interpreter(tmp_path: Path) -> None:
    house = House(tmp_path, TRADEWIND_STANDALONE_FORK="0").start()
    try:
        for room, pid in rooms(house).items():
            assert f"tradewind.{room}.main".encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        assert told(house, "dags", "list").stderr.endswith("BY ITSELF\n")
    finally:
        house.stop()


def test_after_an_edit_of_the_code_a_room_comes_back_as_an_interpreter_that_has_it(tmp_path: Path) -> None:
    copy = tmp_path / "code"
    shutil.copytree(ROOT / "src" / "tradewind", copy / "tradewind", ignore=shutil.ignore_patterns("static"))
    house = House(tmp_path / "home", PYTHONPATH=str(copy)).start()
    try:
        open_for_commands(house)
        pid = rooms(house)["scheduler"]
        with (copy / "tradewind" / "settings.py").open("a") as file:
            file.write("# edited\n")
        os.kill(pid, signal.SIGKILL)
        until("the scheduler is back", lambda: rooms(house)["scheduler"] != pid)
        pid = rooms(house)["scheduler"]
        assert b"tradewind.scheduler.main" in Path(f"/proc/{pid}/cmdline").read_bytes()
        assert told(house, "dags", "list").stderr.endswith("BY ITSELF\n")
    finally:
        house.stop()


def test_words_codes_and_errors_come_through(shared: House) -> None:
    made = told(shared, "dags", "trigger", "one", "-r", "by-cli", "-o", "json")
    assert made.returncode == 0
    assert made.stderr == "Warning: DAG one is paused. hint: Switch it on: tradewind dags unpause one.\nSERVED\n"
    assert json.loads(made.stdout)["run_id"] == "by-cli"
    unknown = told(shared, "dags", "pause", "onne")
    assert unknown.returncode == 1
    assert "Dag id onne not found" in unknown.stderr
    assert unknown.stderr.endswith("SERVED\n")
    assert told(shared, "dags", "lisst").returncode == 2
    loud = told(shared, "dags", "pause", "onne", "--verbose")
    assert loud.returncode == 1
    assert "Traceback" in loud.stderr


def test_the_answer_to_a_question_is_read_from_the_typed_input(shared: House) -> None:
    said = told(shared, "dags", "delete", "one", stdin="n\n")
    assert "Nothing was deleted." in said.stdout
    assert said.returncode == 1
    assert said.stderr.endswith("SERVED\n")


def test_a_large_answer_arrives_whole(shared: House, tmp_path: Path) -> None:
    text = "0123456789" * 200_000
    (tmp_path / "big.json").write_text(json.dumps({"big": text}))
    assert told(shared, "variables", "import", str(tmp_path / "big.json")).returncode == 0
    said = told(shared, "variables", "get", "big")
    assert said.stdout.strip() == text
    assert said.stderr == "SERVED\n"


def test_a_reader_that_leaves_early_is_no_error(shared: House, tmp_path: Path) -> None:
    (tmp_path / "big.json").write_text(json.dumps({"wide": "x" * 1_000_000}))
    assert told(shared, "variables", "import", str(tmp_path / "big.json")).returncode == 0
    with subprocess.Popen(
        [sys.executable, "-c", TOLD, "variables", "get", "wide"],
        env=shared.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as command:  # fmt: skip
        assert command.stdout is not None
        assert command.stderr is not None
        assert command.stdout.read(3) == "xxx"
        command.stdout.close()
        assert "Traceback" not in command.stderr.read()
        assert command.wait(20) == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_signal_reaches_the_fork_that_serves(shared: House, number: int, code: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tradewind", "dags", "delete", "one"],
        env=shared.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as command:  # fmt: skip
        assert command.stdout is not None
        assert command.stdout.read(4) == "This"  # it asks, and waits for the answer
        server = until("a fork serves", lambda: serving(shared))
        # Not before it reads: `input` swallows an interrupt that comes while it writes its question.
        until("it waits for the answer", lambda: "pipe" in Path(f"/proc/{server}/wchan").read_text())
        command.send_signal(number)
        assert command.wait(20) == code
    until("the fork has ended", lambda: not lives(server))


def serving(house: House) -> int | None:
    for pid in house.processes():
        try:
            if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"tradewind: dags"):
                return pid
        except OSError:
            continue
    return None


def test_a_fork_ends_when_its_command_is_killed(shared: House) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tradewind", "dags", "delete", "one"],
        env=shared.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as command:  # fmt: skip
        assert command.stdout is not None
        assert command.stdout.read(4) == "This"
        server = until("a fork serves", lambda: serving(shared))
        command.kill()
        until("the fork has ended", lambda: not lives(server))


def test_the_settings_are_those_of_the_command(shared: House, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path}/other.db"
    said = told(shared, "dags", "list", TRADEWIND__DATABASE__SQL_ALCHEMY_CONN=other)
    assert said.returncode == 1
    assert "The database is empty." in said.stderr
    assert said.stderr.endswith("SERVED\n")


def test_the_working_folder_is_that_of_the_command(shared: House, tmp_path: Path) -> None:
    (tmp_path / "values.json").write_text('{"here": "yes"}')
    done = subprocess.run(
        [sys.executable, "-m", "tradewind", "variables", "import", "values.json"],
        env=shared.env,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0
    assert told(shared, "variables", "get", "here").stdout == "yes\n"


def test_another_home_is_never_served_here(shared: House, tmp_path: Path) -> None:
    said = told(shared, "dags", "list", TRADEWIND_HOME=str(tmp_path))
    assert said.stderr.endswith("BY ITSELF\n")
    assert "one" not in said.stdout


def test_another_program_is_not_served(shared: House) -> None:
    path = shared.env.get("PYTHONPATH", "")
    said = told(shared, "dags", "list", PYTHONPATH=f"{path}:/nowhere")
    assert said.returncode == 0
    assert said.stderr.endswith("BY ITSELF\n")


def test_the_socket_is_open_to_its_owner_only(shared: House) -> None:
    assert (run_folder(shared.home) / "cli.sock").stat().st_mode & 0o777 == 0o600
