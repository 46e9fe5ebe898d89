"""Why does a run not run, and when does a DAG run next?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tradewind.domain.rules.why import paused, stalled
from tradewind.domain.rules.why_facts import LISTED, NAMED, House, Move, Reason
from tradewind.domain.rules.words import count, listed, span, when
from tradewind.domain.spec import DagSpec
from tradewind.domain.states import RUN_DONE, RunState


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run of the DAG that is not over."""

    run_id: str
    state: str
    run_type: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class DagFacts:
    """What the next run of a DAG hangs on."""

    now: datetime
    dag_id: str
    spec: DagSpec | None
    paused: bool
    active: bool
    max_active_runs: int
    next_run_after: datetime | None
    next_interval: tuple[datetime, datetime] | None
    house: House
    #: its running runs, longest first
    running: Sequence[OpenRun] = ()
    queued: int = 0
    import_error: str | None = None
    catchup: bool = False
    has_run: bool = False
    assets: tuple[Sequence[str], Sequence[str]] | None = None  #: updated since the last run; still waited for
    paused_itself: str | None = None  #: why the scheduler paused it


def of_dag(f: DagFacts) -> list[Reason]:
    """What keeps the DAG from running, and when it runs next."""
    if not f.active:
        return [Reason(code="inactive", text=f"no file declares DAG {f.dag_id} any more")]
    found = list(stalled(f.house))
    if f.paused:
        found.append(paused(f.dag_id))
    if f.import_error:
        found.append(
            Reason(
                code="import_error",
                text=f"its file has an error: {f.import_error}",
                hint="Mend the file; until then its last good version runs on",
            )
        )
    return [*found, _next_run(f)]


def _next_run(f: DagFacts) -> Reason:
    now, spec, at = f.now, f.spec, f.next_run_after
    if f.assets is not None and at is None:
        return _assets(*f.assets)
    if at is None:
        return _never(f)
    interval = f.next_interval
    of = f", for the interval that began at {when(interval[0], now).split(' (')[0]}" if interval else ""
    if at > now:
        late = (
            ""
            if f.catchup or spec is None
            else "; catch-up is off, so intervals that are missed meanwhile are left out"
        )
        starts = spec.start_date if spec is not None else None
        first = " (the first: its start_date lies ahead)" if starts is not None and starts > now else ""
        return Reason(code="next_run", text=f"the next run is due at {when(at, now)}{first}{of}{late}", until=at)
    live = sum(run.run_type != "backfill" for run in f.running) + f.queued
    if f.max_active_runs and live >= f.max_active_runs:
        return Reason(
            code="max_active_runs",
            text=f"a run has been due since {when(at, now)}{of}, but {_runs(f)}",
            facts={"limit": f.max_active_runs, "runs": [run.run_id for run in f.running[:LISTED]]},
        )
    return Reason(code="due", text=f"a run has been due since {when(at, now)}{of}: the next pass makes it")


def _runs(f: DagFacts) -> str:
    names = listed([_named(run, f.now) for run in f.running], NAMED)
    queued = f" and {f.queued} queued" if f.queued else ""
    who = f": {names}" if names else ""
    return f"max_active_runs: {len(f.running)} of {count(f.max_active_runs, 'run')} of {f.dag_id} running{queued}{who}"


def _named(run: OpenRun, now: datetime) -> str:
    return run.run_id + (f" (for {span((now - run.since).total_seconds())})" if run.since else "")


def _never(f: DagFacts) -> Reason:
    spec = f.spec
    if spec is None or spec.timetable.kind == "none":
        return Reason(code="no_schedule", text="it has no schedule: it runs when somebody triggers it")
    if spec.end_date is not None and spec.end_date <= f.now:
        return Reason(code="ended", text=f"its end_date has passed: {when(spec.end_date, f.now)}")
    if spec.timetable.kind == "once" and f.has_run:
        return Reason(code="once", text="it is scheduled once, and has had its run")
    if spec.timetable.kind == "continuous" and f.running:
        return Reason(code="continuous", text=f"it runs without pause; now {_runs(f)}")
    return Reason(
        code="no_next", text=f"its schedule {spec.timetable.summary or spec.timetable.kind} has no run to come"
    )


