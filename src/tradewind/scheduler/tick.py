"""One pass of the scheduler.

    heard reports ─┐
    due runs ──────┤
    touched runs ──┼─▶ one write transaction ─▶ commit ─▶ acknowledge, reply, cancel, submit, ring
    due timers ────┤
    free slots ────┘

A pass that fails writes nothing: the books it changed are dropped and read again, what was heard is kept for the next
pass. Clock, ids, store and executors are handed in, so a simulation can drive ``tick`` with none of them real.
"""

from __future__ import annotations

import heapq
import itertools
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from tradewind.actions import task_door
from tradewind.actions.context import Act, Rings
from tradewind.clock import Clock
from tradewind.domain.messages import Beat, TriggerFailed, TriggerFired
from tradewind.domain.rules.views import TaskView
from tradewind.domain.states import RunState, TaskState
from tradewind.errors import Conflict, OutsideTrouble
from tradewind.executor.contract import Executor, NoTriggers, Triggers
from tradewind.scheduler import advance, callbacks, deadlines, dispatch, hand_out, hearing, starts, waiting
from tradewind.scheduler.alerts import Alerts
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.book import Book
from tradewind.scheduler.custody import Custody
from tradewind.scheduler.due_assets import DueAssets
from tradewind.scheduler.due_backfills import DueBackfills
from tradewind.scheduler.due_runs import DueRuns, announce
from tradewind.scheduler.hearing import Heard
from tradewind.scheduler.pace import RING_SECONDS, SETTLE_SECONDS, Pace
from tradewind.scheduler.patience import Patience
from tradewind.scheduler.shelf import Shelf
from tradewind.settings import Settings
from tradewind.store import claims
from tradewind.store.engine import Store
from tradewind.store.reads.versions import versions_of
from tradewind.telemetry import probe

log = logging.getLogger("tradewind.scheduler")

#: How often leases are looked after.
HOUSEKEEPING_SECONDS = 5.0
#: Attempts of runs that another scheduler drove are asked after when our workers had so many heartbeats to name them.
CONFIRM_BEATS = 2
#: Where a message comes from that no executor sent.
TRIGGERS = ""
Timer = tuple[datetime, int, Book, TaskView | None]


