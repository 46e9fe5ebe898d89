"""The rules a second time, written from their description and from states, not from counters.

Shares nothing with ``tradewind.domain`` but the shape of a DAG: a mistake there must not be repeated here.
"""

from __future__ import annotations

from collections.abc import Sequence

from tradewind.domain.spec import DagSpec, TaskSpec

GOOD, BAD, SKIP = {"success"}, {"failed", "upstream_failed"}, {"skipped"}
ENDED = GOOD | BAD | SKIP | {"removed"}


def verdict(rule: str, upstream: Sequence[str], setups: Sequence[str] = ()) -> str:
    """ "run", "skip", "upstream_failed" or "wait" for a task whose direct upstream instances are in these states.

    ``setups``: the states of those of them that are setup tasks.
    """
    if not upstream:
        return "run"
    good, bad = any(s in GOOD for s in upstream), any(s in BAD for s in upstream)
    failed, skip = any(s == "failed" for s in upstream), any(s in SKIP for s in upstream)
    over = all(s in ENDED for s in upstream)
    later = "run" if over else "wait"
    match rule:
        case "always" | "dummy":
            return "run"
        case "all_success":
            return "upstream_failed" if bad else "skip" if skip else later
        case "all_failed":
            return "skip" if good or skip else later
        case "all_done":
            return later
        case "all_skipped":
            return "skip" if good or bad else later
        case "one_success":
            return "run" if good else "skip" if over else "wait"
        case "one_failed":
            return "run" if bad else "skip" if over else "wait"
        case "one_done":
            return "run" if good or failed else "skip" if over else "wait"
        case "none_failed":
            return "upstream_failed" if bad else later
        case "none_failed_min_one_success" | "none_failed_or_skipped":
            if bad:
                return "upstream_failed"
            return "wait" if not over else "run" if good else "skip"
        case "none_skipped":
            return "skip" if skip else later
        case "all_done_min_one_success":
            if not over:
                return "wait"
            return "run" if good else "upstream_failed" if bad else "skip"
        case "all_done_setup_success":
            if not over:
                return "wait"
            if setups and all(s in SKIP for s in setups):
                return "skip"
            return "run" if not setups or any(s in GOOD for s in setups) else "upstream_failed"
    raise ValueError(f"no such rule: {rule}")


def under_setups(own: str, rule: str, guards: Sequence[str]) -> str:
    """What becomes of ``own`` for a task that works under setups, not right below it, in these states."""
    if not guards or rule == "always":
        return own
    if any(s in BAD for s in guards):
        return "upstream_failed"
    if any(s in SKIP for s in guards):
        return "skip"
    waits = any(s not in ENDED for s in guards)
    return "wait" if waits and own == "run" else own


def reach(spec: DagSpec, name: str, *, up: bool) -> set[str]:
    """Every task above or below."""
    tasks = {task.task_id: task for task in spec.tasks}
    found: set[str] = set()
    todo = list(tasks[name].upstream if up else tasks[name].downstream)
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += tasks[one].upstream if up else tasks[one].downstream
    return found


def guards_of(spec: DagSpec, task: TaskSpec) -> list[str]:
    """The setups further up under which a task works: those torn down below it, or never."""
    if task.is_teardown:
        return []
    tasks = {one.task_id: one for one in spec.tasks}
    below = reach(spec, task.task_id, up=False)
    found = []
    for name in reach(spec, task.task_id, up=True) - set(task.upstream):
        teardowns = {other for other in tasks[name].downstream if tasks[other].is_teardown}
        if tasks[name].is_setup and (not teardowns or teardowns & below):
            found.append(name)
    return found


def skipped_by(spec: DagSpec, chooser: TaskSpec, chosen: Sequence[str], *, hard: bool) -> set[str]:
    """The tasks that a branch or short circuit skips by what it chose."""
    tasks = {task.task_id: task for task in spec.tasks}
    names = set(chooser.downstream) if list(chosen) == ["*"] else set(chosen) & tasks.keys()
    if hard:
        names |= {below for name in names for below in reach(spec, name, up=False)}
    if hard or list(chosen) == ["*"]:
        names = {name for name in names if not tasks[name].is_teardown}
    return names


def deciding(spec: DagSpec) -> list[str]:
    """The tasks whose states make the run's: the last ones, where a quiet teardown is as good as not there."""
    quiet = {t.task_id for t in spec.tasks if t.is_teardown and not t.on_failure_fail_dagrun}
    found = [t.task_id for t in spec.tasks if t.task_id not in quiet and set(t.downstream) <= quiet]
    return found or [t.task_id for t in spec.tasks if not t.downstream]


def run_state(states: Sequence[str]) -> str:
    """The state of a run whose deciding tasks ended so."""
    return "failed" if any(state in BAD for state in states) else "success"
