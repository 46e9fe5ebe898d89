"""Plays a span of time: the clock jumps to the next moment at which anything can happen."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from msgspec import structs

from tradewind.clock import FakeClock
from tradewind.domain.spec import DagSpec
from tradewind.domain.states import RunState
from tradewind.domain.timetables import build
from tradewind.errors import InvalidArgument
from tradewind.scheduler.rehearsal.durations import Durations
from tradewind.scheduler.rehearsal.report import PAST, Report, make_report
from tradewind.scheduler.rehearsal.workers import Waits, Workers
from tradewind.scheduler.tick import Scheduler
from tradewind.settings import Settings
from tradewind.store import transitions
from tradewind.store.engine import Conn, run
from tradewind.store.memory import MemoryStore
from tradewind.store.reads.versions import the_dag
from tradewind.store.writes import runs as run_writes
from tradewind.store.writes.dags import DagDefaults, ParsedFile, publish

#: Passes at one moment after which the rehearsal is stuck: a bug of ours, not of the DAGs.
_MOST_PASSES = 10_000
#: Leases mean nothing here: nobody dies.
_FOREVER = 1e9
_QUIET = {
    ("scheduler", "attempt_lease_seconds"): _FOREVER,
    ("scheduler", "run_lease_seconds"): _FOREVER,
    ("scheduler", "task_queued_timeout"): _FOREVER,
}


@dataclass(frozen=True)
class Plan:
    """What is rehearsed. Times are aware."""

    specs: Sequence[DagSpec]
    start: datetime
    end: datetime
    durations: Durations = field(default_factory=Durations)
    slots: int | None = None  #: how many tasks the workers run at once; None: [core] parallelism
    pools: dict[str, int] = field(default_factory=dict)  #: name -> slots, beside default_pool
    failures: float = 0.0  #: how many of all attempts fail, 0 to 1
    lengths: dict[str, int] = field(default_factory=dict)  #: of the lists that tasks return for mapping
    catchup: bool = False  #: begin at the start dates, as a DAG that is switched on for the first time
    seed: int = 0


class _Silent:
    """Nobody waits for a bell."""

    def ring(self, kind: str, topic: str = "") -> int:
        """Not rung."""
        return 1


def rehearse(plan: Plan, settings: Settings) -> Report:
    """Play it and report. Raises InvalidArgument for a span of no length or DAGs of one id."""
    _check(plan)
    settings = replace(settings, values={**settings.values, **_QUIET})
    plan = replace(plan, specs=[_untold(spec) for spec in plan.specs])
    store = MemoryStore(settings)
    try:
        clock = FakeClock(plan.start)
        slots = plan.slots or settings.get_int("core", "parallelism") or 1_000_000
        with store.write() as conn:
            _publish(conn, plan, settings)
        workers = Workers(
            clock,
            plan.specs,
            plan.durations,
            slots=slots,
            failures=plan.failures,
            lengths=plan.lengths,
            seed=plan.seed,
        )
        waits = Waits(clock, plan.specs, plan.durations)
        ids = itertools.count(1)
        scheduler = Scheduler(
            store=store,
            clock=clock,
            new_id=lambda: f"a{next(ids)}",
            executors={"local": workers},
            settings=settings,
            ringer=_Silent(),
            owner="rehearsal",
            host="rehearsal",
            settle_seconds=0.0,
            triggers=waits,
            housekeeping_seconds=_housekeeping(plan),
        )
        with _quiet():
            passes = _play(scheduler, clock, workers, waits, plan)
        with store.read() as conn:
            return make_report(conn, plan.specs, workers.stays, plan.start, plan.end, slots, passes)
    finally:
        store.close()


@contextmanager
def _quiet() -> Iterator[None]:
    """What the scheduler logs of each run it makes is no news here."""
    log = logging.getLogger("tradewind.scheduler")
    before = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(before)


def _untold(spec: DagSpec) -> DagSpec:
    """Nobody is told of ends, of misses and of deadlines here."""
    tasks = [structs.replace(task, sla=None) for task in spec.tasks]
    return structs.replace(spec, tasks=tasks, callbacks=[], deadlines=[])


def _check(plan: Plan) -> None:
    if plan.end <= plan.start:
        raise InvalidArgument(
            f"There is no time from {plan.start.isoformat()} to {plan.end.isoformat()}.",
            field="end",
            hint="The end must lie after the start.",
        )
    ids = [spec.dag_id for spec in plan.specs]
    if not ids or len(set(ids)) < len(ids):
        raise InvalidArgument("A rehearsal needs DAGs with ids of their own.", field="specs", hint=f"Given: {ids}.")


def _housekeeping(plan: Plan) -> float:
    """Rare, for nobody dies here; but often enough for runs that may wait only so long."""
    waits = [spec.queue_timeout for spec in plan.specs if spec.queue_timeout]
    return min([(plan.end - plan.start).total_seconds() + 1.0, *(seconds / 4 for seconds in waits)])


def _play(scheduler: Scheduler, clock: FakeClock, workers: Workers, waits: Waits, plan: Plan) -> int:
    passes, timed = 0, any(spec.queue_timeout for spec in plan.specs)
    while True:
        here, sleep = 0, 0.0
        while sleep <= 0.0:
            sleep = scheduler.tick()
            here += 1
            if here > _MOST_PASSES:
                raise AssertionError(f"the scheduler does not come to rest at {clock.now().isoformat()}")
        passes += here
        now = clock.now()
        moments = [workers.next_at(), waits.next_at(), scheduler.next_moment()]
        if scheduler.heard:
            moments.append(now + timedelta(seconds=sleep))
        if timed:
            moments.append(now + timedelta(seconds=_housekeeping(plan)))
        wake = min((moment for moment in moments if moment is not None), default=None)
        if wake is None or wake >= plan.end:
            clock.advance((plan.end - now).total_seconds())
            return passes
        clock.advance(max(0.0, (wake - now).total_seconds()))


def _publish(conn: Conn, plan: Plan, settings: Settings) -> None:
    pools = {"default_pool": settings.get_int("core", "default_pool_task_slot_count")} | plan.pools
    text = "INSERT INTO pool (name, slots, description, include_deferred) VALUES (?, ?, '', ?)"
    run(conn, text, [(name, slots, False) for name, slots in sorted(pools.items())])
    defaults = DagDefaults(
        paused=False,
        max_active_runs=settings.get_int("core", "max_active_runs_per_dag"),
        max_active_tasks=settings.get_int("core", "max_active_tasks_per_dag"),
    )
    files = [
        ParsedFile(
            bundle=spec.bundle, fileloc=f"{number}/{spec.fileloc}", hash=spec.dag_id, reads={}, dag_ids=[spec.dag_id],
            milliseconds=0, warnings=[], source="", source_hash="", specs=[(spec, spec.dag_id)],
        )
        for number, spec in enumerate(plan.specs)
    ]  # fmt: skip
    publish(conn, files, defaults, plan.start)
    run(conn, "UPDATE dag SET is_paused = ?", [(False,)])
    if not plan.catchup:
        for spec in plan.specs:
            _settle_past(conn, spec, plan.start)


def _settle_past(conn: Conn, spec: DagSpec, start: datetime) -> None:
    """What was due before the rehearsal begins is taken as done: one finished run stands for all of it."""
    timetable = build(spec.timetable)
    starts = [task.start_date for task in spec.tasks if task.start_date is not None]
    earliest = spec.start_date or (min(starts) if starts else None)
    if not timetable.can_be_scheduled or earliest is None or earliest >= start:
        return
    just = start - timedelta(microseconds=1)  # what is due at the start itself belongs to the rehearsal
    due = timetable.next_due(None, earliest=earliest, latest=spec.end_date, catchup=False, now=just)
    if due is None or due.run_after >= start:
        return
    version = the_dag(conn, spec.dag_id).version_id
    assert version is not None
    pk = run_writes.insert(
        conn,
        dag_id=spec.dag_id,
        run_id=f"scheduled__{due.logical_date.isoformat()}",
        run_type="scheduled",
        version_id=version,
        now=due.run_after,
        run_after=due.run_after,
        logical_date=due.logical_date,
        interval=due.interval,
        conf={},
        triggered_by=PAST,
    )
    transitions.move_run(conn, pk, RunState.QUEUED, RunState.SUCCESS, why="before the rehearsal", at=due.run_after)
