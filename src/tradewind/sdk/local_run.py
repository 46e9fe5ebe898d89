"""Run a whole DAG in this process: ``dag.test()``, ``dags test`` and tests of DAGs. No store, no workers, no waiting.

Retries follow at once, a rescheduled sensor is asked again after its interval, a trigger runs in place.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from tradewind.domain.messages import CallbackOrder, FileRef, Finished, RunFacts, WorkOrder
from tradewind.domain.rules import ready
from tradewind.domain.rules.views import Plan
from tradewind.domain.states import TaskState
from tradewind.domain.trigger_rule import Counts, Verdict, decide
from tradewind.sdk import callbacks, current, dag_callbacks, moments, values, xcom
from tradewind.sdk.bench import wait_for_next_check
from tradewind.sdk.context import Context, merged_params
from tradewind.sdk.execution import execute
from tradewind.sdk.freeze import freeze
from tradewind.sdk.mapped import count_of
from tradewind.sdk.memory_client import MemoryClient
from tradewind.sdk.order import in_order
from tradewind.sdk.task_instance import DagRun, TaskInstance
from tradewind.sdk.value_files import take_files

log = logging.getLogger("airflow.task")
Key = tuple[str, int]


@dataclass
class LocalRun:
    """A run that ended. ``states``: task id (``id[index]`` for mapped ones) to state; ``xcom(task_id)`` gives a value."""

    dag: Any
    facts: RunFacts
    client: Any
    states: dict[str, str] = field(default_factory=dict)
    finished: dict[Key, Finished] = field(default_factory=dict)
    tries: dict[Key, int] = field(default_factory=dict)
    state: str = "running"

    @property
    def run_id(self) -> str:
        """Its id."""
        return self.facts.run_id

    @property
    def dag_id(self) -> str:
        """Its DAG."""
        return self.facts.dag_id

    @property
    def conf(self) -> dict[str, Any]:
        """What it was started with."""
        return self.facts.conf

    @property
    def logical_date(self) -> Any:
        """Its logical date."""
        return moments.stamp(self.facts.logical_date)

    execution_date = logical_date

    def xcom(self, task_id: str, key: str = "return_value", map_index: int | None = None) -> Any:
        """A value a task pushed, or None."""
        where = {"dag_id": self.dag_id, "run_id": self.run_id, "task_id": task_id}
        text = self.client.xcom_get(**where, key=key, map_index=map_index)
        kind = xcom.backend()
        return values.decode(text) if kind is None or text is None else xcom.from_stored(kind, key, text, **where)

    def get_state(self) -> str:
        """Its state."""
        return self.state


def make_facts(
    dag: Any, logical_date: Any = None, run_id: str | None = None, conf: Any = None, **more: Any
) -> RunFacts:
    """Facts of a manual run of the DAG at that date (default: now)."""
    moment = moments.utc(logical_date) or datetime.fromtimestamp(time.time(), UTC)
    # Where a schedule exists, the run covers the interval that starts at its date, as a scheduled one would.
    start, end = more.pop("interval", None) or (moment, dag._schedule.following(moment))
    return RunFacts(
        dag_id=dag.dag_id,
        run_id=run_id or f"manual__{moment.isoformat()}",
        run_type=more.pop("run_type", "manual"),
        logical_date=moment,
        data_interval_start=moments.utc(start),
        data_interval_end=moments.utc(end) or moment,
        run_after=moment,
        started_at=more.pop("started_at", None) or datetime.fromtimestamp(time.time(), UTC),
        conf=dict(conf or {}),
        **more,
    )


def make_order(task: Any, facts: RunFacts, map_index: int = -1, try_number: int = 1, **more: Any) -> WorkOrder:
    """An order for one try, as a scheduler would write it."""
    dag = task.get_dag()
    path = Path(dag.fileloc) if dag is not None and dag.fileloc else Path()
    limit = task.execution_timeout.total_seconds() if task.execution_timeout is not None else None
    return WorkOrder(
        attempt_id=f"local-{facts.run_id}-{task.task_id}-{map_index}-{try_number}",
        task_id=task.task_id,
        map_index=map_index,
        try_number=try_number,
        max_tries=task.retries + 1,
        run=facts,
        file=FileRef(bundle="local", root=str(path.parent), path=path.name, hash=""),
        log_path="",
        operator=task.task_type,
        execution_timeout=limit,
        **more,
    )


def run_dag(
    dag: Any,
    logical_date: Any = None,
    run_conf: dict[str, Any] | None = None,
    *,
    execution_date: Any = None,
    conn_file_path: Any = None,
    variable_file_path: Any = None,
    client: Any = None,
    run_id: str | None = None,
    mark_success_pattern: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
    facts: RunFacts | None = None,
    before_retry: Callable[[Any, Finished, int], None] | None = None,
    **_ignored: Any,
) -> LocalRun:
    """Run every task in order of its dependencies and return what became of them. ``before_retry(task, ended, try)`` may
    wait before the next try.
    """
    client = client if client is not None else MemoryClient(behind=current.home)
    take_files(client, conn_file_path, variable_file_path)
    facts = facts or make_facts(dag, logical_date or execution_date, run_id, run_conf)
    run = LocalRun(dag, facts, client)
    if hasattr(client, "runs"):
        client.runs.setdefault(facts.dag_id, {})[facts.run_id] = {
            "run_id": facts.run_id, "state": "running", "logical_date": facts.logical_date, "conf": facts.conf
        }  # fmt: skip
    merged_params(dag, None, facts.conf).validate()
    _Loop(run, mark_success_pattern, sleep, before_retry).to_the_end()
    leaves = [run.states[task.task_id] for task in _deciding(dag)]
    run.state = "failed" if any(state in {"failed", "upstream_failed"} for state in leaves) else "success"
    if hasattr(client, "runs"):
        client.runs[facts.dag_id][facts.run_id]["state"] = run.state
    name = "on_success_callback" if run.state == "success" else "on_failure_callback"
    if callbacks.listed(getattr(dag, name, None)):
        _tell(run, name)
    return run


def _tell(run: LocalRun, name: str) -> None:
    """Call the DAG's callbacks as a worker would."""
    dag, ended = run.dag, list(run.finished.items())
    bad = [entry for entry in ended if entry[1].outcome == "failed"]
    last = (bad or ended)[-1:] if run.state == "failed" else ended[-1:]
    told = CallbackOrder(name=name, reason="success" if run.state == "success" else "task_failure", run_state=run.state)
    if not last:
        order = WorkOrder(
            attempt_id="", task_id="", try_number=0, max_tries=1, run=run.facts,
            file=FileRef(bundle="", root="", path="", hash=""), log_path="",
        )  # fmt: skip
    for (task_id, map_index), finished in last:
        order = make_order(dag.task_dict[task_id], run.facts, map_index, run.tries[task_id, map_index])
        facts = {"state": finished.outcome, "started_at": finished.started_at, "ended_at": finished.at}
        told = msgspec.structs.replace(told, details={"ti": facts})
    context = dag_callbacks.context_of(dag, order, told)
    with current.running(context, run.client):
        callbacks.run_dag_callbacks(dag, name, context)


