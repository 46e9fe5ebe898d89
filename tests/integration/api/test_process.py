"""The process: what it says when it cannot start, and that it starts and stops quickly."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tradewind.api import main as process
from tradewind.api.main import bind
from tradewind.errors import OutsideTrouble

from .conftest import PASSWORD, House


@pytest.fixture
def in_home(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("TRADEWIND_HOME", str(house.settings.home))
    return house


def test_a_port_in_use_is_told_with_the_way_out(in_home: House, capsys: pytest.CaptureFixture[str]) -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert process.main(["--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert f"Port {port} on 127.0.0.1 is in use" in said
    assert "hint: " in said


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 99999), ("203.0.113.9", 0), ("no such host", 0)])
def test_an_impossible_address_is_told(host: str, port: int) -> None:
    with pytest.raises(OutsideTrouble, match="Cannot listen on"):
        bind(host, port)


def test_a_wrong_port_setting_is_told(in_home: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert process.main(["--port", "many"]) == 2
    assert "[api] port must be int" in capsys.readouterr().err


def test_a_database_that_is_newer_than_the_code_is_refused(in_home: House, capsys: pytest.CaptureFixture[str]) -> None:
    with in_home.store.write() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert process.main(["--port", "0"]) == 1
    assert "9999" in capsys.readouterr().err


def test_an_empty_database_is_refused_with_the_command_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path))
    assert process.main(["--port", "0"]) == 1
    assert "tradewind db migrate" in capsys.readouterr().err


@pytest.mark.slow
def test_it_serves_many_streams_and_stops_at_once_on_sigterm(in_home: House) -> None:
    with bind("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tradewind.api.main", "--port", str(port)]
    server = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)})
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
                break
            except OSError:
                assert server.poll() is None
                assert time.monotonic() < deadline, "the server does not answer"
        asked_for = urllib.request.Request(
            f"http://127.0.0.1:{port}/auth/token",
            data=json.dumps({"username": "viewer", "password": PASSWORD}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked_for, timeout=20) as answer:
            token = json.load(answer)
        head = f"GET /ui/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token['access_token']}\r\n\r\n"
        streams = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(50)]
        for stream in streams:
            stream.sendall(head.encode())
        for stream in streams:
            seen = b""
            while b"event: ping" not in seen:
                more = stream.recv(4096)
                assert more, seen
                seen += more
        asked = time.monotonic()
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=20) in (0, -signal.SIGTERM)
        assert time.monotonic() - asked < 5
        for stream in streams:
            stream.close()
    finally:
        server.kill()
        server.wait()
