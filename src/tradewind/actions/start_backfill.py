"""Run a DAG over past intervals: told first, then done by the scheduler as runs like any other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from tradewind.actions.context import Act
from tradewind.actions.create_run import check_conf
from tradewind.domain.rules import backfill as rules
from tradewind.domain.rules.adapt import RunOptions, adapted, chosen_tasks
from tradewind.domain.rules.backfill import Fate, Piece, Reprocess
from tradewind.domain.rules.views import Plan
from tradewind.domain.timetables.stretch import Stretch, intervals_of
from tradewind.errors import Conflict, InvalidArgument, did_you_mean, not_found
from tradewind.store import claims
from tradewind.store.engine import Conn
from tradewind.store.reads import backfills as reads
from tradewind.store.reads import runs as run_reads
from tradewind.store.reads.versions import DagRow, the_dag, versions_of
from tradewind.store.writes import backfills as writes

#: How many runs of a backfill go at once where nobody says otherwise (Airflow's figure).
MAX_ACTIVE_RUNS = 10


@dataclass(frozen=True)
class Wish:
    """What is asked for."""

    dag_id: str
    from_date: datetime
    to_date: datetime
    conf: dict[str, Any] = field(default_factory=dict)
    reprocess: str = "none"
    backwards: bool = False  #: newest first
    max_active_runs: int = MAX_ACTIVE_RUNS
    task_ids: Sequence[str] | None = None  #: only these
    task_regex: str | None = None  #: or those whose id matches
    upstream: bool = True  #: and what they need
    intervals_per_run: int | None = None  #: 0 for all in one; None as the DAG says
    pool: str | None = None
    mark_success: bool = False
    ignore_first_past: bool = False  #: the first run does not wait for the one before the range
    no_retries: bool = False


class Planned(NamedTuple):
    """One run of the preview."""

    piece: Piece
    fate: Fate
    run_id: str
    reason: str | None


class Foresight(NamedTuple):
    """What a wish would come to."""

    wish: Wish
    stretch: Stretch
    covered: int  #: left out: a run over several intervals did them
    planned: list[Planned]
    options: RunOptions
    plan: Plan  #: the DAG as the runs have it
    dag: DagRow
    history: reads.History
    pools: dict[str, tuple[int, int]]  #: slots, and how many are held now

    def count(self, fate: Fate) -> int:
        """How many runs have this fate."""
        return sum(one.fate is fate for one in self.planned)


def preview_backfill(act: Act, wish: Wish) -> Foresight:
    """What would run, and for what reason the rest would not. Writes nothing; raises as ``start_backfill`` does."""
    with act.store.read() as conn:
        return _foresee(conn, act, wish)


def start_backfill(act: Act, wish: Wish) -> reads.BackfillRow:
    """Plan all runs; the scheduler makes them, a few at a time.

    Raises NotFound for an unknown DAG or task; InvalidArgument for a range, order or task choice that cannot be; and
    Conflict when another backfill of the DAG is at these dates, or when there is nothing to do.
    """

    def work(conn: Conn) -> reads.BackfillRow:
        claims.lock_dags(conn, [wish.dag_id])
        seen = _foresee(conn, act, wish)
        _refuse(conn, seen)
        pk = writes.insert(
            conn,
            dag_id=wish.dag_id,
            first=wish.from_date,
            last=wish.to_date,
            conf=wish.conf,
            reprocess=wish.reprocess,
            backwards=wish.backwards,
            max_active_runs=wish.max_active_runs,
            options=seen.options.dump(),
            planned=[one.piece for one in seen.planned],
            triggered_by=act.actor,
            now=act.clock.now(),
        )
        act.audit(conn, "start_backfill", dag_id=wish.dag_id, backfill=pk, runs=len(seen.planned))
        return reads.the_backfill(conn, pk)

    made = act.store.retry(work)
    act.wake("scheduler", "api")
    return made


def _refuse(conn: Conn, seen: Foresight) -> None:
    wish, stretch = seen.wish, seen.stretch
    if not seen.dag.is_active or seen.dag.version_id is None:
        raise Conflict(f"DAG {wish.dag_id!r} is in no file any more.", hint="Put its file back into the DAGs folder.")
    if not seen.planned:
        left = [
            f"{number} {why}"
            for number, why in (
                (stretch.before_start, "lie before the start date of the DAG"),
                (stretch.after_end, "lie after its end date"),
                (stretch.unfinished, "have not ended yet"),
                (seen.covered, "were done by a run over several intervals"),
            )
            if number
        ]
        raise Conflict(
            f"There is nothing to fill between {wish.from_date.isoformat()} and {wish.to_date.isoformat()}"
            + (f": of its intervals {', '.join(left)}." if left else ": no interval begins there."),
            hint="Look at the dates; logical dates are the starts of intervals, and both ends count.",
        )
    for other in reads.open_backfills(conn):
        if other.dag_id == wish.dag_id and other.from_date <= wish.to_date and wish.from_date <= other.to_date:
            raise Conflict(
                f"Backfill {other.id} of DAG {wish.dag_id!r} is at work from {other.from_date.isoformat()} to"
                f" {other.to_date.isoformat()}.",
                hint=f"Wait for it, cancel it (tradewind backfill cancel {other.id}), or choose other dates.",
            )


def _foresee(conn: Conn, act: Act, wish: Wish) -> Foresight:
    dag = the_dag(conn, wish.dag_id)
    if dag.version_id is None:
        raise not_found("dag", wish.dag_id)
    reprocess = _reprocess(wish.reprocess)
    if wish.max_active_runs < 1:
        raise InvalidArgument("max_active_runs must be 1 or more.", field="max_active_runs")
    version = versions_of(act.store).get(conn, dag.version_id)
    spec = version.plan.spec
    check_conf(spec.params, wish.conf)
    chosen = _chosen(version.plan, wish)
    options = RunOptions(
        task_ids=chosen,
        pool=wish.pool,
        ignore_past=wish.ignore_first_past,
        mark_success=wish.mark_success,
        no_retries=wish.no_retries,
    )
    pools = reads.pools(conn)
    if wish.pool is not None and wish.pool not in pools:
        raise not_found("pool", wish.pool, pools)
    plan = Plan(adapted(spec, options)) if options.dump() else version.plan
    if wish.backwards and version.plan.has_past:
        raise InvalidArgument(
            f"DAG {wish.dag_id!r} has tasks with depends_on_past, which cannot run newest first.",
            field="run_backwards",
            hint="Run it oldest first.",
        )
    per_run = spec.backfill_intervals_per_run if wish.intervals_per_run is None else wish.intervals_per_run
    _check_per_run(wish, spec.backfill_intervals_per_run, per_run)
    stretch = intervals_of(spec, wish.from_date, wish.to_date, act.clock.now())
    covered = _covered(conn, wish, stretch, reprocess)
    planned = _planned(conn, wish, stretch, per_run, reprocess, covered)
    return Foresight(wish, stretch, len(covered), planned, options, plan, dag, reads.history(conn, wish.dag_id), pools)


def _reprocess(given: str) -> Reprocess:
    try:
        return Reprocess(given)
    except ValueError:
        raise InvalidArgument(
            f"reprocess_behavior cannot be {given!r}.",
            field="reprocess_behavior",
            hint=did_you_mean(given, list(Reprocess)) or f"Use one of {', '.join(Reprocess)}.",
        ) from None


def _check_per_run(wish: Wish, allowed: int, per_run: int) -> None:
    if per_run < 0:
        raise InvalidArgument("intervals_per_run must be 0 (all) or more.", field="intervals_per_run")
    if allowed and (per_run == 0 or per_run > allowed):
        raise InvalidArgument(
            f"A run of DAG {wish.dag_id!r} covers {allowed} interval{'s' * (allowed != 1)} at most.",
            field="intervals_per_run",
            hint="If its tasks work on the whole of data_interval_start to data_interval_end, let the DAG say"
            ' DAG(..., backfill_intervals_per_run="all").',
        )


def _chosen(plan: Plan, wish: Wish) -> list[str] | None:
    if wish.task_ids is None and wish.task_regex is None:
        return None
    known = [task.task_id for task in plan.tasks]
    if wish.task_ids is not None:
        named = list(wish.task_ids)
        for task_id in named:
            if task_id not in plan.index:
                raise not_found("task", task_id, known)
    else:
        try:
            named = [task_id for task_id in known if re.search(wish.task_regex or "", task_id)]
        except re.error as error:
            raise InvalidArgument(f"The task regex is none: {error}.", field="task_regex") from None
    if not named:
        raise not_found("task that matches", wish.task_regex or "", known)
    return chosen_tasks(plan, named, upstream=wish.upstream)


def _planned(
    conn: Conn, wish: Wish, stretch: Stretch, per_run: int, reprocess: Reprocess, covered: set[datetime]
) -> list[Planned]:
    if not stretch.intervals:
        return []
    there = reads.runs_within(conn, wish.dag_id, stretch.intervals[0].start, stretch.intervals[-1].start)
    taken = {date for date, run in there.items() if not _covers_several(run.run_id)}
    found = rules.pieces(stretch.intervals, taken, per_run=per_run, backwards=wish.backwards, covered=covered)
    named = reads.runs_named(conn, wish.dag_id, [piece.run_id for piece in found]) if per_run != 1 else {}
    planned = []
    for piece in found:
        known = named.get(piece.run_id) if per_run != 1 else there.get(piece.interval.start)
        fate, reason = rules.fate(known.state if known else None, reprocess)
        planned.append(Planned(piece, fate, known.run_id if known else piece.run_id, reason))
    return planned


def _covered(conn: Conn, wish: Wish, stretch: Stretch, reprocess: Reprocess) -> set[datetime]:
    """The starts of what runs over several intervals did; none where things are run again."""
    if reprocess is not Reprocess.NONE or not stretch.intervals:
        return set()
    filled = run_reads.backfilled(conn, wish.dag_id, stretch.intervals[0].start, several=True)
    return {one.start for one in stretch.intervals if filled.holds(one)}


def _covers_several(run_id: str) -> bool:
    return run_id.startswith("backfill__") and run_id.count("__") == 2
