"""Follows the journal: only listed moves, each by whom it may be made, each as the reference interpreter has it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from tests.simulation import reference
from tests.simulation.findings import Broken, Seen
from tests.simulation.pipelines import map_of
from tests.simulation.waiting import SAID
from tradewind.domain.spec import DagSpec, TaskSpec
from tradewind.domain.states import MOVES, RUN_MOVES, RUN_VERB_MOVES, VERB_MOVES, RunState, TaskState

if TYPE_CHECKING:
    from tests.simulation.auditor import Auditor

FINAL = {"success", "failed", "skipped", "upstream_failed", "removed"}
LIVE = {"queued", "running"}
MACHINE = {"scheduler", "worker"}
_WANTED = {
    "scheduled": "run", "success": "run", "deferred": "run", "skipped": "skip", "upstream_failed": "upstream_failed",
}  # fmt: skip


def follow(audit: Auditor, news: Sequence[Any]) -> None:
    """The rows of one commit."""
    if not news:
        return
    before_step = {pk: seen.state for pk, seen in audit.seen.items()}
    audit.last_journal = news[-1][0]
    ended = []
    # Within one commit the rows of runs are not in order with those of their tasks: tasks first, then runs.
    for _, run_pk, ti_id, before, after, why, actor, attempt_id, _at in sorted(news, key=lambda row: row[2] is None):
        if run_pk not in audit.runs:
            continue  # it was deleted
        audit.lines.append((run_pk, ti_id, before, after, why, actor))
        if ti_id is None:
            if _run_moved(audit, run_pk, before, after, why, actor):
                _asks_for_callback(audit, run_pk, after)
                ended.append((run_pk, after, why))
        elif ti_id in audit.seen:
            _task_moved(audit, audit.seen[ti_id], (before, after, why, actor, attempt_id), before_step)
    for run_pk, after, why in ended:
        _ended_well(audit, run_pk, after, why)


def _asks_for_callback(audit: Auditor, run_pk: int, after: str) -> None:
    name = {"success": "on_success", "failed": "on_failure"}[after]
    if name in audit.spec_of(run_pk).callbacks:
        audit.endings[audit.runs[run_pk][0], audit.run_ids[run_pk], f"{name}_callback"] += 1


def _task_moved(audit: Auditor, seen: Seen, move: tuple[str, str, str, str, str | None], was: dict[int, str]) -> None:
    before, after, why, actor, attempt_id = move
    where = f"{audit.runs[seen.run_pk][0]}.{seen.task_id}[{seen.map_index}] of run {seen.run_pk}"
    if seen.state != before:
        raise Broken(f"{where}: the journal says {before} -> {after}, but it stood at {seen.state} ({why})")
    moves = MOVES[TaskState(before)]
    if actor not in MACHINE:
        audit.touched.add(seen.run_pk)
        moves = moves | VERB_MOVES[TaskState(before)]
    if TaskState(after) not in moves:
        raise Broken(f"{where}: {before} -> {after} by {actor} is not a move ({why})")
    if actor in MACHINE and before in LIVE and attempt_id != seen.attempt:
        raise Broken(f"{where}: {before} -> {after} by attempt {attempt_id}, but {seen.attempt} holds it")
    if before == "none" and actor in MACHINE:
        _ruled(audit, seen, after, why, was)
    if after == "queued":
        if attempt_id is None or attempt_id == seen.attempt:
            raise Broken(f"{where}: queued without a new attempt id")
        seen.attempt = attempt_id
        seen.attempts += 1
    seen.put_back += actor in MACHINE and before in LIVE and after == "scheduled"
    if before == "deferred" and actor in MACHINE:
        _went_on(audit, after, why, attempt_id, where)
    if before == "running" and after == "success" and actor in MACHINE:
        _succeeded(audit, seen, where)
    seen.by_trigger = before == "deferred" and after == "success"
    seen.by_hand = actor not in MACHINE
    seen.state = after


def _succeeded(audit: Auditor, seen: Seen, where: str) -> None:
    """It is a success only if that very attempt succeeded; then its assets were updated."""
    report = audit.report_of(seen.attempt)
    if report is None or report.outcome != "success":
        raise Broken(f"{where} is a success of {seen.attempt}, which never succeeded")
    if report.asset_events:
        key = (audit.runs[seen.run_pk][0], audit.run_ids[seen.run_pk], seen.task_id, seen.map_index)
        audit.updates[key] += len(report.asset_events)


def _went_on(audit: Auditor, after: str, why: str, deferral: str | None, where: str) -> None:
    """A deferred task goes on only by what its own trigger said, once, or by its time-out or the end of the run."""
    said = SAID.get(deferral or "", set())
    wanted = {"success": "success", "scheduled": "fired" if why == "the trigger fired" else "failed"}.get(after)
    if after == "scheduled" and why == "Trigger timeout":
        return
    if wanted is not None and wanted not in said:
        raise Broken(f"{where}: deferred -> {after} ({why}), but the trigger of {deferral} said {said}")
    if wanted is not None and deferral in audit.used:
        raise Broken(f"{where}: two events of {deferral} were used")
    audit.used.add(deferral)


def _run_moved(audit: Auditor, run_pk: int, before: str, after: str, why: str, actor: str) -> bool:
    """Whether the run ended by itself."""
    dag_id, state = audit.runs[run_pk]
    if state != before:
        raise Broken(f"run {run_pk}: the journal says {before} -> {after}, but it stood at {state}")
    if before == after:
        return False  # a remark
    if before != "none":
        moves = RUN_MOVES[RunState(before)]
        if actor not in MACHINE:
            audit.touched.add(run_pk)
            moves = moves | RUN_VERB_MOVES[RunState(before)]
        if RunState(after) not in moves:
            raise Broken(f"run {run_pk}: {before} -> {after} by {actor} is not a move ({why})")
    audit.runs[run_pk] = (dag_id, after)
    return after in {"success", "failed"} and actor in MACHINE


# -- trigger rules ------------------------------------------------------------------------------------------------


def _above(audit: Auditor, seen: Seen, task: TaskSpec, name: str) -> list[int]:
    """The instances of one upstream task that count for this one: inside a mapped group those of its own index."""
    spec = audit.spec_of(seen.run_pk)
    other = next(one for one in spec.tasks if one.task_id == name)
    pks = audit.by_run[seen.run_pk][name]
    same = task.group_id is not None and task.group_id == other.group_id and seen.map_index >= 0
    return [pk for pk in pks if not same or audit.seen[pk].map_index == seen.map_index]


def _ruled(audit: Auditor, seen: Seen, after: str, why: str, was: dict[int, str]) -> None:
    """A task left "none": did its trigger rule say so, for states its upstream had at the time?

    Within one commit the order of ends is not in the journal, so any of its prefixes will do.
    """
    spec, task = audit.spec_of(seen.run_pk), audit.task_of(seen)
    if after == "skipped" and (skipped_by_choice(audit, seen, spec) or 0 in lengths(audit, seen.run_pk, spec, task)):
        return
    if after == "skipped" and (
        (spec.dagrun_timeout and why.startswith("dagrun_timeout")) or (spec.fail_fast and why.startswith("fail_fast"))
    ):
        return
    if after == "failed":
        return  # nothing to map over; the end of the run is checked on its own
    setups = [name for name in task.upstream if next(t for t in spec.tasks if t.task_id == name).is_setup]
    guards = reference.guards_of(spec, task)
    names = [*task.upstream, *guards]
    pks = [(name, pk) for name in names for pk in _above(audit, seen, task, name)]
    options = []
    for _, pk in pks:
        now, before = audit.seen[pk].state, was.get(pk, "none")
        options.append(sorted({now, before} if now in FINAL and before not in FINAL else {now}))
    possible = set()
    for states in product(*options):
        named = list(zip((name for name, _ in pks), states, strict=True))
        own = reference.verdict(
            task.trigger_rule,
            [state for name, state in named if name not in guards],
            [state for name, state in named if name in setups],
        )
        under = [state for name, state in named if name in guards]
        possible.add(reference.under_setups(own, task.trigger_rule, under))
    wanted = _WANTED.get(after)
    if wanted not in possible and (seen.run_pk not in audit.touched or wanted == "run"):
        raise Broken(
            f"{audit.runs[seen.run_pk][0]}.{task.task_id} of run {seen.run_pk} with rule {task.trigger_rule} went {after}"
            f" ({why}); what it waits for, {names}, stands at {options}, which allows {sorted(possible)}"
        )
    if wanted == "run":
        _past_allows(audit, seen, task, was)


def _past_allows(audit: Auditor, seen: Seen, task: TaskSpec, was: dict[int, str]) -> None:
    """depends_on_past and wait_for_downstream: the run before, by logical date, has done its part."""
    if not (task.depends_on_past or task.wait_for_downstream):
        return
    dag_id = audit.runs[seen.run_pk][0]
    date = audit.dates[seen.run_pk]
    earlier = [pk for pk, (dag, _) in audit.runs.items() if dag == dag_id and audit.dates[pk] < date]
    if not earlier:
        return
    run_pk = max(earlier, key=lambda pk: (audit.dates[pk], pk))
    names = [task.task_id, *(task.downstream if task.wait_for_downstream else [])]
    for name in names:
        for pk in audit.by_run[run_pk][name]:
            other = audit.seen[pk]
            if name == task.task_id and other.map_index not in (seen.map_index, -1):
                continue
            if not {other.state, was.get(pk, "none")} & {"success", "skipped"}:
                raise Broken(
                    f"{dag_id}.{task.task_id} of run {seen.run_pk} went on while {name} of run {run_pk} is {other.state}"
                )


def skipped_by_choice(audit: Auditor, seen: Seen, spec: DagSpec) -> bool:
    """Whether some branch or short circuit above chose to skip it."""
    for name in reference.reach(spec, seen.task_id, up=True):
        chooser = next(task for task in spec.tasks if task.task_id == name)
        for pk in audit.by_run[seen.run_pk][name]:
            report = audit.report_of(audit.seen[pk].attempt)
            if report is None or report.skip_downstream is None:
                continue
            if seen.task_id in reference.skipped_by(spec, chooser, report.skip_downstream, hard=report.skip_hard):
                return True
    return False


def lengths(audit: Auditor, run_pk: int, spec: DagSpec, task: TaskSpec) -> list[int | None]:
    """How many instances a mapped task must have: the literal, or what the attempt that succeeded pushed."""
    found: list[int | None] = []
    mapped = map_of(spec, task)
    for given in mapped.inputs if mapped else []:
        if given.length is not None:
            found.append(given.length)
        for ref in given.refs:
            instances = [audit.seen[pk] for pk in audit.by_run[run_pk][ref.task_id]]
            other = next(one for one in spec.tasks if one.task_id == ref.task_id)
            reports = [report for one in instances if (report := audit.report_of(one.attempt)) is not None]
            if map_of(spec, other) is not None:
                found.append(sum(1 for report in reports if report.xcoms))
            else:
                found.append(reports[0].xcoms[0].length if reports and reports[0].xcoms else None)
    return found


# -- the end of a run ---------------------------------------------------------------------------------------------


def _ended_well(audit: Auditor, run_pk: int, state: str, why: str) -> None:
    """The run ended by itself: nothing is open, and the tasks that decide say the same."""
    spec = audit.spec_of(run_pk)
    open_tasks = [
        f"{audit.seen[pk].task_id} {audit.seen[pk].state}"
        for pks in audit.by_run[run_pk].values()
        for pk in pks
        if audit.seen[pk].state not in FINAL
    ]
    if open_tasks:
        raise Broken(f"run {run_pk} ended as {state} ({why}) while {open_tasks} are open")
    if why.startswith("dagrun_timeout") and spec.dagrun_timeout and state == "failed":
        return
    states = [audit.seen[pk].state for name in reference.deciding(spec) for pk in audit.by_run[run_pk][name]]
    if reference.run_state(states) != state:
        raise Broken(f"run {run_pk} ended as {state} ({why}), but {reference.deciding(spec)} are {states}")
    if run_pk in audit.touched:
        return
    for task in spec.tasks:
        instances = [audit.seen[pk] for pk in audit.by_run[run_pk][task.task_id]]
        wanted = lengths(audit, run_pk, spec, task)
        ran = [one for one in instances if one.attempt is not None]
        if map_of(spec, task) is not None and ran and wanted != [len(instances)]:
            raise Broken(f"run {run_pk}: {task.task_id} has {len(instances)} instances, {wanted} wanted")
