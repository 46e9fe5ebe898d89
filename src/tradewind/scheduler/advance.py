"""What follows when something ended: tasks become ready, skipped or failed, and in the end the run itself ends."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import msgspec

from tradewind.domain.keys import NOT_MAPPED
from tradewind.domain.rules import branch, expand, keyed, outcome, ready
from tradewind.domain.rules.views import TaskPlan, TaskView
from tradewind.domain.spec import XComRef
from tradewind.domain.states import DONE, WAITING, RunState, TaskState
from tradewind.domain.trigger_rule import Verdict
from tradewind.scheduler import past, stopping, telling
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.book import Book
from tradewind.store import transitions
from tradewind.store.engine import us
from tradewind.store.reads import tasks as task_reads
from tradewind.store.writes import runs as run_writes
from tradewind.store.writes import schedule, values
from tradewind.telemetry import DagPausedByFailures, RunEnded

S = TaskState


def instance_row(book: Book, task: TaskPlan, map_index: int) -> tuple[object, ...]:
    """The row of a new instance."""
    spec = task.spec
    return (
        book.run.id,
        book.run.dag_id,
        spec.task_id,
        map_index,
        spec.retries + 1,
        spec.operator,
        spec.pool,
        spec.pool_slots,
        spec.priority,
        spec.queue,
        keyed.dump(book.limits_of(task)),
    )


def start_run(batch: Batch, book: Book) -> None:
    """Queued to running: make the instances, and let the first tasks go."""
    run = book.run
    transitions.move_run(batch.conn, run.id, RunState.QUEUED, RunState.RUNNING, why="may run now", at=batch.now)
    run.state = RunState.RUNNING
    run.started_at = batch.now
    book.facts = msgspec.structs.replace(book.facts, started_at=batch.now)
    batch.books[run.id] = book
    batch.wrote = True
    existing = {ti.task_id for ti in book.all()}
    fresh = [task for task in book.plan.tasks if task.task_id not in existing]
    within = [task for task in fresh if ready.within_dates(task, run.logical_date)]
    transitions.insert_instances(batch.conn, [instance_row(book, task, NOT_MAPPED) for task in within])
    if len(within) < len(fresh):
        why = ready.why_outside([task for task in fresh if task not in within], run.logical_date)
        transitions.journal_run(batch.conn, run.id, RunState.RUNNING, RunState.RUNNING, why=why, at=batch.now)
    for group in book.instances:
        group.clear()
    book.load(task_reads.of_run(batch.conn, run.id))
    if (run.options or {}).get("mark_success"):
        for ti in [ti for ti in book.all() if ti.state is S.NONE]:
            ti.started_at = batch.now
            batch.move(book, ti, S.SUCCESS, "marked a success without being run, as was asked")
    resume_book(batch, book)


def resume_book(batch: Batch, book: Book) -> None:
    """A running book that was just read: put its ready tasks in their queues, look at the rest, set the timers."""
    if book.run.state != RunState.RUNNING:
        return
    batch.books[book.run.id] = book
    deadline = book.deadline()
    if deadline is not None:
        batch.timers.append((deadline, book, None))
    for ti in book.all():
        if ti.state in (S.SCHEDULED, S.QUEUED):
            if ti.state is S.SCHEDULED:
                book.enqueue(ti)
            watch_queue(batch, book, ti)
        elif ti.state in WAITING and ti.next_try_at is not None:
            batch.timers.append((ti.next_try_at, book, ti))
    apply_old_skips(batch, book)
    _stop_after_failure(batch, book)
    look_everywhere(batch, book)


def _stop_after_failure(batch: Batch, book: Book) -> None:
    """fail_fast, where another process wrote the failure: what is open now was not cleared after it."""
    began = book.run.started_at
    if not book.plan.spec.fail_fast or began is None:
        return
    failed = [ti for ti in book.all() if ti.state is S.FAILED and ti.ended_at is not None and ti.ended_at >= began]
    if failed:
        stopping.stop_others(batch, book, f"fail_fast: {failed[0].task_id} failed")


def watch_queue(batch: Batch, book: Book, ti: TaskView) -> None:
    """Set the timer of ``queue_timeout``: the longest a task may wait from being ready to being started."""
    seconds = ti.task.spec.queue_timeout if ti.task is not None else None
    if seconds is not None and ti.scheduled_at is not None:
        batch.timers.append((ti.scheduled_at + timedelta(seconds=seconds), book, ti))


def look_everywhere(batch: Batch, book: Book) -> None:
    """Look at every task that still waits (a fresh book)."""
    batch.books[book.run.id] = book
    look = batch.look.setdefault(book.run.id, {})
    for task in book.plan.tasks:
        if any(ti.state is S.NONE for ti in book.instances[task.index]):
            look[task.index, None] = None


def settle(batch: Batch, book: Book) -> None:
    """Look at what was noted until nothing more follows; then end the run if nothing is left."""
    look = batch.look.get(book.run.id)
    while look:
        index, map_index = next(iter(look))
        del look[index, map_index]
        _look_at(batch, book, book.plan.tasks[index], map_index)
    if book.run.state == RunState.RUNNING:
        end_if_done(batch, book)


def _look_at(batch: Batch, book: Book, task: TaskPlan, map_index: int | None) -> None:
    waiting = [
        ti
        for ti in book.instances[task.index]
        if ti.state is S.NONE and (map_index is None or ti.map_index in (map_index, NOT_MAPPED))
    ]
    if not waiting:
        return
    if task.maps and waiting[0].map_index == NOT_MAPPED and _expand(batch, book, task, waiting[0]):
        return
    guards = book.guard_states(task) if task.guards else ()
    shared = None if book.is_by_index(task) else ready.verdict(task, book.counts[task.index], guards)
    if shared is Verdict.WAIT:
        return
    for ti in waiting:
        counts = book.counts_for(ti)
        verdict = shared if shared is not None else ready.verdict(task, counts, guards)
        if verdict is Verdict.WAIT:
            continue
        why = ready.why(task, counts, verdict)
        if verdict is Verdict.SKIP:
            batch.move(book, ti, S.SKIPPED, why)
        elif verdict is Verdict.UPSTREAM_FAILED:
            batch.move(book, ti, S.UPSTREAM_FAILED, why)
        elif task.maps and ti.map_index == NOT_MAPPED:
            batch.move(book, ti, S.FAILED, f"cannot expand: {', '.join(task.refs)} left no list to map over")
        else:
            release(batch, book, ti, why)


def release(batch: Batch, book: Book, ti: TaskView, why: str) -> None:
    """The rules let it run: hand it on, unless it must wait for an earlier run."""
    task = ti.task
    assert task is not None
    if book.plan.has_past and not past.allows(batch.conn, book, task, ti):
        book.past.add(ti.id)
        batch.books[book.run.id] = book
        return
    book.past.discard(ti.id)
    if task.spec.no_work:
        ti.started_at = batch.now
        batch.move(book, ti, S.SUCCESS, f"{why}; nothing to do")
        return
    make_ready(batch, book, ti, why)


def make_ready(batch: Batch, book: Book, ti: TaskView, why: str) -> None:
    """To the queue of its pool; or, where the task starts from a trigger, straight to waiting with no worker at all."""
    task = ti.task
    assert task is not None
    ti.scheduled_at = batch.now
    batch.move(book, ti, S.SCHEDULED, why)
    start = task.spec.start_trigger
    if start is None or (ti.resume or {}).get("method"):
        book.enqueue(ti)
        watch_queue(batch, book, ti)
        return
    ti.try_number += 1
    ti.attempt_id = _deferral_id(batch, book, ti)
    ti.started_at, ti.ended_at = batch.now, None
    ti.resume = {**start, "first_start": batch.now.isoformat(), "same_try": True}
    timeout = start.get("timeout")
    ti.next_try_at = batch.now + timedelta(seconds=timeout) if timeout is not None else None
    batch.move(book, ti, S.DEFERRED, f"waits for {start.get('trigger')}")
    if ti.next_try_at is not None:
        batch.timers.append((ti.next_try_at, book, ti))


def _deferral_id(batch: Batch, book: Book, ti: TaskView) -> str:
    """Names a deferral that has no attempt row. SQLite gives keys of deleted rows again, so the key alone is not enough:
    an event of a deleted run's trigger must not be taken for one of this.
    """
    made = f"{book.run.run_id} {us(book.run.queued_at)} {ti.id} {ti.try_number} {us(batch.now)}"
    return f"start-{hashlib.blake2s(made.encode(), digest_size=12).hexdigest()}"


def _expand(batch: Batch, book: Book, task: TaskPlan, ti: TaskView) -> bool:
    """Multiply a mapped task once all lengths are known. True when it did (or came to nothing)."""
    for ref in task.refs:
        if any(state not in DONE for state in book.states_of(book.plan.index[ref])):
            return False

    def length_of(ref: XComRef) -> int | None:
        found = values.get_xcoms_of_task(batch.conn, book.run.id, ref.task_id, ref.key)
        if book.plan.tasks[book.plan.index[ref.task_id]].maps:
            return len(found)
        return found[0][2] if found else None

    if task.refs and batch.xcoms:
        values.put_xcoms(batch.conn, batch.xcoms)  # lengths reported in this very batch
        batch.xcoms = []
    number = expand.count(task, length_of)
    if number is None:
        return False
    if number == 0:
        batch.move(book, ti, S.SKIPPED, "mapped over nothing")
        return True
    run_writes.set_map_index(batch.conn, ti.id, 0)
    ti.map_index = 0
    transitions.insert_instances(batch.conn, [instance_row(book, task, i) for i in range(1, number)])
    group = book.instances[task.index]
    group.extend(other for other in task_reads.of_task(batch.conn, book.run.id, task.task_id) if other.map_index > 0)
    for other in group:
        other.task = task
    more = number - 1
    book.open += more
    for d in task.downstream:
        book.counts[d].total += more
        book.counts[d].setups += more if task.spec.is_setup else 0
    batch.look.setdefault(book.run.id, {})[task.index, None] = None
    batch.wrote = True
    batch.books[book.run.id] = book
    return True


def skip_by_branch(batch: Batch, book: Book, ti: TaskView, chosen: list[str] | None, hard: bool) -> None:
    """A branch or short circuit decided: skip its arms now, and leave a note for later clears."""
    task = ti.task
    assert task is not None
    names = branch.skipped(book.plan, task.index, chosen, hard=hard)
    note = msgspec.json.encode({"skipped": names}).decode()
    batch.xcoms.append(_xcom(batch, book, ti, branch.SKIP_KEY, note, 1))
    skip_named(batch, book, ti, names)


def skip_named(batch: Batch, book: Book, ti: TaskView, names: list[str]) -> None:
    """Skip the waiting instances of these tasks (of the same index inside one mapped group)."""
    task = ti.task
    assert task is not None
    for name in names:
        at = book.plan.index.get(name)
        if at is None:
            continue
        other = book.plan.tasks[at]
        by_index = other.map_group is not None and other.map_group == task.map_group and ti.map_index >= 0
        for below in book.instances[at]:
            if by_index and below.map_index not in (ti.map_index, NOT_MAPPED):
                continue
            if below.state in (S.NONE, S.SCHEDULED):
                batch.move(book, below, S.SKIPPED, f"{ti.task_id} chose another way")


def apply_old_skips(batch: Batch, book: Book) -> None:
    """After a reload: arms that a branch skipped before, and that were cleared without it, are skipped again."""
    if not book.plan.has_branches:
        return
    for task_id, map_index, text in values.get_xcoms_by_key(batch.conn, book.run.id, branch.SKIP_KEY):
        at = book.plan.index.get(task_id)
        if at is None:
            continue
        for ti in book.instances[at]:
            if ti.map_index == map_index and ti.state is S.SUCCESS:
                skip_named(batch, book, ti, msgspec.json.decode(text)["skipped"])


def _xcom(batch: Batch, book: Book, ti: TaskView, key: str, value: str, length: int | None) -> tuple[object, ...]:
    at = int(batch.now.timestamp() * 1_000_000)
    return (book.run.id, ti.task_id, ti.map_index, key, value, length, ti.attempt_id, at)


def end_if_done(batch: Batch, book: Book) -> None:
    """End the run when no task is open, or when none of the open ones can ever move."""
    if book.open == 0:
        ended = outcome.of_run(book.plan, book.states_of)
    elif book.moving == 0 and not book.past:
        ended = outcome.DEADLOCKED
    else:
        return
    end_run(batch, book, ended)


def end_run(batch: Batch, book: Book, ended: outcome.Ended, *, counts: bool = True) -> None:
    """Write the end of a run. ``counts``: whether a failure counts for max_consecutive_failed_dag_runs."""
    run = book.run
    batch.flush_states()  # the journal tells the end of the run after the ends of its tasks
    transitions.move_run(batch.conn, run.id, RunState(run.state), ended.state, why=ended.why, at=batch.now)
    run.state = str(ended.state)
    run.ended_at = batch.now
    batch.books[run.id] = book
    batch.wrote = True
    telling.note_end(batch, book, ended)
    if counts and run.run_type != "backfill":
        _count_failure(batch, book, failed=ended.state is RunState.FAILED)
    seconds = (batch.now - run.started_at).total_seconds() if run.started_at else 0.0
    batch.events.append(RunEnded(run.dag_id, run.run_id, str(ended.state), seconds))


def _count_failure(batch: Batch, book: Book, *, failed: bool) -> None:
    """max_consecutive_failed_dag_runs: a DAG that fails again and again is switched off, and says why."""
    limit, run = book.plan.spec.max_consecutive_failed_dag_runs, book.run
    if limit <= 0:
        return
    failures = schedule.count_failure(batch.conn, run.dag_id, failed)
    if failures < limit or not run_writes.set_paused(batch.conn, run.dag_id, True):
        return
    why = f"{failures} runs failed in a row (max_consecutive_failed_dag_runs is {limit}): the DAG is paused"
    transitions.journal_run(batch.conn, run.id, RunState(run.state), RunState(run.state), why=why, at=batch.now)
    run_writes.audit(
        batch.conn,
        at=batch.now,
        actor="scheduler",
        verb="pause_dag",
        origin="scheduler",
        details={"why": why},
        dag_id=run.dag_id,
        run_id=run.run_id,
    )
    batch.events.append(DagPausedByFailures(run.dag_id, failures))
