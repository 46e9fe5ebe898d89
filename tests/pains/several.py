"""Several schedulers in threads on one database, as several machines would have them; what their executors were given."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from tests.scheduling import Rings, ScriptedExecutor, ScriptedTriggers
from tradewind.actions.context import Act
from tradewind.clock import SystemClock
from tradewind.errors import Conflict, TradewindError
from tradewind.scheduler.tick import Scheduler
from tradewind.settings import load_settings
from tradewind.store.engine import Store, is_transient, open_store, query


class Several:
    """Schedulers with a store of their own each."""

    def __init__(self, url: str, number: int, script: Callable[[Any], Any] = lambda order: {}) -> None:
        self.settings = load_settings(
            {"TRADEWIND__DATABASE__SQL_ALCHEMY_CONN": url, "TRADEWIND__CORE__PARALLELISM": "0"}
        )
        self.clock = SystemClock()
        self.stores = [open_store(self.settings) for _ in range(number + 1)]
        self.act = Act(self.stores[-1], self.clock, Rings(), self.settings, "ann", "test")
        self.executors = [ScriptedExecutor(self.clock, script) for _ in range(number)]  # type: ignore[arg-type]
        self.schedulers = [self._make(number) for number in range(number)]
        self.trouble: list[BaseException] = []
        self.retried = 0
        self._ended = threading.Event()
        self._lock = threading.Lock()

    @property
    def store(self) -> Store:
        """For the test itself."""
        return self.stores[-1]

    def _make(self, number: int) -> Scheduler:
        counter = iter(range(10**9))
        return Scheduler(
            store=self.stores[number], clock=self.clock, new_id=lambda: f"{number}-{next(counter)}",
            executors={"local": self.executors[number]}, settings=self.settings, ringer=Rings(), owner=f"s{number}",
            host=f"h{number}", settle_seconds=0.0, triggers=ScriptedTriggers(self.clock),  # type: ignore[arg-type]
        )  # fmt: skip

    def _drive(self, number: int) -> None:
        scheduler = self.schedulers[number]
        while not self._ended.is_set():
            scheduler.wake()
            try:
                scheduler.tick()
            except Conflict:
                self._again()  # somebody was first: what the compare-and-swap is for
            except TradewindError as error:
                if not is_transient(error):
                    self.trouble.append(error)
                    return
                self._again()
            except BaseException as error:
                self.trouble.append(error)
                return

    def _again(self) -> None:
        with self._lock:
            self.retried += 1

    @contextmanager
    def running(self) -> Iterator[None]:
        """All of them, as fast as they can."""
        threads = [threading.Thread(target=self._drive, args=(number,)) for number in range(len(self.schedulers))]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in threads:
                thread.join(60)
            for store in self.stores:
                store.close()
        assert self.trouble == []

    def until(self, what: str, ask: Callable[[], Any], seconds: float = 100.0) -> Any:
        """Ask again and again; fails when a scheduler died meanwhile."""
        deadline = time.monotonic() + seconds
        while not (answer := ask()):
            assert self.trouble == [], what
            assert time.monotonic() < deadline, what
            self._ended.wait(0.01)
        return answer

    def rows(self, text: str, *values: Any) -> list[Any]:
        """Of a plain query."""
        with self.store.read() as conn:
            return list(query(conn, text, values))

    def open_runs(self) -> int:
        """Runs that have not ended."""
        return int(self.rows("SELECT COUNT(*) FROM dag_run WHERE state IN ('queued', 'running')")[0][0])

    def handed_over(self) -> Counter[tuple[str, str, int]]:
        """(run, task, map index) -> how often some executor was given it."""
        return Counter((order.run.run_id, order.task_id, order.map_index) for e in self.executors for order in e.orders)


START = datetime(2026, 1, 1, tzinfo=UTC)
