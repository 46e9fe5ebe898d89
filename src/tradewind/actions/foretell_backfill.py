"""A wish for a backfill in words: how long it may take, which limits it meets, what is left out."""

from __future__ import annotations

from datetime import datetime
from statistics import median

import msgspec

from tradewind.actions.start_backfill import Foresight
from tradewind.domain.rules.backfill import Fate, longest_way, widths
from tradewind.settings import Settings


class RunAhead(msgspec.Struct, kw_only=True):
    """One run of the preview."""

    run_id: str
    logical_date: datetime
    data_interval_start: datetime
    data_interval_end: datetime
    intervals: int
    action: str  #: make, clear, skip
    reason: str | None = None


class Limit(msgspec.Struct, kw_only=True):
    """A limit that the backfill will meet."""

    name: str  #: backfill, dag_runs, dag_tasks, parallelism, pool
    size: int
    wanted: int
    text: str


class Story(msgspec.Struct, kw_only=True):
    """The whole preview, but for the list of runs."""

    dag_id: str
    runs: int  #: that will run
    make: int
    clear: int
    skip: int
    intervals: int
    tasks_per_run: int
    task_instances: int
    task_ids: list[str] | None
    at_once: int  #: runs
    seconds: float | None  #: how long it may take; None without any history
    basis: str  #: what the figure rests on
    limits: list[Limit]
    notes: list[str]
    first: datetime | None
    last: datetime | None


def foretell(seen: Foresight, settings: Settings) -> Story:
    """The figures and sentences of a preview."""
    wish, plan = seen.wish, seen.plan
    make, clear, skip = (seen.count(fate) for fate in (Fate.MAKE, Fate.CLEAR, Fate.SKIP))
    runs = make + clear
    at_once = min(wish.max_active_runs, max(runs, 1), seen.dag.max_active_runs or wish.max_active_runs)
    wide, pressures = widths(plan)
    limits = _limits(seen, settings, runs, wide, {p.pool: p.slots for p in pressures})
    slots = [limit.size for limit in limits if limit.name in ("dag_tasks", "parallelism", "pool")]
    seconds, basis = _duration(seen, runs, at_once, min(slots, default=None))
    dates = [one.piece.interval.start for one in seen.planned]
    return Story(
        dag_id=wish.dag_id,
        runs=runs,
        make=make,
        clear=clear,
        skip=skip,
        intervals=sum(one.piece.intervals for one in seen.planned),
        tasks_per_run=len(plan.tasks),
        task_instances=runs * len(plan.tasks),
        task_ids=seen.options.task_ids,
        at_once=at_once,
        seconds=seconds,
        basis=basis,
        limits=limits,
        notes=_notes(seen, skip),
        first=min(dates, default=None),
        last=max(dates, default=None),
    )


def runs_ahead(seen: Foresight, limit: int, offset: int = 0) -> list[RunAhead]:
    """The runs in the order in which they would be made."""
    return [
        RunAhead(
            run_id=one.run_id,
            logical_date=one.piece.interval.start,
            data_interval_start=one.piece.interval.start,
            data_interval_end=one.piece.interval.end,
            intervals=one.piece.intervals,
            action=str(one.fate),
            reason=one.reason,
        )
        for one in seen.planned[offset : offset + limit]
    ]


def _limits(seen: Foresight, settings: Settings, runs: int, wide: int, wanted: dict[str, int]) -> list[Limit]:
    wish, dag = seen.wish, seen.dag
    found: list[Limit] = []
    active = wish.max_active_runs
    if runs > active:
        found.append(_limit("backfill", active, runs, f"{_n(active, 'run')} at once of {runs}, as this backfill says"))
    if 0 < dag.max_active_runs < min(active, runs):
        text = f"max_active_runs of the DAG is {dag.max_active_runs}, its live runs included, and they go first"
        found.append(_limit("dag_runs", dag.max_active_runs, min(active, runs), text))
    together = min(active, runs, dag.max_active_runs or active)
    tasks = together * wide
    if 0 < dag.max_active_tasks < tasks:
        text = f"max_active_tasks of the DAG is {dag.max_active_tasks}; up to {tasks} may be ready at once"
        found.append(_limit("dag_tasks", dag.max_active_tasks, tasks, text))
    parallelism = settings.get_int("core", "parallelism")
    if 0 < parallelism < tasks:
        text = f"parallelism of this installation is {parallelism}; up to {tasks} may be ready at once"
        found.append(_limit("parallelism", parallelism, tasks, text))
    for pool, each in wanted.items():
        if pool not in seen.pools:
            found.append(_limit("pool", 0, each * together, f"pool {pool} does not exist: its tasks will wait"))
            continue
        size, held = seen.pools[pool]
        if 0 <= size < each * together:
            now = f", {held} of them held now" if held else ""
            text = f"pool {pool} has {_n(size, 'slot')}{now}; up to {each * together} may be wanted at once"
            found.append(_limit("pool", size, each * together, text))
    return found


def _limit(name: str, size: int, wanted: int, text: str) -> Limit:
    return Limit(name=name, size=size, wanted=wanted, text=text)


def _n(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _duration(seen: Foresight, runs: int, at_once: int, slots: int | None) -> tuple[float | None, str]:
    """Waves of runs; or, where slots are scarcer, the work of all tasks over the slots."""
    past = seen.history
    if not runs:
        return 0.0, "nothing will run"
    if seen.options.mark_success:
        return 0.0, "every task is marked a success without being run"
    if not past.runs:
        return None, "no run of this DAG has succeeded yet, so nobody knows how long one takes"
    if seen.options.task_ids is None:
        each = median(past.runs)
        lately = "its one success" if len(past.runs) == 1 else f"median of the last {len(past.runs)} successes"
        said = f"a run took {_time(each)} ({lately})"
    else:
        each = longest_way(seen.plan, past.tasks)
        said = f"the chosen tasks took {_time(each)} one after the other lately"
    waves = -(-runs // at_once) * each
    work = sum(past.tasks.get(task.task_id, 0.0) for task in seen.plan.tasks) * runs
    if slots and work / slots > waves:
        return work / slots, f"{said}; {_n(slots, 'slot')} must do {_time(work)} of work"
    return waves, f"{said}, {_n(at_once, 'run')} at once"


def _time(seconds: float) -> str:
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _notes(seen: Foresight, skip: int) -> list[str]:
    stretch, wish = seen.stretch, seen.wish
    notes = []
    if skip:
        failed = sum(one.fate is Fate.SKIP and "failed" in (one.reason or "") for one in seen.planned)
        open_now = sum(one.fate is Fate.SKIP and "now" in (one.reason or "") for one in seen.planned)
        parts = [f"{failed} of them failed"] * bool(failed) + [f"{open_now} are at work now"] * bool(open_now)
        more = f" ({', '.join(parts)})" if parts else ""
        notes.append(f"{_n(skip, 'interval')} left out: a run is there already{more}.")
        if wish.reprocess == "none":
            notes.append("To run them again, choose reprocess failed or completed.")
    for number, why in (
        (stretch.before_start, "before the start date of the DAG"),
        (stretch.after_end, "after its end date"),
        (stretch.unfinished, "not over yet, which the schedule will run"),
        (seen.covered, "a run over several intervals did them"),
    ):
        if number:
            notes.append(f"{_n(number, 'interval')} left out: {why}.")
    if seen.options.task_ids is not None:
        notes.append(f"Only these tasks run: {', '.join(seen.options.task_ids[:20])}.")
    if seen.dag.is_paused:
        notes.append("The DAG is paused: the backfill runs all the same, scheduled runs do not.")
    return notes
