"""Everything one tick wants to write, and everything it does after the commit.

Steps change books through ``move``; ``flush`` writes all of it with a handful of many-row statements.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tradewind.domain.messages import TaskReply, WorkOrder
from tradewind.domain.rules import ready
from tradewind.domain.rules.limits import Held, Window
from tradewind.domain.rules.views import TaskView
from tradewind.domain.states import DONE, HOLDS_SLOT, TaskState
from tradewind.scheduler.book import Book
from tradewind.store import transitions
from tradewind.store.engine import Conn, us
from tradewind.store.transitions import Change
from tradewind.store.writes import assets, rates, values
from tradewind.store.writes.assets import Said
from tradewind.store.writes.callbacks import NewCallback
from tradewind.telemetry import Event

S = TaskState

#: A task to look at again: all its instances, or the one of an index.
Look = tuple[int, int | None]


class Batch:
    """One write transaction of the scheduler."""

    def __init__(self, conn: Conn, now: datetime, lease_seconds: float) -> None:
        self.conn = conn
        self.now = now
        self.lease_until = now + timedelta(seconds=lease_seconds)
        self.changes: dict[int, Change] = {}
        self.books: dict[int, Book] = {}  #: every book this batch changed: dropped when the transaction fails
        self.look: dict[int, dict[Look, None]] = {}  #: per run, what to look at again, in order
        self.new_attempts: list[tuple[Any, ...]] = []
        self.attempts: dict[str, list[Any]] = {}
        self.xcoms: list[tuple[Any, ...]] = []
        self.forget: list[tuple[int, str, int]] = []
        self.starts: list[Window] = []  #: starts that count against rate limits
        self.asset_events: list[Said] = []
        self.callbacks: list[NewCallback] = []
        self.guarded: set[int] = set()
        # after the commit
        self.orders: dict[str, list[WorkOrder]] = {}
        self.cancels: list[tuple[str, str]] = []
        self.acknowledge: list[str] = []
        self.replies: list[TaskReply] = []
        self.events: list[Event] = []
        self.new_live: list[tuple[str, Book, TaskView]] = []
        self.ended: list[str] = []
        self.watch: list[tuple[str, Book, TaskView]] = []  #: deferred now, by attempt id
        self.unwatch: list[str] = []  #: deferred no more
        self.timers: list[tuple[datetime, Book, TaskView | None]] = []
        self.wrote = False
        self.done_dags: set[str] = set()  #: DAGs of which some task ended: others of theirs may wait for it

    def change(self, book: Book, ti: TaskView) -> Change:
        """The change of this instance in this batch."""
        change = self.changes.get(ti.id)
        if change is None:
            change = self.changes[ti.id] = Change(ti)
            self.books[book.run.id] = book
        return change

    def move(self, book: Book, ti: TaskView, after: TaskState, why: str, at: datetime | None = None) -> None:
        """Move one instance; count it at its downstream tasks and note what must be looked at again."""
        before = ti.state
        self.change(book, ti).move(after, why, at or self.now)
        if after is S.DEFERRED:
            self.watch.append((ti.attempt_id or "", book, ti))
        elif before is S.DEFERRED:
            self.unwatch.append(ti.attempt_id or "")
        if book.plan.has_run_limits and before in HOLDS_SLOT and after not in HOLDS_SLOT:
            book.lanes.unpark(book, ti.task_id)
        if before is S.NONE:
            book.moving += 1
        if after is S.NONE:
            book.moving -= 1
        if after not in DONE:
            return
        book.open -= 1
        book.moving -= 1
        if book.plan.has_past or book.run.options:
            self.done_dags.add(book.run.dag_id)
        task = ti.task
        assert task is not None
        plan = book.plan
        setup = task.spec.is_setup
        look = self.look.setdefault(book.run.id, {})
        for d in task.downstream:
            ready.add(book.counts[d], after, setup=setup)
            below = plan.tasks[d]
            same = below.map_group is not None and below.map_group == task.map_group and ti.map_index >= 0
            look[d, ti.map_index if same and len(below.maps) == len(task.maps) else None] = None
        if setup:
            for other in plan.tasks:
                if task.index in other.guards:
                    look[other.index, None] = None

    def attempt(self, attempt_id: str) -> list[Any]:
        """The row update of an attempt: state, host, pid, started_at, ended_at, lease_until, error."""
        row = self.attempts.get(attempt_id)
        if row is None:
            row = self.attempts[attempt_id] = ["running", None, None, None, None, us(self.lease_until), None]
        return row

    def end_attempt(self, ti: TaskView, state: str, at: datetime, error: str | None = None) -> None:
        """The live attempt of this instance is over."""
        if ti.attempt_id is None:
            return
        row = self.attempt(ti.attempt_id)
        row[0], row[4], row[5], row[6] = state, us(at), None, error
        self.ended.append(ti.attempt_id)

    def slot_changes(self) -> list[Held]:
        """What the moves not yet written add to and take from the slots counted in the rows."""
        found = []
        for change in self.changes.values():
            ti = change.ti
            before, after = change.row_state in HOLDS_SLOT, ti.state in HOLDS_SLOT
            if before != after and ti.task is not None:
                by = 1 if after else -1
                spec = ti.task.spec
                book = self.books[ti.run_pk]
                limits = book.limits_of(ti.task)
                found.append(Held(spec.pool, book.run.dag_id, ti.task_id, ti.run_pk, by, by * spec.pool_slots, limits))
        return found

    def flush_states(self) -> None:
        """Write the moves so far, so that queries of this transaction see them."""
        if self.changes:
            transitions.save(self.conn, self.changes.values())
            self.changes = {}
            self.wrote = True

    def flush(self) -> None:
        """Write. Raises Overtaken when a row was moved by somebody else."""
        conn = self.conn
        if self.forget:
            values.delete_xcoms_of(conn, self.forget)
        self.flush_states()
        if self.attempts:
            transitions.update_attempts(conn, [(*row, key) for key, row in self.attempts.items()])
        if self.new_attempts:
            transitions.insert_attempts(conn, self.new_attempts)
        if self.starts:
            rates.add_starts(conn, self.starts, self.now)
        if self.xcoms:
            values.put_xcoms(conn, self.xcoms)
        if self.asset_events:
            assets.add_events(conn, self.asset_events)  # last: it takes the locks of the assets
        self.wrote = self.wrote or bool(self.attempts or self.xcoms or self.asset_events)
