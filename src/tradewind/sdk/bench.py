"""The bench of a DAG: what it remembers of being run by hand in this process (``task.run``, ``ti.run``, ``dag.run``).

It is the throw-away store of a test: made with the DAG object, gone with it, so that two tests never meet. No database
is made or written; variables and connections that the test does not give come from the home, where there is one.
"""

from __future__ import annotations

import getpass
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tradewind.domain.messages import Finished, RunFacts
from tradewind.sdk import current, moments
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.execution import execute
from tradewind.sdk.memory_client import MemoryClient

log = logging.getLogger("airflow.task")
Place = tuple[str, str, int]  #: run id, task id, map index


@dataclass
class TaskRecord:
    """One task instance as the bench knows it, with the columns that Airflow's table has."""

    dag_id: str
    task_id: str
    run_id: str
    map_index: int = -1
    execution_date: Any = None
    state: str | None = None
    try_number: int = 0
    max_tries: int = 0
    start_date: datetime | None = None
    end_date: datetime | None = None
    duration: float | None = None
    hostname: str = ""
    unixname: str = ""
    job_id: int | None = None
    pid: int | None = None
    pool: str = "default_pool"
    queue: str = "default"
    priority_weight: int = 1
    operator: str = ""
    queued_dttm: datetime | None = None
    executor_config: dict[str, Any] = field(default_factory=dict)

    @property
    def logical_date(self) -> Any:
        """Today's name of the execution date."""
        return self.execution_date

    def current_state(self) -> str | None:
        """Its state."""
        return self.state


class Bench:
    """Task instances, runs and XComs of one DAG object."""

    def __init__(self, dag: Any) -> None:
        self.dag = dag
        self.client = MemoryClient(behind=current.home)
        self.records: dict[Place, TaskRecord] = {}

    def facts(self, moment: Any, **more: Any) -> RunFacts:
        """The run of that date: the one that is there, or what a scheduled one would be."""
        from tradewind.sdk.local_run import make_facts  # noqa: PLC0415  whole runs know the bench, not the reverse

        at = moments.utc(moment)
        run_id = more.pop("run_id", None) or (f"scheduled__{at.isoformat()}" if at is not None else None)
        made = make_facts(self.dag, at, run_id, run_type=more.pop("run_type", None) or "scheduled", **more)
        self.client.runs.setdefault(made.dag_id, {}).setdefault(
            made.run_id,
            {"run_id": made.run_id, "state": "running", "logical_date": made.logical_date, "conf": made.conf},
        )
        return made

    def record(self, task: Any, facts: RunFacts, map_index: int = -1) -> TaskRecord:
        """The record of a task instance; a new one has no state yet."""
        place = (facts.run_id, task.task_id, map_index)
        known = self.records.get(place)
        if known is None:
            known = self.records[place] = TaskRecord(
                facts.dag_id, task.task_id, facts.run_id, map_index, moments.stamp(facts.logical_date),
                max_tries=task.retries, unixname=_user(), pool=task.pool, queue=task.queue,
                priority_weight=task.priority_weight, operator=task.task_type,
                executor_config=dict(task.executor_config),
            )  # fmt: skip
        return known

    def keep(self, task: Any, facts: RunFacts, finished: Finished, map_index: int = -1, try_number: int = 1) -> None:
        """Write down how a try ended."""
        note = self.record(task, facts, map_index)
        note.state, note.try_number = finished.outcome, try_number
        note.start_date, note.end_date = moments.stamp(finished.started_at), moments.stamp(finished.at)
        note.queued_dttm = note.queued_dttm or note.start_date
        note.duration = (finished.at - finished.started_at).total_seconds() if finished.started_at else None
        note.hostname, note.pid = finished.host or "", finished.pid
        if finished.outcome == "failed" and finished.retryable and try_number <= task.retries:
            note.state = "up_for_retry"
        self._tell(note)

    def take_xcoms(self, task: Any, facts: RunFacts, finished: Finished, map_index: int = -1) -> None:
        """Keep what the try returned."""
        self.client.become(facts.dag_id, facts.run_id, task.task_id, map_index)
        for made in finished.xcoms:
            self.client.xcom_push(key=made.key, value=made.value, length=made.length)

    def mark(self, task: Any, facts: RunFacts, state: str, map_index: int = -1) -> None:
        """Write down a state without running anything."""
        note = self.record(task, facts, map_index)
        note.state = state
        self._tell(note)

    def _tell(self, note: TaskRecord) -> None:
        name = note.task_id if note.map_index < 0 else f"{note.task_id}_{note.map_index}"
        self.client.states.setdefault(note.dag_id, {}).setdefault(note.run_id, {})[name] = str(note.state)

    def between(self, start: Any = None, end: Any = None, task_ids: Any = None) -> Iterator[TaskRecord]:
        """Records of the dates from ``start`` to ``end``, both included."""
        first, last = moments.utc(start), moments.utc(end)
        for note in list(self.records.values()):
            at = moments.utc(note.execution_date)
            if at is not None and ((first is not None and at < first) or (last is not None and at > last)):
                continue
            if task_ids is None or note.task_id in task_ids:
                yield note

    def forget(self, notes: list[TaskRecord]) -> int:
        """Drop records with their XComs; how many."""
        for note in notes:
            self.records.pop((note.run_id, note.task_id, note.map_index), None)
            name = note.task_id if note.map_index < 0 else f"{note.task_id}_{note.map_index}"
            self.client.states.get(note.dag_id, {}).get(note.run_id, {}).pop(name, None)
            for place in [p for p in self.client.xcoms if p[:3] == (note.dag_id, note.run_id, note.task_id)]:
                self.client.xcoms[place].pop(note.map_index, None)
            if note.run_id in self.client.runs.get(note.dag_id, {}):
                self.client.runs[note.dag_id][note.run_id]["state"] = "queued"
        return len(notes)


