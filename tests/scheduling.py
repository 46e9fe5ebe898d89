"""A scheduler on a fake clock with a scripted executor: no process, no waiting, every step visible."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from tradewind.actions.context import Act
from tradewind.actions.create_run import create_run
from tradewind.clock import FakeClock
from tradewind.domain import codec
from tradewind.domain.messages import (
    Finished,
    Lost,
    Started,
    TaskReply,
    TaskRequest,
    TriggerFailed,
    TriggerFired,
    TriggerHealth,
    TriggerOrder,
    Up,
    WorkOrder,
)
from tradewind.domain.spec import DagSpec, TaskSpec
from tradewind.scheduler.tick import Scheduler
from tradewind.store.engine import Store, as_json, query, run, us

Script = Callable[[WorkOrder], dict[str, Any] | None]


class Rings:
    """Notes what was rung."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, kind: str, topic: str = "") -> int:
        self.rung.append(kind)
        return 1


class ScriptedExecutor:
    """Reports what the script says for each order: fields of Finished, or None to leave it running."""

    name = "local"

    def __init__(self, clock: FakeClock, script: Script, slots: int = 10_000) -> None:
        self.clock = clock
        self.script = script
        self.slots = slots
        self.orders: list[WorkOrder] = []
        self.held: dict[str, WorkOrder] = {}
        self.out: deque[Up] = deque()
        self.cancelled: list[str] = []
        self.acknowledged: list[str] = []
        self.replies: list[TaskReply] = []
        self.knows: set[str] | None = None

    def start(self) -> None: ...

    def fileno(self) -> list[int]:
        return []

    def free_slots(self) -> int:
        return self.slots - len(self.held)

    def submit(self, orders: Sequence[WorkOrder]) -> None:
        for order in orders:
            self.orders.append(order)
            self.held[order.attempt_id] = order
            said = self.script(order)
            if said is not None:
                self.begin(order)
                self.finish(order, **said)

    def begin(self, order: WorkOrder) -> None:
        self.out.append(Started(attempt_id=order.attempt_id, at=self.clock.now(), host="h", pid=1))

    def finish(self, order: WorkOrder, **said: Any) -> None:
        said.setdefault("outcome", "success")
        self.held.pop(order.attempt_id, None)
        self.out.append(Finished(attempt_id=order.attempt_id, at=self.clock.now(), **said))

    def lose(self, order: WorkOrder, *, started: bool = True) -> None:
        self.held.pop(order.attempt_id, None)
        self.out.append(Lost(attempt_id=order.attempt_id, why="the worker died", started=started))

    def cancel(self, attempt_id: str, why: str) -> None:
        self.cancelled.append(attempt_id)
        self.held.pop(attempt_id, None)

    def poll(self) -> list[Up]:
        said = list(self.out)
        self.out.clear()
        return said

    def acknowledge(self, attempt_ids: Sequence[str]) -> None:
        self.acknowledged.extend(attempt_ids)

    def reply(self, replies: Sequence[TaskReply]) -> None:
        self.replies.extend(replies)

    def known(self) -> set[str] | None:
        return set(self.held) if self.knows is None else self.knows

    def stop(self, *, kill: bool) -> None: ...