def run_on_bench(dag: Any, moment: datetime, conf: Any = None, *, mark_success: bool = False) -> LocalRun:
    """The run of that date with what the DAG object remembers; one that has succeeded is left alone."""
    bench = dag.bench
    facts = bench.facts(moment, conf=conf)
    notes = [note for note in bench.records.values() if note.run_id == facts.run_id]
    if notes and bench.client.runs[dag.dag_id][facts.run_id]["state"] == "success":
        states = {n.task_id if n.map_index < 0 else f"{n.task_id}[{n.map_index}]": str(n.state) for n in notes}
        return LocalRun(dag, facts, bench.client, states, state="success")
    run = run_dag(dag, facts=facts, client=bench.client, mark_success_pattern="" if mark_success else None)
    for name, state in run.states.items():
        task_id, _, index = name.partition("[")
        task, number = dag.task_dict[task_id], int(index[:-1]) if index else -1
        finished = run.finished.get((task_id, number))
        if finished is None:
            bench.mark(task, facts, state, number)
        else:
            bench.keep(task, facts, finished, number, run.tries[(task_id, number)])
            bench.record(task, facts, number).state = state
    return run


def _deciding(dag: Any) -> list[Any]:
    """The tasks whose ends make the run's: what has only quiet teardowns below it."""

    def quiet(task: Any) -> bool:
        return bool(task.is_teardown and not task.on_failure_fail_dagrun)

    tasks = in_order(dag)
    found = [task for task in tasks if not quiet(task) and all(quiet(below) for below in task.downstream_list)]
    return found or [task for task in tasks if not task.downstream_task_ids]


