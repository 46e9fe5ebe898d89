"""A real scheduler over a real store that runs real tasks, all in this process: what users see, without processes.

``LiveHouse`` loads DAG files as the parser does, lets the scheduler make runs and order tasks, executes each ordered task
right here through ``sdk.execution`` with a client over the store, and reports back. Time stands still unless advanced.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from tests.scheduling import House
from tradewind import compat
from tradewind.actions.task_door import StoreClient
from tradewind.clock import Clock, SystemClock
from tradewind.domain.keys import TaskKey
from tradewind.domain.messages import Beat, WorkOrder
from tradewind.domain.spec import DagSpec
from tradewind.sdk.dag import DAG
from tradewind.sdk.execution import execute
from tradewind.sdk.freeze import freeze
from tradewind.sdk.loading import load_file
from tradewind.store.engine import Store


class LiveHouse(House):
    """``ran``: (dag_id, run_id, task_id[index]) in order of execution; ``logs``: what each of them logged."""

    def __init__(self, store: Store, now: datetime, slots: int = 10_000) -> None:
        super().__init__(store, lambda order: None, slots, now)
        self.dags: dict[str, DAG] = {}
        self.specs: dict[str, DagSpec] = {}
        self.ran: list[tuple[str, str, str]] = []
        self.logs: dict[tuple[str, str, str], str] = {}
        self._begun: set[str] = set()
        #: what tasks ask for the time: the machine's clock, unless a test has them ask the house's
        self.clock_of_tasks: Clock = SystemClock()
        #: which orders go on running until somebody says otherwise
        self.waits: Callable[[WorkOrder], bool] = lambda order: False

    def load(self, path: Path, root: Path | None = None) -> list[str]:
        """Publish every DAG of a file, switched on; their ids."""
        compat.install()
        loaded = load_file(path, root or path.parent)
        for dag in loaded.dags.values():
            self.add(dag)
        return list(loaded.dags)

    def add(self, dag: DAG, fileloc: str = "f.py") -> str:
        """Publish one DAG."""
        spec = freeze(dag, fileloc=fileloc)
        self.dags[dag.dag_id], self.specs[dag.dag_id] = dag, spec
        self.scheduler.wake()
        self.publish(spec, max_active_runs=spec.max_active_runs or 16, max_active_tasks=spec.max_active_tasks or 16)
        return dag.dag_id

    def live(self, passes: int = 3000) -> None:
        """Until nothing more happens at this moment."""
        for _ in range(passes):
            self.settle()
            held = list(self.executor.held.values())
            todo = [order for order in held if not self.waits(order)]
            for order in held:
                if order not in todo and order.attempt_id not in self._begun:
                    self._begun.add(order.attempt_id)
                    self.executor.begin(order)
            if not todo:
                self.settle()
                if len(self.executor.held) == len(held):
                    return
            for order in todo:
                if order.attempt_id in self.executor.held:
                    self.executor.begin(order)
                    self.settle()
                    self.do(order)
        raise AssertionError("tasks go on for ever")

    def do(self, order: WorkOrder) -> None:
        """Execute one ordered task here and report."""
        dag = self.dags[order.run.dag_id]
        index = order.map_index
        key = TaskKey(order.run.dag_id, order.run.run_id, order.task_id, index)
        run_pk = self.rows(
            "SELECT id FROM dag_run WHERE dag_id = ? AND run_id = ?", order.run.dag_id, order.run.run_id
        )[0][0]
        name = (order.run.dag_id, order.run.run_id, order.task_id if index < 0 else f"{order.task_id}[{index}]")
        self.ran.append(name)
        with _Lines() as lines:
            finished = execute(
                dag.task_dict[order.task_id], order, StoreClient(self.act, key, run_pk, order.attempt_id)
            )
        self.logs[name] = self.logs.get(name, "") + "\n".join(lines.said)
        said = msgspec.structs.asdict(finished)
        for gone in ("attempt_id", "at"):
            said.pop(gone)
        if finished.reschedule_at is not None:  # the task asked the machine's clock; the house has its own
            said["reschedule_at"] = self.clock.now() + (finished.reschedule_at - self.clock_of_tasks.now())
        self.executor.finish(order, **said)
        self.scheduler.wake()  # it may have triggered something

    def pass_time(self, seconds: float) -> None:
        """Later; what goes on running is still alive then."""
        self.clock.advance(seconds)
        self.executor.out.append(Beat(host="h", worker="w", attempt_ids=list(self.executor.held)))
        self.scheduler.wake()
        self.live()

    def runs(self, dag_id: str) -> list[str]:
        """Run ids by logical date."""
        return [r[0] for r in self.rows("SELECT run_id FROM dag_run WHERE dag_id = ? ORDER BY logical_date", dag_id)]

    def dates(self, dag_id: str) -> list[datetime]:
        """Logical dates of the scheduled runs."""
        from tradewind.store.engine import when

        text = "SELECT logical_date FROM dag_run WHERE dag_id = ? AND run_type = 'scheduled' ORDER BY logical_date"
        return [when(row[0]) for row in self.rows(text, dag_id)]

    def states(self, run_id: str, dag_id: str | None = None) -> dict[str, str]:
        """Task states of a run, of one DAG where several share the run id."""
        text = (
            "SELECT t.task_id, t.map_index, t.state FROM task_instance t JOIN dag_run r ON r.id = t.run_pk"
            " WHERE r.run_id = ?"
        )
        values: tuple[Any, ...] = (run_id,)
        if dag_id is not None:
            text, values = text + " AND r.dag_id = ?", (run_id, dag_id)
        return {t if i < 0 else f"{t}[{i}]": s for t, i, s in self.rows(text, *values)}

    def run_states(self, dag_id: str) -> list[str]:
        """States of its runs by logical date."""
        return [r[0] for r in self.rows("SELECT state FROM dag_run WHERE dag_id = ? ORDER BY logical_date", dag_id)]

    def log(self, dag_id: str, run_id: str, task_id: str) -> str:
        """All that a task logged or printed."""
        return self.logs[dag_id, run_id, task_id]


class _Lines(logging.Handler):
    """What is logged, and what is printed, meanwhile."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))

    def __enter__(self) -> _Lines:
        import contextlib
        import io

        self._printed = io.StringIO()
        self._redirect = contextlib.redirect_stdout(self._printed)
        self._redirect.__enter__()
        root = logging.getLogger()
        self._level = root.level
        root.addHandler(self)
        root.setLevel(logging.INFO)
        return self

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.removeHandler(self)
        root.setLevel(self._level)
        self._redirect.__exit__(None, None, None)
        self.said += self._printed.getvalue().splitlines()