def _assets(fresh: Sequence[str], missing: Sequence[str]) -> Reason:
    total = len(fresh) + len(missing)
    had = f"; updated since its last run: {listed(list(fresh))}" if fresh else ""
    return Reason(
        code="assets",
        text=f"waits for {count(len(missing), 'asset')} of {total} that it is scheduled on: {listed(list(missing))}{had}"
        if missing
        else f"{count(total, 'asset')} updated: the next pass makes its run",
        facts={"updated": list(fresh), "missing": list(missing)},
    )


@dataclass(frozen=True, slots=True)
class Backfill:
    """The backfill a run belongs to, while it goes on."""

    id: int
    is_paused: bool
    max_active_runs: int
    running: int


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What one run hangs on."""

    dag: DagFacts
    run_id: str
    state: str
    run_type: str
    run_after: datetime
    started_at: datetime | None
    moves: Sequence[Move]
    before: int = 0  #: queued runs of the DAG that are due earlier
    #: of tasks that are under way or were stopped: (task, its first reason)
    tasks: Sequence[tuple[str, Reason]] = ()
    counts: dict[str, int] = field(default_factory=dict)
    backfill: Backfill | None = None


def of_run(f: RunFacts) -> list[Reason]:
    """The reasons, the binding one first."""
    now, dag = f.dag.now, f.dag
    if f.state in RUN_DONE:
        last = next((move for move in f.moves if move.after == f.state), None)
        said = f": {last.why}" if last else ""
        who = f", by {last.actor}" if last and last.actor != "scheduler" else ""
        at = f", {when(last.at, now)}" if last else ""
        return [Reason(code=f.state, text=f"{f.state}{said}{who}{at}"), *_tasks(f)]
    found = list(stalled(dag.house))
    if dag.paused and f.backfill is None:
        found.append(paused(dag.dag_id))
    if f.state == RunState.RUNNING:
        return [*found, _running(f), *_tasks(f)]
    if f.run_after > now:
        found.append(Reason(code="later", text=f"it may start at {when(f.run_after, now)}", until=f.run_after))
    if f.backfill is not None:
        found += _filling(f.backfill)
    if dag.max_active_runs and len(dag.running) >= dag.max_active_runs:
        first = f"; {count(f.before, 'queued run')} {'goes' if f.before == 1 else 'go'} first" if f.before else ""
        found.append(
            Reason(
                code="max_active_runs",
                text=f"waits for its start: {_runs(dag)}{first}".replace(f" and {dag.queued} queued", ""),
                facts={"limit": dag.max_active_runs, "runs": [run.run_id for run in dag.running[:LISTED]]},
            )
        )
    return found or [Reason(code="soon", text="nothing is in its way: the next pass of the scheduler starts it")]


def _filling(backfill: Backfill) -> list[Reason]:
    if backfill.is_paused:
        hint = f"Let it go on: tradewind backfill unpause {backfill.id}"
        return [Reason(code="backfill_paused", text=f"backfill {backfill.id} is paused", hint=hint)]
    if backfill.running < backfill.max_active_runs:
        return []
    runs = count(backfill.max_active_runs, "run")
    text = f"waits for its start: {backfill.running} of {runs} of backfill {backfill.id} running (its max_active_runs)"
    return [Reason(code="backfill_full", text=text, facts={"backfill_id": backfill.id})]


def _running(f: RunFacts) -> Reason:
    since = f"for {span((f.dag.now - f.started_at).total_seconds())}" if f.started_at else "now"
    done = sum(n for state, n in f.counts.items() if state in ("success", "skipped", "failed", "upstream_failed"))
    total = sum(f.counts.values())
    return Reason(code="running", text=f"running {since}: {done} of {count(total, 'task')} ended", facts=dict(f.counts))


def _tasks(f: RunFacts) -> list[Reason]:
    return [
        Reason(
            code=reason.code,
            text=f"{name}: {reason.text}",
            hint=reason.hint,
            until=reason.until,
            facts={"task": name} | reason.facts,
        )
        for name, reason in f.tasks
    ]
