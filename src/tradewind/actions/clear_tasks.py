"""Let task instances run again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from tradewind.actions.context import Act
from tradewind.domain.keys import TaskKey
from tradewind.domain.rules import keyed
from tradewind.domain.rules.clear import selected
from tradewind.domain.rules.views import TaskView
from tradewind.domain.states import LIVE, RUN_DONE, RunState, TaskState
from tradewind.errors import InvalidArgument, not_found
from tradewind.store import transitions
from tradewind.store.engine import Conn, us
from tradewind.store.reads import runs, tasks
from tradewind.store.reads.runs import RunRow
from tradewind.store.reads.versions import Version, Versions, the_dag, versions_of
from tradewind.store.transitions import Change
from tradewind.store.writes import runs as writes
from tradewind.store.writes import values


def the_run(conn: Conn, dag_id: str, run_id: str) -> RunRow:
    """The run, locked; raises NotFound with a guess."""
    the_dag(conn, dag_id)
    run = runs.find(conn, dag_id, run_id, for_update=True)
    if run is None:
        raise not_found("run", run_id, runs.recent_ids(conn, dag_id))
    return run


def known_tasks(version: Version, task_ids: Iterable[str]) -> list[str]:
    """The ids, each of which the version has; raises NotFound with a guess."""
    listed = list(task_ids)
    for task_id in listed:
        if task_id not in version.plan.index:
            raise not_found("task", task_id, version.plan.index)
    return listed


def clear_tasks(
    act: Act,
    dag_id: str,
    run_id: str,
    task_ids: Sequence[str] | None = None,
    *,
    upstream: bool = False,
    downstream: bool = False,
    only_failed: bool = False,
    only_running: bool = False,
    map_indexes: Sequence[int] | None = None,
    reset_run: bool = True,
    newest_version: bool = False,
    recursive: bool = False,
    dry_run: bool = False,
) -> list[TaskKey]:
    """Set the chosen instances (all when ``task_ids`` is None) back to the start, and the run to go on.

    Running ones are ended. With ``dry_run`` only tell which they would be. ``newest_version`` pins the run to the DAG
    as it is now. ``recursive`` goes on behind every ExternalTaskMarker, into the runs of other DAGs. Raises NotFound
    for an unknown dag, run or task.
    """

    def work(conn: Conn) -> list[TaskKey]:
        run = the_run(conn, dag_id, run_id)
        if newest_version and not dry_run:
            newest = the_dag(conn, dag_id).version_id
            if newest is not None and newest != run.version_id:
                writes.set_version(conn, run.id, newest)
                run.version_id = newest
        version = versions_of(act.store).get(conn, run.version_id)
        chosen = selected(
            version.plan,
            tasks.of_run(conn, run.id),
            None if task_ids is None else known_tasks(version, task_ids),
            upstream=upstream,
            downstream=downstream,
            only_failed=only_failed,
            only_running=only_running,
            map_indexes=map_indexes,
        )
        if not dry_run and chosen:
            clear_instances(conn, act.clock.now(), act.actor, version, run, chosen, reset_run=reset_run)
            names = [str(TaskKey(dag_id, run_id, ti.task_id, ti.map_index)) for ti in chosen[:100]]
            if newest_version:
                repin(conn, version, run)
            act.audit(conn, "clear_tasks", dag_id=dag_id, run_id=run_id, tasks=names, count=len(chosen))
        keys = [TaskKey(dag_id, run_id, ti.task_id, ti.map_index) for ti in chosen]
        if recursive:
            keys += _Across(act, conn, keys, reset_run=reset_run, dry_run=dry_run).follow(version, run, chosen, None)
        return keys

    if dry_run:
        with act.store.read() as conn:
            return work(conn)
    keys = act.store.retry(work)
    act.wake("scheduler", "api")
    return keys


def repin(conn: Conn, version: Version, run: RunRow) -> None:
    """What holds slots is counted from the rows, so they must say what the new version says."""
    dag = version.plan.spec
    rows = []
    for task in version.plan.tasks:
        spec = task.spec
        limits = keyed.dump(keyed.resolve(dag, spec, run.run_id, run.logical_date, run.conf))
        rows.append((spec.pool, spec.pool_slots, spec.priority, spec.queue, limits, run.id, spec.task_id))
    writes.set_needs(conn, rows)


class _Across:
    """Follows markers from the cleared tasks of one run to those of other DAGs, each run at most once per task."""

    def __init__(self, act: Act, conn: Conn, seen: Iterable[TaskKey], *, reset_run: bool, dry_run: bool) -> None:
        self._act, self._conn = act, conn
        self._seen = set(seen)
        self._reset_run, self._dry_run = reset_run, dry_run

    def follow(self, version: Version, run: RunRow, chosen: list[TaskView], depth: int | None) -> list[TaskKey]:
        """What was cleared behind the markers among ``chosen``. InvalidArgument when they lead on for ever."""
        found: list[TaskKey] = []
        for ti in chosen:
            at = version.plan.index.get(ti.task_id)
            marker = version.plan.tasks[at].spec.external_marker if at is not None else None
            if marker is None:
                continue
            left = marker["depth"] if depth is None else depth
            if left <= 0:
                raise InvalidArgument(
                    f"The markers lead further than the recursion_depth allows, at {run.dag_id}.{ti.task_id}.",
                    field="recursive",
                    hint="Look for markers that lead round in a circle, or raise recursion_depth of the first.",
                )
            date = self._date(marker, run, ti)
            other = runs.by_logical_date(self._conn, marker["dag_id"], date) if date is not None else None
            if other is not None:
                found += self._clear_in(other, marker["task_id"], left - 1)
        return found

    def _date(self, marker: dict[str, Any], run: RunRow, ti: TaskView) -> datetime | None:
        text = marker["logical_date"]
        if text is None:
            return run.logical_date
        if "{{" in text:
            text = (tasks.rendered(self._conn, ti.id) or {}).get("logical_date")
        try:
            return datetime.fromisoformat(text) if text else None  # it has not run yet: nothing hangs on it
        except ValueError:
            raise InvalidArgument(f"{ti.task_id} marks the date {text!r}, which is none.", field="recursive") from None

    def _clear_in(self, found: RunRow, task_id: str, depth: int) -> list[TaskKey]:
        run = the_run(self._conn, found.dag_id, found.run_id)
        version = versions_of(self._act.store).get(self._conn, run.version_id)
        wanted = known_tasks(version, [task_id])
        chosen = selected(version.plan, tasks.of_run(self._conn, run.id), wanted, downstream=True)
        keys = {TaskKey(run.dag_id, run.run_id, ti.task_id, ti.map_index): ti for ti in chosen}
        fresh = {key: ti for key, ti in keys.items() if key not in self._seen}
        self._seen.update(fresh)
        if not fresh:
            return []
        listed = list(fresh.values())
        if not self._dry_run:
            now, actor = self._act.clock.now(), self._act.actor
            markers = self.follow(version, run, listed, depth)
            clear_instances(self._conn, now, actor, version, run, listed, reset_run=self._reset_run)
            return [*fresh, *markers]
        return [*fresh, *self.follow(version, run, listed, depth)]


def clear_run(conn: Conn, now: datetime, actor: str, versions: Versions, run: RunRow) -> None:
    """All tasks of a run, inside a transaction."""
    clear_some(conn, now, actor, versions, run, None)


def clear_some(
    conn: Conn, now: datetime, actor: str, versions: Versions, run: RunRow, task_ids: list[str] | None
) -> None:
    """These tasks of a run (all for None; none that it does not have), inside a transaction."""
    version = versions.get(conn, run.version_id)
    wanted = None if task_ids is None else set(task_ids)
    chosen = [ti for ti in tasks.of_run(conn, run.id) if wanted is None or ti.task_id in wanted]
    clear_instances(conn, now, actor, version, run, chosen, reset_run=True)


def clear_instances(
    conn: Conn, now: datetime, actor: str, version: Version, run: RunRow, chosen: list[TaskView], *, reset_run: bool
) -> None:
    """Set these instances back to the start, inside a transaction."""
    changes, ended = [], []
    for ti in chosen:
        change = Change(ti)
        if ti.state in LIVE and ti.attempt_id is not None:
            ended.append(("failed", None, None, None, us(now), None, "cleared while it ran", ti.attempt_id))
        at = version.plan.index.get(ti.task_id)
        retries = version.plan.tasks[at].spec.retries if at is not None else 0
        ti.max_tries = max(ti.max_tries, ti.try_number + retries + 1) if ti.try_number else ti.max_tries
        ti.resume, ti.next_try_at, ti.lost_count = None, None, 0
        ti.scheduled_at = ti.queued_at = ti.started_at = ti.ended_at = None
        if ti.state is not TaskState.NONE:
            change.move(TaskState.NONE, "cleared", now, verb=True)
        changes.append(change)
    transitions.save(conn, changes, actor=actor)
    transitions.update_attempts(conn, ended)
    values.delete_xcoms_of(conn, [(run.id, ti.task_id, ti.map_index) for ti in chosen])
    if reset_run and run.state in RUN_DONE:
        after = RunState.QUEUED
        why = "tasks were cleared"
        transitions.move_run(conn, run.id, RunState(run.state), after, why=why, at=now, actor=actor, verb=True)
    writes.touch(conn, run.id)
