"""The real triggerer process: thousands in one loop, and none of them can harm the others."""

from __future__ import annotations

import json
import os
import signal
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tradewind.domain.messages import FileRef, TaskReply, TaskRequest, TriggerFailed, TriggerFired, TriggerOrder
from tradewind.executor.triggers import LocalTriggers
from tradewind.settings import load_settings

MINE = '''
import asyncio, os, time
from airflow.triggers.base import BaseTrigger, TriggerEvent, TaskSkippedEvent

class Base(BaseTrigger):
    def __init__(self, **facts):
        super().__init__()
        self.facts = facts
    def serialize(self):
        return f"mine.{type(self).__name__}", self.facts

class Gate(Base):
    """Fires when a file is there."""
    async def run(self):
        open(self.facts["path"] + ".waiting", "w").close()
        while not os.path.exists(self.facts["path"]):
            await asyncio.sleep(0.01)
        self.log.info("the gate of %s is open", self.task_instance.task_id)
        print("printed by a trigger")
        yield TriggerEvent({"opened": self.facts["path"], "pid": os.getpid()})
    async def cleanup(self):
        with open(self.facts["path"] + ".cleaned", "w"):
            pass

class Blocker(Base):
    """Holds the loop until a file is there, as nobody should."""
    async def run(self):
        await asyncio.sleep(0)
        while not os.path.exists(self.facts["path"]):
            time.sleep(0.01)  # blocks here
        yield TriggerEvent("at last")

class Killer(Base):
    async def run(self):
        await asyncio.sleep(0)
        os.kill(os.getpid(), 9)
        yield TriggerEvent("never")

class Broken(Base):
    async def run(self):
        raise ValueError("no such bucket")
        yield

class Silent(Base):
    async def run(self):
        return
        yield

class Asker(Base):
    async def run(self):
        from airflow.models import Variable
        first = Variable.get("colour")                              # on the loop
        second = await asyncio.to_thread(Variable.get, "colour")    # in a thread
        yield TriggerEvent([first, second])

class Skipper(Base):
    async def run(self):
        yield TaskSkippedEvent(xcoms={"n": 3})
'''


class Triggerer:
    """A real one, with a folder of user code."""

    def __init__(self, home: Path) -> None:
        self.dags, self.home = home / "dags", home
        self.dags.mkdir()
        (self.dags / "mine.py").write_text(textwrap.dedent(MINE))
        self.settings = load_settings({**os.environ, "TRADEWIND_HOME": str(home)})
        self.triggers = LocalTriggers(self.settings, options=["--block-seconds", "0.3"])
        self.heard: list[Any] = []

    def order(self, name: str, number: int = 0, **facts: Any) -> TriggerOrder:
        file = FileRef(bundle="b", root=str(self.dags), path="d.py", hash="h")
        return TriggerOrder(
            attempt_id=f"{name}{number}", trigger=f"mine.{name}", kwargs=json.dumps(facts), dag_id="d", run_id="r",
            task_id=f"{name.lower()}{number}", file=file, log_path=f"d/{name}{number}.log",
        )  # fmt: skip

    def until(self, what: str, ask: Callable[[], Any], seconds: float = 20.0) -> Any:
        deadline = time.monotonic() + seconds
        while not (answer := ask()):
            assert time.monotonic() < deadline, f"{what}: {self.heard} {self.output()}"
            self.triggers.wait(0.05)
            self.heard += self.triggers.poll()
        return answer

    def event(self, order: TriggerOrder, seconds: float = 20.0) -> Any:
        return self.until(
            f"{order.attempt_id} says something",
            lambda: next((m for m in self.heard if m.attempt_id == order.attempt_id), None),
            seconds,
        )

    def log(self, order: TriggerOrder) -> str:
        path = self.settings.log_folder / order.log_path
        return path.read_text() if path.exists() else ""

    def output(self) -> str:
        path = self.settings.log_folder / "processes" / "triggerer.log"
        return path.read_text() if path.exists() else ""


@pytest.fixture
def triggerer(tmp_path: Path) -> Iterator[Triggerer]:
    made = Triggerer(tmp_path)
    yield made
    made.triggers.stop()


def test_nothing_runs_before_somebody_waits(triggerer):
    assert triggerer.triggers.fileno() == []
    assert triggerer.triggers.health() is None


def test_a_trigger_fires_and_its_lines_are_in_the_log_of_the_task(triggerer, tmp_path):
    gate = triggerer.order("Gate", path=str(tmp_path / "open"))
    triggerer.triggers.watch([gate])
    triggerer.until("the triggerer greets", triggerer.triggers.health)
    (tmp_path / "open").touch()
    fired = triggerer.event(gate)
    assert isinstance(fired, TriggerFired)
    assert json.loads(fired.event)["opened"] == str(tmp_path / "open")
    triggerer.until("cleanup is called", (tmp_path / "open.cleaned").exists)
    assert "{mine.py" in triggerer.log(gate)
    assert "the gate of gate0 is open" in triggerer.log(gate)
    assert "printed by a trigger" in triggerer.log(gate)


