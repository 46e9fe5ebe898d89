"""The counter's manners: who may enter, what a request looks like, when the code in memory is out of date."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tradewind.cli import counter, knock, warm


class Stranger:
    """A connection of somebody with another user id."""

    def __init__(self, uid: int) -> None:
        self.uid = uid

    def getsockopt(self, level: int, option: int, size: int) -> bytes:
        assert (level, option) == (socket.SOL_SOCKET, socket.SO_PEERCRED)
        return struct.pack("3i", 1, self.uid, 1)[:size]


def test_only_our_own_user_may_enter() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert counter.may_enter(ours)
    assert not counter.may_enter(Stranger(os.getuid() + 1))  # type: ignore[arg-type]


def request() -> knock.Request:
    return knock.Request(
        ["dags", "list", "", "ä\udcff"],
        {"EMPTY": "", "LINES": "two\nlines=yes"},
        identity="a\nb",
        folder="/some where",
        umask=0o22,
        encoding="utf-8",
        errors="strict",
    )


def test_a_request_comes_out_as_it_went_in() -> None:
    sent = request()
    assert vars(knock.Request.parse(sent.text())) == vars(sent)


def test_a_request_that_comes_in_pieces_is_received_whole() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        text = request().text()
        ours.sendall(knock.HEAD.pack(len(text)) + text[:5])
        ours.sendall(text[5:] + b"more")
        assert counter.receive(theirs).words == request().words
        assert theirs.recv(10) == b"more"


@pytest.mark.parametrize("data", [b"", b"\0\0", knock.HEAD.pack(1 << 31), knock.HEAD.pack(10) + b"cut"])
def test_anything_else_is_refused(data: bytes) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        ours.sendall(data)
        ours.close()
        with pytest.raises(ValueError):  # noqa: PT011  whichever sentence
            counter.receive(theirs)


def test_nobody_there_means_run_it_yourself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path))
    assert knock.counter_path() is None
    assert knock.knock(["dags", "list"]) is None
    (tmp_path / "run").mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "run" / "cli.sock")) if len(str(tmp_path)) < 80 else None
    assert knock.knock(["dags", "list"]) is None


def test_a_file_that_changed_after_it_was_loaded_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "_loaded", {})
    assert not warm.is_current()  # nothing was loaded: nothing can be forked
    monkeypatch.setattr(warm, "_loaded", warm._stamps())
    assert warm.is_current()
    monkeypatch.setattr(warm, "_loaded", warm._loaded | {str(warm.__file__): (1, 1)})
    assert not warm.is_current()


def test_forks_can_be_switched_off_and_need_a_single_thread() -> None:
    assert not warm.is_possible({warm.SWITCH: "0"})
    script = "import threading; from tradewind.cli import warm; print(warm.is_possible({})); e = threading.Event()\n"
    script += "threading.Thread(target=e.wait).start(); print(warm.is_possible({})); e.set()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(sys.platform == "linux"), "False"]


def test_what_a_command_loads_to_be_served_is_next_to_nothing() -> None:
    script = "import sys; import tradewind.cli.main, tradewind.cli.knock; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {
        "argparse",
        "typing",
        "re",
        "dataclasses",
        "pathlib",
        "logging",
        "json",
        "msgspec",
        "sqlalchemy",
        "subprocess",
    }
    assert not heavy & set(done.stdout.split())