def run_instance(
    task: Any,
    facts: RunFacts,
    bench: Bench,
    *,
    map_index: int = -1,
    ignore_ti_state: bool = False,
    mark_success: bool = False,
    test_mode: bool = False,
) -> str:
    """One try of one task instance, in this thread; its state. What its code raises is raised here, as it was.

    An instance that has succeeded (or was skipped) is left alone unless its state is to be ignored; so is a failed one
    never: running it again is why somebody asks.
    """
    from tradewind.sdk.local_run import make_order  # noqa: PLC0415  whole runs know the bench, not the reverse

    note = bench.record(task, facts, map_index)
    if note.state in {"success", "skipped"} and not ignore_ti_state:
        log.info("Task %s of %s is %s already; clear it to run it again.", task.task_id, facts.run_id, note.state)
        return str(note.state)
    if mark_success:
        bench.mark(task, facts, "success", map_index)
        return "success"
    raised: list[BaseException] = []
    number, resume = note.try_number + 1, None
    while True:
        order = make_order(task, facts, map_index, number, resume=resume)
        bench.client.become(facts.dag_id, facts.run_id, task.task_id, map_index)
        finished = execute(task, order, bench.client, test_mode=test_mode, raised=raised)
        if finished.outcome != "rescheduled":
            break
        resume = wait_for_next_check(finished, resume)
    if test_mode:
        bench.forget([note])
    else:
        bench.keep(task, facts, finished, map_index, number)
        bench.take_xcoms(task, facts, finished, map_index)
    if raised and finished.outcome == "failed":
        raise raised[-1]
    if finished.outcome not in {"success", "skipped"}:
        raise AirflowException(f"Task {task.task_id!r} ended {finished.outcome}: {finished.error}")
    return finished.outcome


def wait_for_next_check(finished: Finished, resume: dict[str, Any] | None, sleep: Any = time.sleep) -> dict[str, Any]:
    """Wait in place until a rescheduled sensor wants to look again; what its next stretch starts from."""
    first = (resume or {}).get("first_start") or (finished.started_at or finished.at).isoformat()
    now = datetime.fromtimestamp(time.time(), UTC)
    sleep(max(0.0, ((finished.reschedule_at or now) - now).total_seconds()))
    return {"first_start": first, "checks": (resume or {}).get("checks", 0) + 1}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, in a container
        return ""