class Scheduler:
    """Drives runs. ``tick`` does one pass and says how long it may sleep."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        new_id: Callable[[], str],
        executors: Mapping[str, Executor],
        settings: Settings,
        ringer: Rings,
        owner: str,
        host: str,
        settle_seconds: float = SETTLE_SECONDS,
        triggers: Triggers | None = None,
        housekeeping_seconds: float | None = None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.executors = dict(executors)
        self.triggers: Triggers = triggers or NoTriggers()
        self.host = host
        self.ringer = ringer
        self.settings = settings
        self.versions = versions_of(store)
        self.shelf = Shelf(settings, self.versions)
        self.custody = Custody(self.shelf, owner, settings.get_float("scheduler", "run_lease_seconds"), new_id)
        self.due = DueRuns(settings, self.versions)
        self.assets = DueAssets(self.due)
        self.backfills = DueBackfills(self.versions)
        self.act = Act(store, clock, ringer, settings, "scheduler", owner)
        self.door = task_door.Door(self.act)
        self.heard: list[tuple[str, Heard]] = []
        self.timers: list[Timer] = []
        self._count = itertools.count()
        self.unconfirmed: set[str] = set()  #: attempts found in the rows at adoption; the executor may know them
        self._confirm_at = 0.0  #: not before, by the clock that cannot jump
        self._worker_beat = settings.get_float("worker", "heartbeat_seconds")
        self.woken = True
        self.hungry = True  #: ready tasks may find a slot now
        self.pace = Pace(clock, ringer, settle_seconds)
        self._housekeeping_at: float | None = None  #: by the clock that cannot be set back
        self._housekeeping_seconds = housekeeping_seconds or HOUSEKEEPING_SECONDS
        self._starved = False  #: ready tasks wait only because every executor is full
        self._suspect = False  #: the last pass met a bug of ours: messages are taken one by one
        self._lease = settings.get_float("scheduler", "attempt_lease_seconds")
        self.patience = Patience(self._lease)
        # Twice the longest one, so that a clock of another host may go ahead of ours.
        queued = settings.get_float("scheduler", "task_queued_timeout")
        self._longest_lease = timedelta(seconds=2 * max(self._lease, queued))
        self.lost_restarts = settings.get_int("scheduler", "lost_task_restarts")
        self.parallelism = settings.get_int("core", "parallelism")
        self._idle = settings.get_float("scheduler", "scheduler_idle_poll_seconds")
        self.desk = dispatch.Desk(
            new_id=new_id,
            host=host,
            realm=f"{host}:{settings.home}"[-250:],
            default_executor=dispatch.executor_name(
                settings.get_str("core", "executor").split(",")[0], next(iter(self.executors)), self.executors
            ),
            isolation=settings.get_str("core", "isolation"),
            queued_timeout=settings.get_float("scheduler", "task_queued_timeout"),
            is_mine=self.custody.is_mine,
            keep_values=settings.get_bool("core", "keep_xcom_on_retry"),
            shares=hand_out.shares_of(settings),
            open_backfills=self.backfills.open,
        )

        self.alerts = Alerts(settings, self.shelf, self.door, new_id, self.desk.default_executor)

    # -- the pass ---------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """The bell rang: some row was changed by somebody else."""
        self.woken = True

    def tick(self) -> float:
        """One pass; seconds until the next is wanted if nothing is heard meanwhile."""
        now = self.clock.now()
        for name, executor in self.executors.items():
            self.heard.extend((name, message) for message in executor.poll())
        self.heard.extend((TRIGGERS, message) for message in self.triggers.poll())
        if self.heard and not self.woken and not self._time_wants(now):
            left = self.pace.left(self.heard)
            if left > 0:
                return left
        self.pace.ring()
        if not (self.heard or self.woken or self._wants_slots() or self._time_wants(now) or self.unconfirmed):
            return self._sleep(now)
        most = 1 if self._suspect else len(self.heard)
        heard, self.heard = self.heard[:most], self.heard[most:]
        self.pace.pass_begins()
        probe("tick.heard")
        woken, hungry = self.woken, self.hungry
        try:
            with self.store.write() as conn:
                batch = Batch(conn, now, self._lease)
                self._pass(batch, heard)
                probe("tick.before_commit")
            probe("tick.after_commit")
        except BaseException as error:
            self._put_back(heard, error)
            self.woken, self.hungry = True, hungry or woken
            self.alerts.trouble()
            for pk in list(self.shelf.books):
                self.shelf.drop(pk)
            self._forget_plan()
            raise
        self._suspect = self._suspect and bool(self.heard)
        self._after_commit(batch)
        waiting_orders = sum(ti.state is TaskState.QUEUED for _, ti in self.shelf.live.values())
        self.pace.pass_ended(len(batch.ended), waiting_orders)
        return 0.0 if self.heard or self.woken or self._wants_slots() else self._sleep(now)

    def _wants_slots(self) -> bool:
        """Ready tasks may find a slot now: something changed, or an executor that was full is not any more."""
        return self.hungry or (self._starved and any(e.free_slots() > 0 for e in self.executors.values()))

    def _put_back(self, heard: list[tuple[str, Heard]], error: BaseException) -> None:
        """Keep what was heard for the next pass; a message that alone breaks a pass is put aside for good."""
        outside = isinstance(error, OutsideTrouble | Conflict) or not isinstance(error, Exception)
        if not outside and self._suspect and len(heard) == 1 and not isinstance(heard[0][1], Beat):
            attempt_id = heard[0][1].attempt_id
            log.error("A %s of attempt %s breaks the pass; it is dropped.", type(heard[0][1]).__name__, attempt_id)
            if heard[0][0] == TRIGGERS:
                self.triggers.unwatch([attempt_id])
            else:
                self.executors[heard[0][0]].cancel(attempt_id, "its report cannot be taken in")
            return
        self._suspect = self._suspect or (not outside and bool(heard))
        self.heard = heard + self.heard

    def _forget_plan(self) -> None:
        # Runs made in the lost transaction do not exist; the plan in memory thinks they do.
        self.due = DueRuns(self.settings, self.versions)
        self.assets = DueAssets(self.due)
        self.backfills.events.clear()

    def _pass(self, batch: Batch, heard: list[tuple[str, Heard]]) -> None:
        conn, now = batch.conn, batch.now
        woken, self.woken = self.woken, False
        housekeeping = self._wants_housekeeping()
        if woken or housekeeping:
            batch.wrote |= self.due.refresh(conn, now)
        if self.due.is_due(now):
            made = self.due.create(conn, now)
            woken = woken or made > 0
            batch.wrote |= made > 0
        if woken or housekeeping:
            self.backfills.refresh(conn)
        if self.backfills.is_due() and self.backfills.create(conn, now):
            woken = batch.wrote = True
        if woken or housekeeping:
            made = self.assets.create(conn, now, thorough=housekeeping)
            batch.wrote |= made > 0
            first = self._housekeeping_at is None
            self.unconfirmed |= self.custody.take_runs(batch)
            if self.custody.adopted and not first:
                # Their workers, if they are ours too, have yet to tell us what they hold.
                self._confirm_at = self.clock.monotonic() + CONFIRM_BEATS * self._worker_beat
            deadlines.waiting_runs(batch, list(self.shelf.books.values()), self.custody.is_mine)
        heard, about_callbacks, alive = callbacks.split(heard)
        due = self._pop_due(now)
        wanted = {book.run.id for _, _, book, _ in due}
        wanted.update(
            self.shelf.live[m.attempt_id][0].run.id
            for _, m in heard
            if not isinstance(m, Beat) and m.attempt_id in self.shelf.live
        )
        wanted.update(
            entry[0].run.id
            for _, m in heard
            if isinstance(m, TriggerFired | TriggerFailed) and (entry := self.shelf.waiters.get(m.attempt_id))
        )
        self.custody.guard(batch, list(wanted))
        foreign = hearing.take_in(batch, self.shelf, self.door, heard, self.lost_restarts)
        if foreign:
            hearing.for_others(batch, self.versions, foreign, self.lost_restarts)
        for _, _, book, ti in due:
            if self.shelf.books.get(book.run.id) is not book:
                continue
            if ti is None:
                deadlines.run_due(batch, book)
            else:
                deadlines.task_due(batch, book, ti)
        held: set[str] | None = None
        if housekeeping:
            held = self._expire(batch)
            # What they wait for may be the business of another scheduler.
            batch.done_dags.update(book.run.dag_id for book in self.shelf.books.values() if book.past)
            pause = min(self._housekeeping_seconds, self.custody.lease.total_seconds() / 3)
            self._housekeeping_at = self.clock.monotonic() + pause
            self.custody.renew(conn, now)
        if self.unconfirmed:
            self._confirm(batch)
        self._advance(batch)
        self.hungry = False
        self._starved = hand_out.hand_out(batch, self, housekeeping=housekeeping)
        if self.custody.again:
            self._advance(batch)  # what was read afresh meanwhile must be looked at in this very pass
        batch.flush()
        far = now + self._longest_lease
        self.alerts.attend(batch, about_callbacks, alive, held, far, look=woken or housekeeping)

    def _advance(self, batch: Batch) -> None:
        # Looking at one run may free another (depends_on_past), so until nothing is left to look at.
        while True:
            todo = [pk for pk, look in batch.look.items() if look or not pk]
            todo += [pk for pk in batch.books if pk not in todo]
            for pk in todo:
                book = self.shelf.books.get(pk)
                if book is not None:
                    advance.settle(batch, book)
                    batch.look.pop(pk, None)
            if not starts.wake_past(batch, self):
                return

    # -- attempts that went silent ----------------------------------------------------------------------------------

    def _expire(self, batch: Batch) -> set[str] | None:
        """None: it is too early to look. Else the attempts whose silence means nothing yet."""
        if not self.patience.look(batch.now, self.clock.monotonic()):
            return None
        held: set[str] = set()
        far = batch.now + self._longest_lease
        expired = [a for a in claims.expired_leases(batch.conn, batch.now, far) if a in self.shelf.live]
        if self.patience.is_young(self.clock.monotonic()):
            # Nobody renewed leases while no scheduler ran, but what our workers hold is alive.
            held = {a for executor in self.executors.values() for a in executor.known() or ()}
            expired = [a for a in expired if a not in held]
        self.custody.guard(batch, sorted({self.shelf.live[a][0].run.id for a in expired}))
        hearing.expire(batch, self.shelf, expired, self.lost_restarts)
        return held

    def _confirm(self, batch: Batch) -> None:
        if self.clock.monotonic() < self._confirm_at:
            return
        self.unconfirmed &= set(self.shelf.live)
        known = {name: executor.known() for name, executor in self.executors.items()}
        if all(ids is None for ids in known.values()):
            return
        self.custody.guard(batch, sorted({self.shelf.live[a][0].run.id for a in self.unconfirmed}))
        self.unconfirmed &= set(self.shelf.live)
        self.unconfirmed -= hearing.confirm(
            batch, self.shelf, self.unconfirmed, known, self.desk.realm, self.desk.isolation, self.lost_restarts
        )

    # -- time -------------------------------------------------------------------------------------------------------

    def _pop_due(self, now: datetime) -> list[Timer]:
        due = []
        while self.timers and self.timers[0][0] <= now:
            due.append(heapq.heappop(self.timers))
        return [timer for timer in due if self.shelf.books.get(timer[2].run.id) is timer[2]]

    def _time_wants(self, now: datetime) -> bool:
        return (
            bool(self.timers and self.timers[0][0] <= now)
            or self._wants_housekeeping()
            or self.due.is_due(now)
            or self.alerts.is_due(now)
            or self.backfills.is_due()
            or self.shelf.lanes.due(now)
        )

    def _wants_housekeeping(self) -> bool:
        return self._housekeeping_at is None or self.clock.monotonic() >= self._housekeeping_at

    def next_moment(self) -> datetime | None:
        """When something is to be done even if nothing is heard, housekeeping aside."""
        times = [self.due.next_at(), self.alerts.next_at(), self.shelf.lanes.next_at()]
        times.append(self.timers[0][0] if self.timers else None)
        return min((t for t in times if t is not None), default=None)

    def _sleep(self, now: datetime) -> float:
        if self.pace.ring_wanted:
            return RING_SECONDS
        if self.backfills.is_due():
            return 0.0
        waits = [self._idle, (self._housekeeping_at or 0.0) - self.clock.monotonic()]
        moment = self.next_moment()
        waits += [] if moment is None else [(moment - now).total_seconds()]
        return max(0.0, min(waits))

    # -- after the commit -------------------------------------------------------------------------------------------

    def _after_commit(self, batch: Batch) -> None:
        again, self.custody.again = self.custody.again, False
        self.hungry, self.woken = self.hungry or again, self.woken or again
        for attempt_id, book, ti in batch.new_live:
            self.shelf.live[attempt_id] = (book, ti)
        for attempt_id in batch.ended:
            self.shelf.live.pop(attempt_id, None)
            self.unconfirmed.discard(attempt_id)
        for at, book, one in batch.timers:
            heapq.heappush(self.timers, (at, next(self._count), book, one))
        for name, orders in batch.orders.items():
            self.executors[name].submit(orders)
        probe("tick.submitted")
        waiting.hand_over(batch, self.shelf, self.triggers)
        if batch.replies:
            self.triggers.reply(batch.replies)
        for executor in self.executors.values():
            if batch.replies:
                executor.reply(batch.replies)
            if batch.acknowledge:
                executor.acknowledge(batch.acknowledge)
            for attempt_id, why in batch.cancels:
                executor.cancel(attempt_id, why)
        probe("tick.acknowledged")
        for pk, book in batch.books.items():
            if book.run.state not in (RunState.QUEUED, RunState.RUNNING):
                self.shelf.drop(pk)
                self.due.run_ended(book.run.dag_id)
                self.backfills.run_ended(book.run.backfill_id)
                # Its DAG may start its next run.
                self.hungry = self.hungry or book.run.dag_id in self.shelf.queued
        for event in (*batch.events, *self.due.events, *self.backfills.events):
            announce(event)
        self.due.events.clear()
        self.backfills.events.clear()
        if self.door.made_runs or batch.asset_events:
            self.door.made_runs = False
            self.woken = True
        if batch.wrote or batch.new_attempts:
            self.pace.ring_wanted = True
            self.pace.ring()

    def stop(self) -> None:
        """Let others take the runs at once."""
        self.store.retry(lambda conn: claims.release_runs(conn, self.custody.owner))
