"""The auditor: reads the rows after each step and checks what must always hold. Reads only; trusts nothing in memory.

``journal`` follows the moves, ``limits`` counts slots and leases, ``ending`` looks at what is left in the end.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.simulation import ending, journal, limits
from tests.simulation.cluster import Cluster
from tests.simulation.database import SimStore
from tests.simulation.findings import Broken, Seen
from tradewind.domain.messages import Finished
from tradewind.domain.spec import DagSpec, TaskSpec
from tradewind.store.engine import query


class Auditor:
    """Follows the journal and the tables of one world."""

    def __init__(self, store: SimStore, clusters: Mapping[str, Cluster]) -> None:
        self.store = store
        self.clusters = clusters
        self.specs: dict[str, DagSpec] = {}  #: by the hash of the version
        self.seen: dict[int, Seen] = {}
        self.runs: dict[int, tuple[str, str]] = {}  #: run -> (dag, state by the journal)
        self.run_ids: dict[int, str] = {}
        self.dates: dict[int, int] = {}  #: run -> logical date
        self.version_of: dict[int, str] = {}  #: run -> hash
        self.touched: set[int] = set()  #: runs a person changed
        self.last_journal = 0
        self.used: set[str | None] = set()  #: deferrals whose event was used
        self.by_run: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self.lines: list[tuple[Any, ...]] = []
        self.tries_of: dict[str, tuple[int, int]] = {}  #: attempt -> (instance, try number)
        self.deleted: set[tuple[str, str]] = set()
        self.updates: dict[tuple[str, str, str, int], int] = defaultdict(int)  #: instance -> events it must have made
        self.endings: Counter[tuple[str, str, str]] = Counter()  #: (dag, run, callback) that some end of a run asks for
        self.over: dict[str, int] = {}  #: limit -> how far it was over-full when somebody narrowed it
        self.calm_since: float | None = None
        self.owed: set[str] = set()  #: DAGs without catch-up whose last interval had its chance
        self._changes = -1
        self._hashes: dict[int, str] = {}

    # -- what others ask ------------------------------------------------------------------------------------------

    def spec_of(self, run_pk: int) -> DagSpec:
        """The DAG as the run is pinned to it."""
        return self.specs[self.version_of[run_pk]]

    def task_of(self, seen: Seen) -> TaskSpec:
        """Its spec."""
        return next(task for task in self.spec_of(seen.run_pk).tasks if task.task_id == seen.task_id)

    def report_of(self, attempt: str | None) -> Finished | None:
        """How that attempt really ended."""
        return next((c.ended[attempt] for c in self.clusters.values() if attempt in c.ended), None)

    def forget(self, dag_id: str, run_id: str) -> None:
        """Somebody deletes this run."""
        self.deleted.add((dag_id, run_id))

    def deleted_one(self) -> None:
        """Its journal is gone, and SQLite gives the numbers of the newest rows again."""
        with self.store.read() as conn:
            self.last_journal = query(conn, "SELECT COALESCE(MAX(id), 0) FROM journal")[0][0]

    def nothing_open(self, specs: Mapping[str, DagSpec], now: datetime) -> bool:
        """Every run ended, every schedule is over, and every interval has its run."""
        if any(state not in {"success", "failed"} for _, state in self.runs.values()):
            return False
        if not all(ending.is_over(spec, now) for spec in specs.values()):
            return False
        with self.store.read() as conn:
            if query(conn, "SELECT COUNT(*) FROM callback WHERE state IN ('due', 'running')")[0][0]:
                return False
            if query(conn, "SELECT COUNT(*) FROM run_deadline WHERE state = 'waiting'")[0][0]:
                return False
            return all(ending.has_all_ticks(conn, spec, self) for spec in specs.values())

    # -- the checks -----------------------------------------------------------------------------------------------

    def note_owed(self, specs: Mapping[str, DagSpec], now: datetime) -> None:
        """In fair weather, at every step."""
        with self.store.read() as conn:
            ending.note_owed(self, conn, specs.values(), now)

    def check(self, now: float) -> None:
        """After every step; free when nothing was written."""
        if self.store.changes == self._changes:
            return
        self._changes = self.store.changes
        with self.store.read() as conn:
            news = query(
                conn,
                'SELECT id, run_pk, ti_id, "before", "after", why, actor, attempt_id, at FROM journal WHERE id > ?'
                " ORDER BY id",
                (self.last_journal,),
            )
            gone = self._vanished(conn)
            self._learn_rows(conn)
            if news or gone:
                journal.follow(self, news)
                self._rows_agree(conn)
            limits.leases(self, conn)
            limits.slots(self, conn)
            if self.calm_since is not None and now - self.calm_since > limits.PATIENCE:
                limits.starving(self, conn)

    def check_end(self, *, faults: bool, failed_writes: int) -> None:
        """When faults have stopped and time has passed."""
        self._changes = -1
        self.check(0.0)
        with self.store.read() as conn:
            ending.check(self, conn, faults=faults, failed_writes=failed_writes)

    def _vanished(self, conn: Any) -> bool:
        if not self.deleted:
            return False
        present = {row[0] for row in query(conn, "SELECT id FROM dag_run")}
        gone = [pk for pk in self.runs if pk not in present]
        self.touched.difference_update(gone)
        for pk in gone:
            dag_id, run_id = self.runs.pop(pk)[0], self.run_ids.pop(pk)
            self.version_of.pop(pk), self.dates.pop(pk)
            if (dag_id, run_id) not in self.deleted:
                raise Broken(f"run {run_id} of {dag_id} is gone, and nobody deleted it")
            for pks in self.by_run.pop(pk, {}).values():
                for ti in pks:
                    self.seen.pop(ti, None)
        return bool(gone)

    def _learn_rows(self, conn: Any) -> None:
        self._hashes.update(query(conn, "SELECT id, hash FROM dag_version"))
        rows = query(conn, "SELECT id, dag_id, run_id, logical_date, version_id FROM dag_run")
        for pk, dag_id, run_id, date, version in rows:
            if pk not in self.runs:
                self.runs[pk] = (dag_id, "none")
                self.run_ids[pk] = run_id
                self.dates[pk] = date
            if self.version_of.setdefault(pk, self._hashes[version]) != self._hashes[version]:
                raise Broken(f"run {run_id} of {dag_id} changed its version")
        for pk, run_pk, task_id, map_index in query(conn, "SELECT id, run_pk, task_id, map_index FROM task_instance"):
            if pk not in self.seen:
                self.seen[pk] = Seen(run_pk, task_id, map_index)
                self.by_run[run_pk][task_id].append(pk)
            self.seen[pk].map_index = map_index

    def _rows_agree(self, conn: Any) -> None:
        for pk, state in query(conn, "SELECT id, state FROM task_instance"):
            if self.seen[pk].state != state:
                raise Broken(f"{self.seen[pk]}: the row says {state}, the journal {self.seen[pk].state}")
        for pk, state in query(conn, "SELECT id, state FROM dag_run"):
            if self.runs[pk][1] != state:
                raise Broken(f"run {pk}: the row says {state}, the journal {self.runs[pk][1]}")


__all__ = ["Auditor", "Broken"]
