"""Executors and workers without processes: orders become timed, seeded endings; reports travel over a bad network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.simulation.waiting import DEFERS, FACTS
from tradewind.clock import FakeClock
from tradewind.domain.messages import (
    CALLBACK_PREFIX,
    Beat,
    Finished,
    Lost,
    Started,
    TaskReply,
    Up,
    WorkOrder,
    XComValue,
)
from tradewind.domain.spec import TaskSpec

HEARTBEAT = 10.0


@dataclass
class Work:
    """One attempt on a worker."""

    order: WorkOrder
    worker: int
    starts_at: float
    ends_at: float
    started: bool = False
    final: Finished | None = None


@dataclass
class Rates:
    """How often the network misbehaves, per report."""

    lose: float = 0.0
    duplicate: float = 0.0
    late: float = 0.0
    reorder: float = 0.0


@dataclass
class Cluster:
    """The workers of one scheduler. They outlive it; ``SimExecutor`` is only its end of the line."""

    name: str
    rng: Random
    clock: FakeClock
    seed: int
    rates: Rates
    work: dict[str, Work] = field(default_factory=dict)
    wire: list[tuple[float, int, Up]] = field(default_factory=list)
    unacknowledged: dict[str, Finished] = field(default_factory=dict)
    paused_until: dict[int, float] = field(default_factory=dict)
    split_until: float = -1.0  #: until then nothing passes between scheduler and workers, in either direction
    late_cancels: list[str] = field(default_factory=list)
    next_beat: float = HEARTBEAT
    #: the probe outside the database: every start of user code, and how each attempt really ended
    starts: list[str] = field(default_factory=list)
    ended: dict[str, Finished] = field(default_factory=dict)
    orders: dict[str, WorkOrder] = field(default_factory=dict)
    sent: int = 0

    def __post_init__(self) -> None:
        self.callback_rng = Random(f"{self.seed}/{self.name}/callbacks")  # so that they change nobody else's fate

    def rng_of(self, report: Up) -> Random:
        about = getattr(report, "attempt_id", "")
        return self.callback_rng if about.startswith(CALLBACK_PREFIX) else self.rng

    def now(self) -> float:
        return self.clock.monotonic()

    def at(self) -> datetime:
        return self.clock.now()

    def send(self, report: Up, *, reliable: bool = False) -> None:
        """Put a report on the wire, which may lose, double or delay it."""
        rates, when, rng = self.rates, max(self.now(), self.split_until), self.rng_of(report)
        self.sent += 1
        if not reliable and rng.random() < rates.lose:
            return
        if not reliable and rng.random() < rates.late:
            when += rng.choice([5.0, 90.0, 200.0])
        self.wire.append((when, self.sent, report))
        if not reliable and rng.random() < rates.duplicate:
            self.sent += 1
            self.wire.append((when + rng.choice([0.0, 1.0, 100.0]), self.sent, report))

    def take(self, orders: Sequence[WorkOrder]) -> None:
        for order in orders:
            if order.attempt_id in self.orders:
                continue  # idempotent by attempt id
            self.orders[order.attempt_id] = order
            rng = self.callback_rng if order.callback is not None else self.rng
            starts = max(self.now(), self.split_until) + rng.choice([0.01, 0.01, 0.5, 8.0])
            lasts = rng.choice([0.01, 0.1, 2.0, 25.0, 150.0] if rng.random() < 0.3 else [0.01, 0.1, 2.0])
            self.work[order.attempt_id] = Work(order, rng.randrange(2), starts, starts + lasts)

    def is_split(self) -> bool:
        return self.split_until > self.now()

    def next_event(self) -> float | None:
        times = [when for when, _, _ in self.wire]
        times += [self.split_until] if self.is_split() else []
        times += [
            work.ends_at if work.started else work.starts_at
            for work in self.work.values()
            if not self.is_paused(work.worker)
        ]
        times += list(self.paused_until.values())
        if self.work:
            times.append(self.next_beat)
        return min(times, default=None)

    def is_paused(self, worker: int) -> bool:
        return self.paused_until.get(worker, -1.0) > self.now()

    def step(self) -> None:
        """Let everything happen that is due."""
        now = self.now()
        if self.late_cancels and not self.is_split():
            for attempt_id in self.late_cancels:
                self.drop(attempt_id)
            self.late_cancels.clear()
        self.paused_until = {worker: until for worker, until in self.paused_until.items() if until > now}
        for attempt_id in list(self.work):
            work = self.work[attempt_id]
            if self.is_paused(work.worker):
                continue
            if not work.started and work.starts_at <= now:
                work.started = True
                self.starts.append(attempt_id)
                self.send(Started(attempt_id=attempt_id, at=self.at(), host=f"w{work.worker}", pid=len(self.starts)))
            if work.started and work.ends_at <= now:
                del self.work[attempt_id]
                report = self.ending_of(work)
                self.ended[attempt_id] = report
                self.unacknowledged[attempt_id] = report
                self.send(report)
        if now >= self.next_beat:
            self.next_beat = now + HEARTBEAT
            for worker in (0, 1):
                alive = [key for key, work in self.work.items() if work.worker == worker and work.started]
                if alive and not self.is_paused(worker):
                    beat = Beat(host=f"w{worker}", worker=f"{self.name}-{worker}", attempt_ids=alive)
                    self.send(beat, reliable=self.rng.random() > 0.2)

    def ending_of(self, work: Work) -> Finished:
        """How the attempt ends: drawn from the seed and the identity of the try, not from what happened before."""
        order = work.order
        dice = Random(f"{self.seed}/{order.run.run_id}/{order.task_id}/{order.map_index}/{order.try_number}")
        roll = dice.random()
        common: dict[str, Any] = {"attempt_id": order.attempt_id, "at": self.at(), "host": f"w{work.worker}", "pid": 1}
        if order.callback is not None:
            if roll < 0.1:
                return Finished(outcome="failed", error="ValueError: drawn", retryable=False, **common)
            return Finished(outcome="success", **common)
        spec = BEHAVIOUR[order.file.hash][order.task_id]
        if spec.reschedules and order.resume is None:
            return Finished(outcome="rescheduled", reschedule_at=self.at() + timedelta(seconds=30), **common)
        method = (order.resume or {}).get("method")
        if spec.operator == DEFERS and method is None:
            timeout = dice.choice([None, 30.0, 100.0])
            return Finished(outcome="deferred", deferral={**FACTS, "timeout": timeout}, **common)
        if method == "__fail__":
            return Finished(outcome="failed", error="TaskDeferralError: drawn", **common)
        if roll < 0.16:
            return Finished(outcome="failed", error="ValueError: drawn", retryable=dice.random() > 0.2, **common)
        if roll < 0.22:
            return Finished(outcome="skipped", **common)
        skip, hard = None, False
        if spec.branches:
            skip = [name for name in spec.downstream if dice.random() < 0.5]
            if dice.random() < 0.3:  # a short circuit
                skip, hard = ["*"], dice.random() < 0.5
        length = dice.choice([0, 1, 2, 3])
        value = XComValue(key="return_value", value=f'"{order.attempt_id}"', length=length)
        events = [{"uri": outlet["uri"]} for outlet in spec.outlets]
        return Finished(
            outcome="success", xcoms=[value], skip_downstream=skip, skip_hard=hard, asset_events=events, **common
        )

    def kill_task(self) -> None:
        """The kernel ends one task for want of memory; its supervisor sees it and says so."""
        for attempt_id, work in list(self.work.items()):
            if work.started and not self.is_paused(work.worker):
                del self.work[attempt_id]
                report = Finished(
                    attempt_id=attempt_id, at=self.at(), outcome="failed", error="killed by signal 9", signal=9
                )
                self.ended[attempt_id] = self.unacknowledged[attempt_id] = report
                self.send(report)
                return

    def kill_all(self) -> None:
        """Tradewind was stopped with its tasks."""
        for worker in (0, 1):
            self.kill_worker(worker, noticed=True, counts=False)

    def kill_worker(self, worker: int, *, noticed: bool, counts: bool = True) -> None:
        """kill -9 of a worker host with all it runs. ``noticed``: the executor sees it and says so."""
        for attempt_id in [key for key, work in self.work.items() if work.worker == worker]:
            work = self.work.pop(attempt_id)
            if noticed:
                why = "its worker was killed"
                self.send(Lost(attempt_id=attempt_id, why=why, started=work.started, counts=counts), reliable=True)

    def drop(self, attempt_id: str) -> None:
        self.work.pop(attempt_id, None)


#: hash of a version -> task_id -> spec; what user code would know of itself. One world at a time lives in a process.
BEHAVIOUR: dict[str, dict[str, TaskSpec]] = {}


class SimExecutor:
    """The executor contract over a ``Cluster``."""

    name = "local"

    def __init__(self, cluster: Cluster, slots: int = 6) -> None:
        self.cluster = cluster
        self.slots = slots
        self.alive = True

    def start(self) -> None:
        """A new scheduler: the workers tell again what nobody has acknowledged."""
        for report in self.cluster.unacknowledged.values():
            self.cluster.send(report, reliable=True)

    def fileno(self) -> list[int]:
        return []

    def free_slots(self) -> int:
        return max(0, self.slots - len(self.cluster.work))

    def submit(self, orders: Sequence[WorkOrder]) -> None:
        self.cluster.take(orders)

    def cancel(self, attempt_id: str, why: str) -> None:
        if self.cluster.is_split():
            self.cluster.late_cancels.append(attempt_id)
        else:
            self.cluster.drop(attempt_id)

    def poll(self) -> list[Up]:
        now = self.cluster.now()
        if self.cluster.is_split():
            return []
        due = [entry for entry in self.cluster.wire if entry[0] <= now]
        self.cluster.wire = [entry for entry in self.cluster.wire if entry[0] > now]
        due.sort(key=lambda entry: entry[:2])
        if self.cluster.rng.random() < self.cluster.rates.reorder:
            by_attempt: dict[str, list[Up]] = {}
            for _, number, report in due:
                by_attempt.setdefault(getattr(report, "attempt_id", f"beat{number}"), []).append(report)
            keys = list(by_attempt)
            self.cluster.rng.shuffle(keys)
            return [report for key in keys for report in by_attempt[key]]
        return [report for _, _, report in due]

    def has_news(self) -> bool:
        """Whether a poll would give something."""
        now = self.cluster.now()
        return not self.cluster.is_split() and any(when <= now for when, _, _ in self.cluster.wire)

    def acknowledge(self, attempt_ids: Sequence[str]) -> None:
        for attempt_id in attempt_ids:
            self.cluster.unacknowledged.pop(attempt_id, None)

    def reply(self, replies: Sequence[TaskReply]) -> None:
        return None

    def known(self) -> set[str] | None:
        return set(self.cluster.work) | set(self.cluster.unacknowledged)

    def stop(self, *, kill: bool) -> None:
        self.alive = False
