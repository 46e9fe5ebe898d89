"""Which runs are ours, and whether what we hold in memory of them still agrees with the rows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from tradewind.scheduler import advance
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.book import Book
from tradewind.scheduler.shelf import Shelf
from tradewind.store import claims
from tradewind.store.engine import Conn, us
from tradewind.store.reads import tasks as task_reads

#: Runs taken in one pass: where others may take some too, few enough that all get their share, first come first served.
ADOPT_MAX = 200
ADOPT_MAX_AMONG_OTHERS = 8
#: So many ends of leases are remembered; rows have the newest of them, or older ones where a commit failed.
_REMEMBERED = 256
_NAME_MAX = 80

log = logging.getLogger("tradewind.scheduler")


class Custody:
    """The runs of one scheduler. ``again`` is raised when another pass is wanted at once."""

    def __init__(self, shelf: Shelf, owner: str, lease_seconds: float, new_id: Callable[[], str]) -> None:
        self.shelf = shelf
        self.owner = owner  #: the name we go by in the rows
        self._new_id = new_id
        self._written: dict[int, None] = {}  #: ends of leases that we wrote
        self.lease = timedelta(seconds=lease_seconds)  #: how long its hold on its runs lasts without renewal
        self.again = False
        self.adopted = False  #: the last look took runs that another scheduler drove

    def guard(self, batch: Batch, pks: list[int]) -> list[Book]:
        """Lock these runs; read afresh those that were touched, drop those that are no longer ours. The rest is valid."""
        pks = [pk for pk in pks if pk not in batch.guarded]
        if not pks:
            return []
        found = claims.guard_runs(batch.conn, pks)
        good, stale = [], []
        for pk in pks:
            book = self.shelf.books.get(pk)
            guard = found.get(pk)
            batch.guarded.add(pk)
            if guard is None or guard.owner != self.owner:
                self._lose(batch, pk)
            elif book is None or guard.touched != book.run.touched or guard.state != book.run.state:
                stale.append(pk)
            else:
                good.append(book)
        return good + self.reread(batch, stale)

    def is_mine(self, batch: Batch, book: Book) -> bool:
        """True when this very book is valid. One that had to be read afresh has its turn in the next pass."""
        if book.run.id not in batch.guarded:
            self.guard(batch, [book.run.id])
        if self.shelf.books.get(book.run.id) is book:
            return True
        self.again = True
        return False

    def _lose(self, batch: Batch, pk: int) -> None:
        for attempt_id in self.shelf.drop(pk):
            holder = task_reads.holders(batch.conn, [attempt_id]).get(attempt_id)
            if holder is None or holder.live_attempt_id != attempt_id or holder.state not in ("queued", "running"):
                batch.cancels.append((attempt_id, "its run was changed"))

    def reread(self, batch: Batch, pks: list[int]) -> list[Book]:
        """Books of these runs straight from the rows; attempts that are live no more are told to stop."""
        if not pks:
            return []
        before = {a for a, (book, _) in self.shelf.live.items() if book.run.id in pks}
        books = self.shelf.open(batch.conn, pks)
        for book in books:
            advance.resume_book(batch, book)
        for attempt_id in before - set(self.shelf.live):
            batch.cancels.append((attempt_id, "the task was cleared, marked or deleted"))
        for pk in pks:
            if pk not in self.shelf.books:
                self.shelf.drop(pk)
        return books

    def renew(self, conn: Conn, now: datetime) -> None:
        """Hold on to all of them."""
        if claims.renew_runs(conn, self.owner, now + self.lease):
            self._wrote(now + self.lease)

    def _wrote(self, until: datetime) -> None:
        self._written[us(until) or 0] = None
        if len(self._written) > _REMEMBERED:
            del self._written[next(iter(self._written))]

    def _meet_namesake(self, batch: Batch, taken: list[int]) -> None:
        """Leases that we did not write stand under our name: another process goes by it, such as that of a copied machine.
        Neither can tell what the other changed, so from now on we are somebody else, and drive none of these runs.
        """
        log.warning("Another scheduler goes by the name of %s; this one takes another.", self.owner)
        claims.leave_to_namesake(batch.conn, self.owner, taken)
        self.owner = f"{self.owner[:_NAME_MAX]}+{self._new_id()[:8]}"
        for pk in list(self.shelf.books):
            self.shelf.drop(pk)
        self.again = batch.wrote = True

    def take_runs(self, batch: Batch) -> set[str]:
        """Adopt runs nobody drives, and notice which of ours were touched. Live attempts found in them that are new to us."""
        conn, now = batch.conn, batch.now
        most = ADOPT_MAX if conn.dialect.name == "sqlite" else ADOPT_MAX_AMONG_OTHERS
        taken = claims.adopt_runs(conn, self.owner, now, now + self.lease, most)
        if taken:
            self._wrote(now + self.lease)
        owned = claims.owned_runs(conn, self.owner)
        if any(one.until not in self._written for one in owned.values()):
            self._meet_namesake(batch, list(taken))
            return set()
        self.adopted = bool(taken)
        if len(taken) == most:
            self.again = True
        gone = [pk for pk in self.shelf.books if pk not in owned]
        for pk in gone:
            self._lose(batch, pk)
        changed = [
            pk
            for pk, one in owned.items()
            if taken.get(pk, self.owner) != self.owner
            or pk not in self.shelf.books
            or self.shelf.books[pk].run.touched != one.touched
        ]
        claims.guard_runs(conn, changed)
        batch.guarded.update(changed)
        known = set(self.shelf.live)
        self.reread(batch, changed)
        batch.wrote |= bool(taken)
        return set(self.shelf.live) - known
