"""What `tradewind standalone` refuses before it starts anything, and how fast a command starts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.house import ROOT
from tradewind.cli.standalone import answers, check_port, lock_home
from tradewind.errors import Conflict, OutsideTrouble


def call(home: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("TRADEWIND", "AIRFLOW"))}
    environ = clean | {"TRADEWIND_HOME": str(home), "PYTHONPATH": str(ROOT / "src")} | env
    return subprocess.run(
        [sys.executable, "-m", "tradewind", *words],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def taken() -> Iterator[int]:
    """A port somebody else listens on."""
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_second_standalone_on_the_same_home_is_refused_and_named(tmp_path: Path) -> None:
    fd = lock_home(tmp_path)
    try:
        said = call(tmp_path, "standalone")
        assert said.returncode == 1
        assert f"Another standalone (process {os.getpid()}) is running on {tmp_path}" in said.stderr
        assert "hint: " in said.stderr
        assert "Traceback" not in said.stderr
    finally:
        os.close(fd)


def test_the_home_is_free_again_when_its_holder_is_gone(tmp_path: Path) -> None:
    os.close(lock_home(tmp_path))
    os.close(lock_home(tmp_path))


def test_two_in_one_process_are_refused_too(tmp_path: Path) -> None:
    first = lock_home(tmp_path)
    with pytest.raises(Conflict):
        lock_home(tmp_path)
    os.close(first)


def test_a_port_in_use_is_a_sentence_and_nothing_is_started(tmp_path: Path, taken: int) -> None:
    said = call(tmp_path, "standalone", "--port", str(taken))
    assert said.returncode == 1
    assert said.stderr == (
        f"tradewind: Port {taken} of 127.0.0.1 is in use by another program.\n"
        "hint: Choose another one with `--port` or TRADEWIND__API__PORT.\n"
    )
    assert not (tmp_path / "tradewind.db").exists()


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(OutsideTrouble, match="cannot listen on"):
        check_port("192.0.2.1", 8080)


def test_a_home_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = call(tmp_path / "file" / "home", "standalone")
    assert said.returncode == 1
    assert "cannot be made" in said.stderr
    assert "TRADEWIND_HOME" in said.stderr


def test_a_wrong_setting_is_told_with_its_place(tmp_path: Path) -> None:
    said = call(tmp_path, "standalone", TRADEWIND__API__PORT="eighty")
    assert said.returncode == 2
    assert "TRADEWIND__API__PORT" in said.stderr


def test_only_200_counts_as_an_answer() -> None:
    import threading

    for head, expected in ((b"HTTP/1.1 200 OK\r\n\r\n", True), (b"HTTP/1.1 503 No\r\n\r\n", False), (b"", False)):
        with closing(socket.create_server(("127.0.0.1", 0))) as server:

            def serve(server: socket.socket = server, head: bytes = head) -> None:
                link, _ = server.accept()
                link.recv(1000)
                link.sendall(head)
                link.close()

            thread = threading.Thread(target=serve)
            thread.start()
            assert answers("127.0.0.1", server.getsockname()[1]) is expected
            thread.join()
    assert answers("127.0.0.1", 1) is False


HEAVY = ("sqlalchemy", "fastapi", "uvicorn", "pendulum", "jinja2", "cryptography", "requests", "pandas", "asyncio")


@pytest.mark.parametrize("words", [("version",), ("config", "get-value", "core", "dags_folder")])
def test_a_command_that_needs_no_database_loads_nothing_heavy(tmp_path: Path, words: tuple[str, ...]) -> None:
    """What keeps the start short is what is not imported; how long it takes is measured by bench."""
    script = (
        "import sys\nfrom tradewind.cli.main import main\n"
        f"main({list(words)!r})\n"
        f"print('loaded:', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "TRADEWIND_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.rstrip().endswith("loaded: []"), done.stdout[-300:]
