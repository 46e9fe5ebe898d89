"""The auditor: reads the rows after each step and checks what must always hold. Reads only; trusts nothing in memory."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Any

from tests.simulation import reference
from tests.simulation.cluster import Cluster
from tests.simulation.waiting import DEFERS, SAID
from tradewind.domain.spec import DagSpec, TaskSpec
from tradewind.domain.states import MOVES, RUN_MOVES, RUN_VERB_MOVES, VERB_MOVES, RunState, TaskState
from tradewind.store.engine import Store, query

FINAL = {"success", "failed", "skipped", "upstream_failed", "removed"}
LIVE = {"queued", "running"}
MACHINE = "scheduler"


class Broken(AssertionError):
    """An invariant does not hold."""


@dataclass
class Seen:
    """What the journal has told of one task instance."""

    run_pk: int
    task_id: str
    map_index: int
    state: str = "none"
    attempt: str | None = None
    tries: int = 0
    by_trigger: bool = False  #: its trigger ended it, without a worker


@dataclass
class Auditor:
    """Follows the journal and the tables of one world."""

    store: Store
    specs: Mapping[str, DagSpec]
    pools: Mapping[str, int]
    clusters: Mapping[str, Cluster]
    seen: dict[int, Seen] = field(default_factory=dict)
    runs: dict[int, tuple[str, str]] = field(default_factory=dict)  #: run -> (dag, state by the journal)
    touched: set[int] = field(default_factory=set)  #: runs a person changed
    last_journal: int = 0
    used: set[str | None] = field(default_factory=set)  #: deferrals whose event was used
    by_run: dict[int, dict[str, list[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    lines: list[tuple[Any, ...]] = field(default_factory=list)
    tries_of: dict[str, tuple[int, int]] = field(default_factory=dict)  #: attempt -> (instance, try number)

    def check(self) -> None:
        """After every step."""
        with self.store.read() as conn:
            news = query(
                conn,
                'SELECT id, run_pk, ti_id, "before", "after", why, actor, attempt_id FROM journal WHERE id > ? ORDER BY id',
                (self.last_journal,),
            )
            if news:
                self._learn_rows(conn)
                self._follow(news)
                self._rows_agree(conn)
            self._leases(conn)
            self._limits(conn)
            if news:
                self._results(conn)

    # -- journal ------------------------------------------------------------------------------------------------

    def _learn_rows(self, conn: Any) -> None:
        for pk, dag_id in query(conn, "SELECT id, dag_id FROM dag_run"):
            self.runs.setdefault(pk, (dag_id, "none"))
        for pk, run_pk, task_id, map_index in query(conn, "SELECT id, run_pk, task_id, map_index FROM task_instance"):
            if pk not in self.seen:
                self.seen[pk] = Seen(run_pk, task_id, map_index)
                self.by_run[run_pk][task_id].append(pk)

    def _follow(self, news: Any) -> None:
        before_step = {pk: seen.state for pk, seen in self.seen.items()}
        self.last_journal = news[-1][0]
        # Within one commit the rows of runs are not in order with those of their tasks: tasks first, then runs.
        for _, run_pk, ti_id, before, after, why, actor, attempt_id in sorted(news, key=lambda row: row[2] is None):
            self.lines.append((run_pk, ti_id, before, after, why, actor))
            if ti_id is None:
                self._run_moved(run_pk, before, after, why, actor)
                continue
            seen = self.seen.get(ti_id)
            if seen is None:
                continue  # its run was deleted
            where = f"{self.runs[run_pk][0]}.{seen.task_id}[{seen.map_index}] of run {run_pk}"
            if seen.state != before:
                raise Broken(f"{where}: the journal says {before} -> {after}, but it stood at {seen.state} ({why})")
            moves = MOVES[TaskState(before)]
            if actor != MACHINE:
                self.touched.add(run_pk)
                moves = moves | VERB_MOVES[TaskState(before)]
            if TaskState(after) not in moves:
                raise Broken(f"{where}: {before} -> {after} by {actor} is not a move ({why})")
            if actor == MACHINE and before in LIVE and attempt_id != seen.attempt:
                raise Broken(f"{where}: {before} -> {after} by attempt {attempt_id}, but {seen.attempt} holds it")
            if before == "none" and actor == MACHINE:
                self._ruled(seen, after, why, before_step)
            if after == "queued":
                if attempt_id is None or (attempt_id == seen.attempt and before != "queued"):
                    raise Broken(f"{where}: queued without a new attempt id")
                seen.attempt = attempt_id
            if before == "deferred" and actor == MACHINE:
                self._went_on(seen, after, why, attempt_id, where)
            seen.by_trigger = before == "deferred" and after == "success"
            seen.state = after

    def _went_on(self, seen: Seen, after: str, why: str, deferral: str | None, where: str) -> None:
        """A deferred task goes on only by what its own trigger said, once, or by its time-out or the end of the run."""
        said = SAID.get(deferral or "", set())
        wanted = {"success": "success", "scheduled": "fired" if why == "the trigger fired" else "failed"}.get(after)
        if after == "scheduled" and why == "Trigger timeout":
            return
        if wanted is not None and wanted not in said:
            raise Broken(f"{where}: deferred -> {after} ({why}), but the trigger of {deferral} said {said}")
        if wanted is not None and deferral in self.used:
            raise Broken(f"{where}: two events of {deferral} were used")
        self.used.add(deferral)

    def _run_moved(self, run_pk: int, before: str, after: str, why: str, actor: str) -> None:
        dag_id, state = self.runs.get(run_pk, ("?", before))
        if dag_id == "?":
            return
        if state != before:
            raise Broken(f"run {run_pk}: the journal says {before} -> {after}, but it stood at {state}")
        if before != "none":
            moves = RUN_MOVES[RunState(before)]
            if actor != MACHINE:
                self.touched.add(run_pk)
                moves = moves | RUN_VERB_MOVES[RunState(before)]
            if RunState(after) not in moves and not self._reopened(run_pk, before, after):
                raise Broken(f"run {run_pk}: {before} -> {after} by {actor} is not a move ({why})")
        self.runs[run_pk] = (dag_id, after)
        if after in {"success", "failed"} and run_pk not in self.touched:
            self._ended_well(run_pk, dag_id, after, why)

    def _reopened(self, run_pk: int, before: str, after: str) -> bool:
        return run_pk in self.touched and before in {"success", "failed"} and after in {"queued", "running"}

    def _task(self, seen: Seen) -> TaskSpec:
        spec = self.specs[self.runs[seen.run_pk][0]]
        return next(task for task in spec.tasks if task.task_id == seen.task_id)

    def _ruled(self, seen: Seen, after: str, why: str, before_step: dict[int, str]) -> None:
        """A task left "none": did its trigger rule say so, for states its upstream had at the time?

        Within one commit the order of ends is not in the journal, so any of its prefixes will do.
        """
        task = self._task(seen)
        if after == "skipped" and (self._skipped_by_branch(seen, task) or self._maps_over_nothing(seen, task)):
            return
        options = []
        for name in task.upstream:
            for pk in self.by_run[seen.run_pk][name]:
                now, was = self.seen[pk].state, before_step.get(pk, "none")
                options.append({now, was} if now in FINAL and was not in FINAL else {now})
        wanted = {"scheduled": "run", "success": "run", "skipped": "skip", "upstream_failed": "upstream_failed"}.get(
            after
        )
        if after == "failed":
            return  # a deadlock or a run that timed out; the end of the run is checked on its own
        if after == "deferred":
            wanted = "run"
        possible = {reference.verdict(task.trigger_rule, states) for states in product(*options)}
        if wanted not in possible and seen.run_pk not in self.touched:
            raise Broken(
                f"{task.task_id} of run {seen.run_pk} with rule {task.trigger_rule} went {after} ({why}); "
                f"its upstream stands at {options}, which allows {sorted(possible)}"
            )

    def _skipped_by_branch(self, seen: Seen, task: TaskSpec) -> bool:
        for name in task.upstream:
            for pk in self.by_run[seen.run_pk][name]:
                attempt = self.seen[pk].attempt
                for cluster in self.clusters.values():
                    report = cluster.ended.get(attempt or "")
                    if report is not None and seen.task_id in (report.skip_downstream or []):
                        return True
        return False

    def _lengths(self, run_pk: int, task: TaskSpec) -> list[int | None]:
        """How many instances a mapped task must have: the literal, or what the attempt that succeeded pushed."""
        found: list[int | None] = []
        for given in task.mapped.inputs if task.mapped else []:
            if given.length is not None:
                found.append(given.length)
            for ref in given.refs:
                states = [self.seen[pk] for pk in self.by_run[run_pk][ref.task_id]]
                reports = [c.ended[s.attempt] for s in states for c in self.clusters.values() if s.attempt in c.ended]
                found.append(reports[0].xcoms[0].length if reports and reports[0].xcoms else None)
        return found

    def _maps_over_nothing(self, seen: Seen, task: TaskSpec) -> bool:
        return 0 in self._lengths(seen.run_pk, task)

    def _ended_well(self, run_pk: int, dag_id: str, state: str, why: str) -> None:
        """The run ended by itself: nothing is open, and its leaves say the same."""
        spec = self.specs[dag_id]
        open_tasks = [
            f"{self.seen[pk].task_id} {self.seen[pk].state}"
            for pks in self.by_run[run_pk].values()
            for pk in pks
            if self.seen[pk].state not in FINAL
        ]
        if open_tasks:
            raise Broken(f"run {run_pk} ended as {state} ({why}) while {open_tasks} are open")
        for task in spec.tasks:
            instances = [self.seen[pk] for pk in self.by_run[run_pk][task.task_id]]
            wanted = self._lengths(run_pk, task)
            ran = [one for one in instances if one.attempt is not None]
            if task.mapped and ran and wanted != [len(instances)]:
                raise Broken(f"run {run_pk}: {task.task_id} has {len(instances)} instances, {wanted} wanted")
        leaves = [self.seen[pk].state for t in spec.tasks if not t.downstream for pk in self.by_run[run_pk][t.task_id]]
        if reference.run_state(leaves) != state:
            raise Broken(f"run {run_pk} ended as {state} ({why}), but its leaves are {leaves}")

    # -- tables -------------------------------------------------------------------------------------------------

    def _rows_agree(self, conn: Any) -> None:
        for pk, state in query(conn, "SELECT id, state FROM task_instance"):
            if self.seen[pk].state != state:
                raise Broken(f"{self.seen[pk]}: the row says {state}, the journal {self.seen[pk].state}")
        for pk, state in query(conn, "SELECT id, state FROM dag_run"):
            if self.runs[pk][1] != state:
                raise Broken(f"run {pk}: the row says {state}, the journal {self.runs[pk][1]}")

    def _leases(self, conn: Any) -> None:
        doubles = query(
            conn, "SELECT ti_id, COUNT(*) FROM attempt WHERE lease_until IS NOT NULL GROUP BY ti_id HAVING COUNT(*) > 1"
        )
        if doubles:
            raise Broken(f"two live leases for instances {doubles}")
        wrong = query(
            conn,
            "SELECT a.id, a.state, t.id, t.task_id, t.state, t.attempt_id FROM attempt a JOIN task_instance t"
            " ON t.id = a.ti_id WHERE a.lease_until IS NOT NULL"
            " AND (t.attempt_id <> a.id OR t.state NOT IN ('queued', 'running'))",
        )
        if wrong:
            raise Broken(f"a lease without a live task: {wrong}")
        bare = query(
            conn,
            "SELECT t.id, t.task_id, t.state FROM task_instance t LEFT JOIN attempt a ON a.id = t.attempt_id"
            " WHERE t.state IN ('queued', 'running') AND a.lease_until IS NULL",
        )
        if bare:
            raise Broken(f"a live task without a lease: {bare}")
        for attempt_id, ti_id, number in query(conn, "SELECT id, ti_id, try_number FROM attempt"):
            if attempt_id in self.tries_of:
                continue
            self.tries_of[attempt_id] = (ti_id, number)
            known = self.seen.get(ti_id)
            if known is None:
                continue
            if not known.tries <= number <= known.tries + 1:
                raise Broken(f"{known.task_id}: attempt number {number} after {known.tries}")
            known.tries = number

    def _limits(self, conn: Any) -> None:
        for pool, used in query(
            conn,
            "SELECT pool, SUM(pool_slots) FROM task_instance WHERE state IN ('queued', 'running') GROUP BY pool",
        ):
            if used > self.pools[pool]:
                raise Broken(f"pool {pool} holds {used} of {self.pools[pool]} slots")
        live = query(conn, "SELECT dag_id, run_pk, task_id FROM task_instance WHERE state IN ('queued', 'running')")
        by_dag: dict[str, int] = defaultdict(int)
        by_task: dict[tuple[str, str], int] = defaultdict(int)
        by_run_task: dict[tuple[int, str], int] = defaultdict(int)
        for dag_id, run_pk, task_id in live:
            by_dag[dag_id] += 1
            by_task[dag_id, task_id] += 1
            by_run_task[run_pk, task_id] += 1
        for dag_id, count in by_dag.items():
            if count > (self.specs[dag_id].max_active_tasks or 16):
                raise Broken(f"{dag_id} runs {count} tasks at once")
        for (dag_id, task_id), count in by_task.items():
            limit = next(t.max_active_tis_per_dag for t in self.specs[dag_id].tasks if t.task_id == task_id)
            if limit is not None and count > limit:
                raise Broken(f"{dag_id}.{task_id} runs {count} times at once, {limit} allowed")
        for (run_pk, task_id), count in by_run_task.items():
            dag_id = self.runs[run_pk][0]
            limit = next(t.max_active_tis_per_dagrun for t in self.specs[dag_id].tasks if t.task_id == task_id)
            if limit is not None and count > limit:
                raise Broken(f"{dag_id}.{task_id} runs {count} times in one run, {limit} allowed")
        for dag_id, count in query(
            conn, "SELECT dag_id, COUNT(*) FROM dag_run WHERE state = 'running' GROUP BY dag_id"
        ):
            if count > (self.specs[dag_id].max_active_runs or 16) and not self._reopened_runs(dag_id):
                raise Broken(f"{dag_id} has {count} running runs")

    def _reopened_runs(self, dag_id: str) -> bool:
        return any(self.runs[pk][0] == dag_id for pk in self.touched)

    def _results(self, conn: Any) -> None:
        """A result seen downstream is that of the attempt that really ended so."""
        rows = query(
            conn,
            "SELECT x.run_pk, x.task_id, x.value, x.attempt_id, t.attempt_id, t.state FROM xcom x JOIN task_instance t"
            " ON t.run_pk = x.run_pk AND t.task_id = x.task_id AND t.map_index = x.map_index"
            " WHERE x.key = 'return_value'",
        )
        for run_pk, task_id, value, written_by, attempt, state in rows:
            if json.loads(value) != written_by:
                raise Broken(f"{task_id} of run {run_pk}: the value of {value} is stored as that of {written_by}")
            if state == "success" and run_pk not in self.touched and attempt != written_by:
                raise Broken(f"{task_id} of run {run_pk} succeeded as {attempt}, its value is of {written_by}")
        for seen in self.seen.values():
            if seen.state == "success" and seen.attempt and not seen.by_trigger and seen.run_pk not in self.touched:
                report = next((c.ended[seen.attempt] for c in self.clusters.values() if seen.attempt in c.ended), None)
                if report is None or report.outcome != "success":
                    raise Broken(
                        f"{seen.task_id} of run {seen.run_pk} is a success of {seen.attempt}, which never succeeded"
                    )

    # -- the end ------------------------------------------------------------------------------------------------

    def check_end(self, *, faults: bool) -> None:
        """When faults have stopped and time has passed: everything ended, nothing ran more often than it may."""
        self.check()
        stuck = [(pk, state) for pk, (_, state) in self.runs.items() if state not in {"success", "failed"}]
        if stuck:
            detail = [f"{seen.task_id}={seen.state}" for seen in self.seen.values() if seen.run_pk == stuck[0][0]]
            raise Broken(f"runs that never ended: {stuck}; the first has {detail}")
        starts: dict[str, int] = defaultdict(int)
        for cluster in self.clusters.values():
            for attempt_id in cluster.starts:
                starts[attempt_id] += 1
        twice = [attempt_id for attempt_id, count in starts.items() if count > 1]
        if twice:
            raise Broken(f"attempts that started twice: {twice}")
        if not faults:
            by_instance: dict[int, int] = defaultdict(int)
            for attempt_id in starts:
                by_instance[self.tries_of[attempt_id][0]] += 1
            for pk, count in by_instance.items():
                task = self._task(self.seen[pk])
                stretches = 1 + task.reschedules + (task.operator == DEFERS)  # of one try, each an attempt
                allowed = (1 + task.retries) * stretches
                if count > allowed:
                    raise Broken(f"{task.task_id} started {count} times without a fault, {allowed} allowed")
        with self.store.read() as conn:
            per_dag: dict[str, list[int]] = defaultdict(list)
            for dag_id, logical in query(
                conn, "SELECT dag_id, logical_date FROM dag_run WHERE run_type = 'scheduled' ORDER BY logical_date"
            ):
                per_dag[dag_id].append(logical)
        five = 5 * 60 * 1_000_000
        for dag_id, dates in per_dag.items():
            wrong = [(one, two) for one, two in pairwise(dates) if two - one != five]
            if wrong:
                raise Broken(f"{dag_id}: intervals doubled or left out between {wrong[:3]}")