def test_thousands_wait_in_one_process_and_all_fire(triggerer, tmp_path):
    orders = [triggerer.order("Gate", i, path=str(tmp_path / "open")) for i in range(1500)]
    (tmp_path / "open").touch()
    triggerer.triggers.watch(orders)
    triggerer.until("all have fired", lambda: len({m.attempt_id for m in triggerer.heard}) == len(orders), 60)
    assert len({json.loads(m.event)["pid"] for m in triggerer.heard}) == 1


def test_a_trigger_that_blocks_is_named_with_its_line_and_the_others_go_on_elsewhere(triggerer, tmp_path):
    gates = [triggerer.order("Gate", i, path=str(tmp_path / "open")) for i in range(20)]
    blocker = triggerer.order("Blocker", path=str(tmp_path / "late"))
    triggerer.triggers.watch([*gates, blocker])
    triggerer.until("it is named", lambda: "Trigger mine.Blocker of task d.blocker0 blocks" in triggerer.output())
    (tmp_path / "open").touch()
    for gate in gates:
        assert isinstance(triggerer.event(gate), TriggerFired)
    line = next(i for i, text in enumerate(MINE.splitlines(), 1) if "blocks here" in text)
    # It stands in the sleep, or just now looks for its file, one line above.
    assert any(f'mine.py", line {n} in run' in triggerer.log(blocker) for n in (line, line - 1))
    assert "asyncio.to_thread" in triggerer.log(blocker)
    (tmp_path / "late").touch()
    assert json.loads(triggerer.event(blocker).event) == "at last"
    ids = [m.attempt_id for m in triggerer.heard]
    assert len(ids) == len(set(ids)) == 21  # none lost, none twice


def test_a_trigger_that_ends_its_process_fails_alone(triggerer, tmp_path):
    gate = triggerer.order("Gate", path=str(tmp_path / "open"))
    killer = triggerer.order("Killer")
    triggerer.triggers.watch([gate, killer])
    failed = triggerer.event(killer)
    assert isinstance(failed, TriggerFailed)
    assert "ended its process (signal 9)" in failed.error
    (tmp_path / "open").touch()
    assert isinstance(triggerer.event(gate), TriggerFired)


def test_after_kill_9_of_the_triggerer_all_triggers_wait_again(triggerer, tmp_path):
    gates = [triggerer.order("Gate", i, path=str(tmp_path / "open")) for i in range(5)]
    triggerer.triggers.watch(gates)
    health = triggerer.until("the triggerer greets", triggerer.triggers.health)
    os.kill(health.pid, signal.SIGKILL)
    triggerer.until("another one greets", lambda: (h := triggerer.triggers.health()) and h.pid != health.pid)
    (tmp_path / "open").touch()
    for gate in gates:
        assert isinstance(triggerer.event(gate), TriggerFired)


@pytest.mark.parametrize(
    ("name", "said"), [("Broken", "ValueError: no such bucket"), ("Silent", "without an event"), ("Absent", "Absent")]
)
def test_a_trigger_that_cannot_fire_says_why(triggerer, name, said):
    order = triggerer.order(name)
    triggerer.triggers.watch([order])
    failed = triggerer.event(order)
    assert isinstance(failed, TriggerFailed)
    assert said in failed.error
    assert said in triggerer.log(order)


def test_a_trigger_asks_on_the_loop_and_in_a_thread(triggerer):
    order = triggerer.order("Asker")
    triggerer.triggers.watch([order])
    for _ in range(2):
        ask = triggerer.until("it asks", lambda: next((m for m in triggerer.heard if isinstance(m, TaskRequest)), None))
        triggerer.heard.remove(ask)
        assert (ask.verb, ask.args) == ("variable_get", {"key": "colour"})
        triggerer.triggers.reply([TaskReply(attempt_id=ask.attempt_id, number=ask.number, value="blue")])
    assert json.loads(triggerer.event(order).event) == ["blue", "blue"]


def test_a_trigger_may_end_the_task_itself(triggerer):
    order = triggerer.order("Skipper")
    triggerer.triggers.watch([order])
    fired = triggerer.event(order)
    assert fired.end_state == "skipped"
    assert [(x.key, x.value) for x in fired.xcoms] == [("n", "3")]


def test_a_trigger_nobody_waits_for_is_cancelled_and_cleans_up(triggerer, tmp_path):
    gate = triggerer.order("Gate", path=str(tmp_path / "open"))
    triggerer.triggers.watch([gate])
    triggerer.until("it waits", (tmp_path / "open.waiting").exists)
    triggerer.triggers.unwatch([gate.attempt_id])
    triggerer.until("cleanup is called", (tmp_path / "open.cleaned").exists)
    assert triggerer.heard == []
