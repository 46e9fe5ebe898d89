"""The children of `standalone`: listened to, restarted, stopped together, never orphaned. Real processes, no rooms."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PARENT = """
import sys
from tradewind.cli import warm
from tradewind.cli.family import Child, Family
import os
script, how = sys.argv[1:]

def work():
    sys.stdout.reconfigure(line_buffering=True)
    exec(script)
    return 0

if how == "forks":
    warm.load(("tradewind.errors",))
children = [
    Child(name, [sys.executable, "-u", "-c", script], dict(os.environ, NAME=name), work=work if how == "forks" else None)
    for name in ("one", "two")
]
family = Family(children, is_ready=lambda: True, on_ready=lambda: print("READY", flush=True))
code = family.run()
print("FAILURE", family.failure, flush=True)
sys.exit(code)
"""
STAY = "import os, signal; signal.pthread_sigmask(signal.SIG_BLOCK, [15]); print('pid', os.getpid()); signal.sigwait([15]); print('bye')"


def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


class Run:
    def __init__(self, script: str, how: str, output: Path) -> None:
        self.output = output
        with output.open("wb") as sink:
            self.process = subprocess.Popen([sys.executable, "-c", PARENT, script, how], stdout=sink, stderr=sink)

    def text(self) -> str:
        return self.output.read_text()

    def pids(self, name: str) -> list[int]:
        return [
            int(line.rsplit(" ", 1)[1])
            for line in self.text().splitlines()
            if line.startswith(f"{name} ") and " pid " in line
        ]


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(params=["interpreters", "forks"])
def how(request: pytest.FixtureRequest) -> str:
    """What the children are. Forks are made where they are safe."""
    if request.param == "forks" and not sys.platform.startswith("linux"):
        pytest.skip("no safe fork here")
    return str(request.param)


@pytest.fixture
def start(tmp_path: Path, how: str) -> Iterator[Callable[[str], Run]]:
    runs: list[Run] = []

    def begin(script: str) -> Run:
        runs.append(Run(script, how, tmp_path / "output"))
        return runs[-1]

    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.process.kill()
        run.process.wait()


def test_output_of_each_child_carries_its_name(start: Callable[[str], Run]) -> None:
    run = start(STAY)
    until(lambda: run.pids("one") and run.pids("two"))
    assert run.text().count("READY") <= 1
    assert f"one       | pid {run.pids('one')[0]}" in run.text()


def test_a_killed_child_is_started_again_and_the_other_left_alone(start: Callable[[str], Run]) -> None:
    run = start(STAY)
    until(lambda: run.pids("one") and run.pids("two") and "READY" in run.text())
    os.kill(run.pids("one")[0], signal.SIGKILL)
    until(lambda: len(run.pids("one")) == 2)
    assert len(run.pids("two")) == 1
    assert lives(run.pids("two")[0])
    assert "was killed by signal 9; it is started again" in run.text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_all_children_in_order_and_ends_with_zero(start: Callable[[str], Run], number: int) -> None:
    run = start(STAY)
    until(lambda: run.pids("one") and run.pids("two"))
    run.process.send_signal(number)
    assert run.process.wait(15) == 0
    assert run.text().count("bye") == 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's help is Linux only")
def test_killing_the_parent_outright_leaves_no_orphan(start: Callable[[str], Run]) -> None:
    run = start("import os, signal; print('pid', os.getpid()); signal.pause()")
    until(lambda: run.pids("one") and run.pids("two"))
    pids = run.pids("one") + run.pids("two")
    run.process.kill()
    run.process.wait()
    until(lambda: not any(lives(pid) for pid in pids))


def test_a_child_that_never_starts_is_given_up_with_its_last_words(how: str) -> None:
    never = PARENT.replace("is_ready=lambda: True", "is_ready=lambda: False")
    done = subprocess.run(
        [sys.executable, "-c", never, "print('no such file'); raise SystemExit(3)", how],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "process does not start (it ended with code 3: no such file)" in done.stdout
