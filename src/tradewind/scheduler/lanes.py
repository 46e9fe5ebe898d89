"""Ready task instances of every run, in lanes: all of a lane need the same slots, so one look at its head tells for all.

A pass looks at lanes, never at runs or instances: 100,000 of them behind one full pool cost one look. A lane whose key
limit is used up sleeps until its key is freed or its time comes, and is not looked at either.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from tradewind.domain.rules.keyed import Limits
from tradewind.domain.rules.views import TaskView

if TYPE_CHECKING:
    from tradewind.scheduler.book import Book

#: How a lane orders its instances: higher priority first, then older runs, then the order of the file.
Order = tuple[int, float, int, int]


#: The first instance of a lane: its place, its run, itself.
Head = tuple[Order, "Book", TaskView]


class LaneKey(NamedTuple):
    """What instances of one lane have in common."""

    pool: str
    dag_id: str
    executor: str  #: as the author named it; "" for the default
    task_id: str = ""  #: "" unless the task has a limit of its own, or takes several slots
    limits: Limits = ()
    backfill: int = (
        0  #: the backfill its runs belong to; they stand behind live runs, and go on where the DAG is paused
    )


class Lane:
    """One lane: of each run that has something in it, its first instance."""

    __slots__ = ("heap", "key", "members", "parked", "served_at", "wakes_at")

    def __init__(self, key: LaneKey, now: datetime) -> None:
        self.key = key
        self.heap: list[tuple[Order, int]] = []
        self.members: dict[int, Book] = {}
        self.parked: set[int] = set()  #: runs in which the task has as many instances as it may have in one run
        self.served_at = now  #: when it last got a slot, or was empty
        self.wakes_at: datetime | None = None

    def join(self, book: Book, order: Order) -> None:
        """A run has a new first instance here."""
        pk = book.run.id
        self.members[pk] = book
        if pk not in self.parked:
            heapq.heappush(self.heap, (order, pk))
            if len(self.heap) > 2 * len(self.members) + 64:
                self._tidy()

    def leave(self, book: Book) -> None:
        """The book is closed, or has nothing here any more."""
        if self.members.get(book.run.id) is book:
            del self.members[book.run.id]
            self.parked.discard(book.run.id)

    def park(self, pk: int) -> None:
        """Pass this run over until ``unpark``."""
        self.parked.add(pk)

    def unpark(self, pk: int) -> None:
        """Something of the run and task has ended."""
        book = self.members.get(pk)
        if pk in self.parked:
            self.parked.discard(pk)
            head = book.head(self.key) if book is not None else None
            if book is not None and head is not None:
                self.join(book, head[:4])

    def head(self) -> Head | None:
        """The first instance that waits here, or None when there is none that may be looked at."""
        while self.heap:
            order, pk = self.heap[0]
            book = self.members.get(pk)
            if book is None or pk in self.parked:
                heapq.heappop(self.heap)
                continue
            first = book.head(self.key)
            if first is None:
                heapq.heappop(self.heap)
                self.leave(book)
            elif first[:4] != order:
                heapq.heappop(self.heap)
                if first[:4] > order:  # what stood before it moved on by other ways
                    heapq.heappush(self.heap, (first[:4], pk))
            else:
                return order, book, first[4]
        return None

    def pop(self, book: Book) -> None:
        """The head is handed over."""
        heapq.heappop(self.heap)
        book.pop(self.key)
        following = book.head(self.key)
        if following is None:
            self.leave(book)
        else:
            heapq.heappush(self.heap, (following[:4], book.run.id))

    def _tidy(self) -> None:
        self.heap = [
            (first[:4], pk)
            for pk, book in self.members.items()
            if pk not in self.parked and (first := book.head(self.key)) is not None
        ]
        heapq.heapify(self.heap)


class Lanes:
    """Every lane of this scheduler that has something in it."""

    def __init__(self) -> None:
        self.lanes: dict[LaneKey, Lane] = {}
        self._asleep: dict[str, tuple[int, set[LaneKey]]] = {}  #: by full key: what was held of it, who waits for it
        self._timed: list[tuple[datetime, int, LaneKey]] = []
        self._number = 0
        self.with_limits = 0  #: lanes in which a task has limits by key
        self.looks = 0  #: heads looked at since the start: what hand-over costs

    def __bool__(self) -> bool:
        return bool(self.lanes)

    def join(self, book: Book, key: LaneKey, order: Order, now: datetime) -> None:
        """A run has a new first instance in that lane."""
        lane = self.lanes.get(key)
        if lane is None:
            lane = self.lanes[key] = Lane(key, now)
            self.with_limits += bool(key.limits)
        lane.join(book, order)

    def leave(self, book: Book) -> None:
        """The book is closed."""
        for key in list(book.queues):  # asking for the head of a lane lets go of an empty one
            lane = self.lanes.get(key)
            if lane is not None:
                lane.leave(book)
                if not lane.members:
                    self._remove(key)

    def unpark(self, book: Book, task_id: str) -> None:
        """An instance of a task that is limited in each run gave its slot back."""
        for key in list(book.queues):  # asking for the head of a lane lets go of an empty one
            if key.task_id == task_id and key in self.lanes:
                self.lanes[key].unpark(book.run.id)

    def sleep_on_key(self, lane: Lane, key: str, held: int) -> None:
        """Not looked at until less is held of the key."""
        then, sleepers = self._asleep.get(key, (0, set()))
        sleepers.add(lane.key)
        self._asleep[key] = (max(then, held), sleepers)
        lane.wakes_at = datetime.max.replace(tzinfo=lane.served_at.tzinfo)

    def sleep_until(self, lane: Lane, at: datetime) -> None:
        """Not looked at until then."""
        self._number += 1
        heapq.heappush(self._timed, (at, self._number, lane.key))
        lane.wakes_at = at

    def next_at(self) -> datetime | None:
        """When the first sleeper's time comes."""
        return self._timed[0][0] if self._timed else None

    def due(self, now: datetime) -> bool:
        """Whether some sleeper's time has come."""
        return bool(self._timed) and self._timed[0][0] <= now

    def awake(self, now: datetime, held: Mapping[str, int]) -> Iterator[Lane]:
        """The lanes to look at now; ``held`` tells what is held of each key."""
        self._wake(now, held)
        for key, lane in list(self.lanes.items()):
            if lane.wakes_at is not None:
                continue
            if lane.members:
                yield lane
            else:
                self._remove(key)

    def _wake(self, now: datetime, held: Mapping[str, int]) -> None:
        while self._timed and self._timed[0][0] <= now:
            self._rouse(heapq.heappop(self._timed)[2])
        for key, (then, sleepers) in list(self._asleep.items()):
            if held.get(key, 0) < then:
                del self._asleep[key]
                for name in sleepers:
                    self._rouse(name)

    def _rouse(self, key: LaneKey) -> None:
        lane = self.lanes.get(key)
        if lane is not None:
            lane.wakes_at = None

    def _remove(self, key: LaneKey) -> None:
        if self.lanes.pop(key, None) is not None:
            self.with_limits -= bool(key.limits)