class ScriptedTriggers:
    """Remembers who waits; the test fires."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.orders: dict[str, TriggerOrder] = {}
        self.out: deque[TriggerFired | TriggerFailed | TaskRequest] = deque()
        self.replies: list[TaskReply] = []

    def watch(self, orders: Sequence[TriggerOrder]) -> None:
        self.orders.update((order.attempt_id, order) for order in orders)

    def unwatch(self, attempt_ids: Sequence[str]) -> None:
        for attempt_id in attempt_ids:
            self.orders.pop(attempt_id, None)

    def poll(self) -> list[TriggerFired | TriggerFailed | TaskRequest]:
        said = list(self.out)
        self.out.clear()
        return said

    def fileno(self) -> list[int]:
        return []

    def reply(self, replies: Sequence[TaskReply]) -> None:
        self.replies.extend(replies)

    def health(self) -> TriggerHealth | None:
        return None

    def stop(self) -> None: ...

    def of(self, task_id: str) -> TriggerOrder:
        (order,) = [o for o in self.orders.values() if o.task_id == task_id]
        return order

    def fire(self, order: TriggerOrder, event: str = "true", **more: Any) -> None:
        self.out.append(TriggerFired(attempt_id=order.attempt_id, at=self.clock.now(), event=event, **more))

    def fail(self, order: TriggerOrder, error: str) -> None:
        self.out.append(TriggerFailed(attempt_id=order.attempt_id, at=self.clock.now(), error=error))


class House:
    """A store, a clock, an executor and a scheduler over them."""

    def __init__(
        self, store: Store, script: Script | None = None, slots: int = 10_000, now: datetime | None = None
    ) -> None:
        self.store = store
        self.clock = FakeClock(now)
        self.executor = ScriptedExecutor(self.clock, script or (lambda order: {}), slots)
        self.triggers = ScriptedTriggers(self.clock)
        self.rings = Rings()
        self.act = Act(store, self.clock, self.rings, store.settings, "ann", "test")
        self._ids = itertools.count(1)
        self.scheduler = self.new_scheduler("scheduler@h:1:a")

    def new_scheduler(self, owner: str, executor: Any = None, triggers: Any = None) -> Scheduler:
        return Scheduler(
            store=self.store,
            clock=self.clock,
            new_id=lambda: f"a{next(self._ids):06d}",
            executors={"local": executor or self.executor},
            settings=self.store.settings,
            ringer=self.rings,
            owner=owner,
            host="h",
            settle_seconds=0.0,
            triggers=triggers or self.triggers,
        )

    def publish(self, spec: DagSpec, *, max_active_runs: int = 16, max_active_tasks: int = 10_000) -> None:
        publish(self.store, spec, self.clock.now(), max_active_runs, max_active_tasks)

    def trigger(self, dag_id: str, **more: Any) -> str:
        made = create_run(self.act, dag_id, **more)
        self.scheduler.wake()
        return made.run_id

    def settle(self, most: int = 100) -> int:
        """Tick until nothing more happens; how many passes."""
        for number in range(most):
            before = self.journal_size()
            self.scheduler.tick()
            if (
                not self.executor.out
                and not self.triggers.out
                and not self.scheduler._wants_slots()
                and self.journal_size() == before
            ):
                return number
        raise AssertionError("the scheduler does not come to rest")

    def journal_size(self) -> int:
        return self.rows("SELECT COUNT(*) FROM journal")[0][0]

    def rows(self, text: str, *values: Any) -> list[Any]:
        with self.store.read() as conn:
            return list(query(conn, text, values))

    def states(self, run_id: str) -> dict[str, str]:
        text = (
            "SELECT t.task_id, t.map_index, t.state FROM task_instance t JOIN dag_run r ON r.id = t.run_pk"
            " WHERE r.run_id = ?"
        )
        return {t if i < 0 else f"{t}[{i}]": s for t, i, s in self.rows(text, run_id)}

    def run_state(self, run_id: str) -> str:
        return self.rows("SELECT state FROM dag_run WHERE run_id = ?", run_id)[0][0]


def publish(store: Store, spec: DagSpec, now: datetime, max_active_runs: int = 16, max_active_tasks: int = 16) -> None:
    """As the parser would."""
    with store.write() as conn:
        number = len(query(conn, "SELECT id FROM dag_version WHERE dag_id = ?", (spec.dag_id,))) + 1
        run(
            conn,
            "INSERT INTO dag_version (dag_id, number, hash, spec, source_hash, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            [(spec.dag_id, number, f"{spec.dag_id}-{number}", as_json(codec.dump(spec)), "s", us(now))],
        )
        pk = query(conn, "SELECT MAX(id) FROM dag_version WHERE dag_id = ?", (spec.dag_id,))[0][0]
        run(conn, "DELETE FROM dag WHERE dag_id = ?", [(spec.dag_id,)])
        run(
            conn,
            "INSERT INTO dag (dag_id, version_id, bundle, fileloc, is_paused, is_active, has_import_errors, tags,"
            " owners, last_parsed_at, max_active_runs, max_active_tasks, failed_runs_in_a_row)"
            " VALUES (?, ?, 'dags-folder', ?, ?, ?, ?, '[]', '[]', ?, ?, ?, 0)",
            [(spec.dag_id, pk, f"{spec.dag_id}.py", False, True, False, us(now), max_active_runs, max_active_tasks)],
        )


def dag(dag_id: str, edges: str = "", /, *tasks: TaskSpec, **more: Any) -> DagSpec:
    """A DAG from edges like "a>b b>c d" and the specs of those tasks that are not plain."""
    known = {t.task_id: t for t in tasks}
    up: dict[str, list[str]] = {}
    for part in edges.split():
        chain = part.split(">")
        for name in chain:
            up.setdefault(name, [])
        for above, below in itertools.pairwise(chain):
            up[below].append(above)
    for name in known:
        up.setdefault(name, [])
    specs = []
    import msgspec

    for name, above in up.items():
        spec = known.get(name, TaskSpec(task_id=name, operator="PythonOperator"))
        below = [n for n, us_ in up.items() if name in us_]
        specs.append(msgspec.structs.replace(spec, upstream=above, downstream=below))
    return DagSpec(dag_id=dag_id, fileloc=f"{dag_id}.py", tasks=specs, **more)


def task_moment(day: int) -> datetime:
    """A logical date."""
    return datetime(2026, 1, day, tzinfo=UTC)