_STATES = {Verdict.SKIP: "skipped", Verdict.UPSTREAM_FAILED: "upstream_failed"}


class _Loop:
    """One pass after the other until nothing moves."""

    def __init__(
        self,
        run: LocalRun,
        mark_success: str | None,
        sleep: Callable[[float], None],
        before_retry: Callable[[Any, Finished, int], None] | None = None,
    ) -> None:
        self.run, self.sleep, self.mark_success, self.before_retry = run, sleep, mark_success, before_retry
        self.forced: dict[Key, str] = {}  #: by task and index; -1 for a whole task
        setups = any(task.is_setup for task in run.dag.task_dict.values())
        self.plan = Plan(freeze(run.dag, fileloc=str(run.dag.fileloc or ""), bundle="local")) if setups else None

    def to_the_end(self) -> None:
        """Tasks come in an order in which everything above a task has ended before it."""
        for task in in_order(self.run.dag):
            self._decide(task)

    def _decide(self, task: Any) -> None:
        forced = self.forced.get((task.task_id, -1))
        if forced is not None:
            self._settle(task, forced)
            return
        mates = [above for above in task.upstream_list if _in_step(above, task) and self._instances(above)]
        if mates:
            # Inside a mapped group each instance goes its own way.
            ends = [self._go(task, index, mates) for index in range(len(self._instances(mates[0])))]
            self._settle(task, _together(ends))
            return
        what = self._verdict(task)
        if what is not Verdict.RUN:
            self._settle(task, _STATES[what])
            return
        indexes = self._indexes(task)
        if indexes is None:
            self._one(task, -1)
        elif not indexes:
            self._settle(task, "skipped")
        else:
            self._settle(task, _together([self._one(task, index) for index in indexes]))

    def _go(self, task: Any, index: int, mates: list[Any]) -> str:
        """One instance in step with those of the same index."""
        state = self.forced.get((task.task_id, index))
        if state is None:
            what = self._verdict(task, index, mates)
            if what is Verdict.RUN:
                return self._one(task, index)
            state = _STATES[what]
        self._settle(task, state, index)
        return state

    def _instances(self, task: Any) -> list[str]:
        """States of the instances of a task that was multiplied, by index."""
        found: list[str] = []
        while (name := f"{task.task_id}[{len(found)}]") in self.run.states:
            found.append(self.run.states[name])
        return found

    def _verdict(self, task: Any, index: int = -1, mates: Sequence[Any] = ()) -> Verdict:
        """What the rule says, and the setups further up."""
        counts = self._counts(task, index, mates)
        if self.plan is None:
            return decide(str(task.trigger_rule), counts)
        planned = self.plan.tasks[self.plan.index[task.task_id]]
        guards = [TaskState(self.run.states[self.plan.tasks[g].task_id]) for g in planned.guards]
        return ready.verdict(planned, counts, guards)

    def _counts(self, task: Any, index: int, mates: Sequence[Any]) -> Counts:
        """How the instances right above stand; of tasks in step only the one with the same index counts."""
        counts = Counts()
        for above in task.upstream_list:
            states = self._instances(above) or [self.run.states[above.task_id]]
            for state in [states[index]] if above in mates else states:
                counts.total += 1
                counts.setups += above.is_setup
                ready.add(counts, TaskState(state), setup=above.is_setup)
        return counts

    def _indexes(self, task: Any) -> list[int] | None:
        """Map indexes, or None for a task that is not mapped."""
        given = [task.expand_input] if task.is_mapped else []
        if task.task_group is not None:
            given += [group.map_inputs for group in task.task_group.iter_mapped_groups()]
        if not given:
            return None
        context = self._context(task)
        with current.running(context, self.run.client):
            total = 1
            for one in given:
                values = one.value.values() if one.kind == "expand" else [one.value]
                for value in values:
                    total *= count_of(value, context)
        return list(range(total))

    def _context(self, task: Any) -> Context:
        dag_run = DagRun(self.run.facts, self.run.dag)
        return Context(self.run.dag, task, TaskInstance(task, make_order(task, self.run.facts), dag_run), dag_run)

    def _settle(self, task: Any, state: str, map_index: int = -1) -> None:
        name = task.task_id if map_index < 0 else f"{task.task_id}[{map_index}]"
        self.run.states[name] = state
        known = getattr(self.run.client, "states", None)
        if known is not None:
            store_name = task.task_id if map_index < 0 else f"{task.task_id}_{map_index}"
            known.setdefault(self.run.dag_id, {}).setdefault(self.run.run_id, {})[store_name] = state

    def _one(self, task: Any, map_index: int) -> str:
        if self.mark_success is not None and re.search(self.mark_success, task.task_id):
            self._settle(task, "success", map_index)
            return "success"
        finished = self._tries(task, map_index)
        state = finished.outcome
        self._keep(task, map_index, finished)
        self._settle(task, state, map_index)
        if finished.skip_downstream is not None:
            self._skip_below(task, finished, map_index)
        return state

    def _tries(self, task: Any, map_index: int) -> Finished:
        try_number = 1
        resume: dict[str, Any] | None = None
        while True:
            order = make_order(task, self.run.facts, map_index, try_number, resume=resume)
            if hasattr(self.run.client, "become"):
                self.run.client.become(self.run.dag_id, self.run.run_id, task.task_id, map_index)
            finished = execute(task, order, self.run.client)
            self.run.finished[(task.task_id, map_index)] = finished
            self.run.tries[(task.task_id, map_index)] = try_number
            if finished.outcome == "rescheduled":
                resume = wait_for_next_check(finished, resume, self.sleep)
            elif finished.outcome == "failed" and finished.retryable and try_number <= task.retries:
                if self.before_retry is not None:
                    self.before_retry(task, finished, try_number)
                try_number, resume = try_number + 1, None
                log.info("Task %s failed; try %s of %s follows.", task.task_id, try_number, task.retries + 1)
            else:
                return finished

    def _keep(self, task: Any, map_index: int, finished: Finished) -> None:
        for made in finished.xcoms:
            if hasattr(self.run.client, "become"):
                self.run.client.become(self.run.dag_id, self.run.run_id, task.task_id, map_index)
            self.run.client.xcom_push(key=made.key, value=made.value, length=made.length)

    def _skip_below(self, task: Any, finished: Finished, map_index: int) -> None:
        names = finished.skip_downstream or []
        if "*" in names:
            names = sorted(task.downstream_task_ids)
        chosen = set(names)
        if finished.skip_hard:
            for name in names:
                chosen |= self.run.dag.get_task(name).get_flat_relative_ids(upstream=False)
        for name in chosen:
            below = self.run.dag.get_task(name)
            if not below.is_teardown:
                self.forced[name, map_index if _in_step(task, below) else -1] = "skipped"


def _in_step(one: Any, other: Any) -> bool:
    """Whether instances of the two go together by index: both are in the same mapped group, equally deep."""
    groups = [
        next(task.task_group.iter_mapped_groups(), None) if task.task_group is not None else None
        for task in (one, other)
    ]
    return groups[0] is not None and groups[0] is groups[1] and one.is_mapped == other.is_mapped


def _together(ends: list[str]) -> str:
    """One state for all instances of a task."""
    worst = next((state for state in ("failed", "upstream_failed", "success") if state in ends), None)
    return worst or "skipped"
