"""What the reasons are made of: facts in, ``Reason`` out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from tradewind.domain.rules.limits import Budgets, Wish
from tradewind.domain.rules.past import Before
from tradewind.domain.rules.views import Plan, TaskView

#: How many of a kind a sentence names, and how many the facts beside it list.
NAMED = 3
LISTED = 20


class Reason(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One reason, as a sentence without its full stop."""

    code: str
    text: str
    hint: str | None = None
    until: datetime | None = None  #: when it ends by itself
    facts: dict[str, Any] = {}


class Holder(NamedTuple):
    """A task instance that holds what another one waits for."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    state: str
    since: datetime | None

    @property
    def name(self) -> str:
        """dag.task[2]."""
        return f"{self.dag_id}.{self.task_id}" + (f"[{self.map_index}]" if self.map_index >= 0 else "")


class Move(NamedTuple):
    """One line of the journal."""

    at: datetime
    before: str
    after: str
    why: str
    actor: str


class Attempt(NamedTuple):
    """The live or last attempt."""

    executor: str
    host: str | None
    pid: int | None
    queued_at: datetime | None
    lease_until: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class House:
    """How the processes stand. Seconds since the last beat; None: there is none."""

    scheduler_silent: float | None
    triggerer_silent: float | None
    free: dict[str, int] | None = None  #: free places of each executor, as the scheduler of the run said last
    #: a process that has not beaten so long is taken for dead
    patience: float = 30.0
    #: every scheduler that beats has got nowhere for so long; None: one gets on
    scheduler_stuck: float | None = None
    #: of the process that reads DAG files, as for the scheduler
    parser_silent: float | None = None


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What one task instance hangs on."""

    now: datetime
    dag_id: str
    ti: TaskView
    plan: Plan
    run_state: str
    run_reasons: Sequence[Reason]  #: why its run does not run
    paused: bool
    instances: Sequence[Sequence[TaskView]]  #: of the run, by place in the plan
    house: House
    moves: Sequence[Move]  #: of this instance, newest first
    attempt: Attempt | None = None
    before: tuple[str, str, Sequence[Before]] | None = None  #: the earlier run: id, state, what it did
    budgets: Budgets | None = None
    wish: Wish | None = None
    dag_limit: int = 0
    parallelism: int = 0
    #: who holds a limit ("pool", "dag", "task", "run", "all", or a key), longest first, and how many there are
    holders: Callable[[str, str], tuple[list[Holder], int]] | None = None
    ahead: int = 0  #: ready tasks of the pool that have a higher weight
    causes: dict[str, str] = field(default_factory=dict)  #: of failed tasks of the run, what the journal says
