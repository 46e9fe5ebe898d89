"""What sets one run apart from its DAG: a part of its tasks, another pool, success without work.

The difference is made in the spec, before it is compiled, so that every rule after that knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from tradewind.domain.rules.views import Plan
from tradewind.domain.spec import DagSpec, TaskSpec
from tradewind.errors import InvalidArgument


class RunOptions(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Kept as JSON in ``dag_run.options`` and ``backfill.options``."""

    task_ids: list[str] | None = None  #: only these tasks; None means all
    pool: str | None = None  #: all tasks take their slots here
    ignore_past: bool = False  #: depends_on_past and wait_for_downstream do not hold
    mark_success: bool = False  #: nothing is run: every task is a success at once
    no_retries: bool = False

    def dump(self) -> dict[str, Any] | None:
        """As JSON; None when nothing is set apart."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found or None


def options_from(given: dict[str, Any] | None) -> RunOptions:
    """The options of a row."""
    return msgspec.convert(given or {}, RunOptions)


def joined(before: RunOptions, now: RunOptions) -> RunOptions:
    """The options of a run that runs again: what it had of the DAG's tasks stays, and what is asked for now is added."""
    both = None
    if before.task_ids is not None and now.task_ids is not None:
        both = [*before.task_ids, *(name for name in now.task_ids if name not in before.task_ids)]
    return msgspec.structs.replace(now, task_ids=both)


def adapted(spec: DagSpec, options: RunOptions) -> DagSpec:
    """The DAG as this run has it."""
    tasks = spec.tasks
    if options.task_ids is not None:
        kept = set(options.task_ids)
        tasks = [_among(task, kept) for task in tasks if task.task_id in kept]
    changes: dict[str, Any] = {}
    if options.pool is not None:
        changes["pool"] = options.pool
    if options.ignore_past:
        changes |= {"depends_on_past": False, "wait_for_downstream": False}
    if options.no_retries:
        changes["retries"] = 0
    if changes:
        tasks = [msgspec.structs.replace(task, **changes) for task in tasks]
    return msgspec.structs.replace(spec, tasks=tasks)


def _among(task: TaskSpec, kept: set[str]) -> TaskSpec:
    upstream = [name for name in task.upstream if name in kept]
    downstream = [name for name in task.downstream if name in kept]
    return msgspec.structs.replace(task, upstream=upstream, downstream=downstream)


def chosen_tasks(plan: Plan, named: Iterable[str], *, upstream: bool) -> list[str] | None:
    """The part of a DAG that was asked for, in the order of the file; None when that is the whole.

    With ``upstream`` also what the named tasks need. Setups and teardowns go with the work inside them. Raises
    InvalidArgument when a chosen task would be mapped over the value of one that is left out.
    """
    chosen = {plan.index[name] for name in named}
    if upstream:
        for i in list(chosen):
            chosen |= plan.above(i)
    for i in list(chosen):
        setups = plan.setups_around(i)
        chosen |= setups.union(*(plan.teardowns_of(j) for j in setups))
    ids = {plan.tasks[i].task_id for i in chosen}
    for i in chosen:
        left_out = [ref for ref in plan.tasks[i].refs if ref not in ids]
        if left_out:
            raise InvalidArgument(
                f"Task {plan.tasks[i].task_id!r} is mapped over what {left_out[0]!r} returns, which is left out.",
                field="task_ids",
                hint=f"Choose {left_out[0]!r} as well, or let the upstream tasks run too.",
            )
    return None if len(chosen) == len(plan.tasks) else [plan.tasks[i].task_id for i in sorted(chosen)]
