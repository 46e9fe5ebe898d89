"""Limits that tasks share by a key: so many at once, or so many starts in a stretch of time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from tradewind.domain.rules.keyed import FIELDS, unknown_fields
from tradewind.domain.spec import LimitSpec


class ConcurrencyLimit:
    """At most ``slots`` instances at once among all tasks, of whatever DAG, that name the same key.

    The key may hold fields that each run fills in: ``{{ params.NAME }}``, ``{{ dag_id }}``, ``{{ task_id }}``,
    ``{{ run_id }}`` and ``{{ ds }}``, so that ``ConcurrencyLimit("{{ params.customer }}")`` runs one task at a time for
    each customer. ``take`` is how many of the slots an instance holds.
    """

    def __init__(self, key: str, slots: int = 1, *, take: int = 1) -> None:
        self.key = _key(key)
        self.slots = _number(slots, "slots", key)
        self.take = _number(take, "take", key)
        if take > slots:
            raise ValueError(
                f"ConcurrencyLimit({key!r}): take={take} is more than its {slots} slots, so it would never run"
            )

    def __repr__(self) -> str:
        return f"ConcurrencyLimit({self.key!r}, slots={self.slots})"

    def spec(self) -> LimitSpec:
        """As the scheduler keeps it."""
        return LimitSpec(key=self.key, slots=self.slots, take=self.take)


class RateLimit:
    """At most ``starts`` starts in any stretch of ``per`` among all tasks that name the same key and stretch."""

    def __init__(self, key: str, starts: int, per: timedelta | float = timedelta(minutes=1)) -> None:
        self.key = _key(key)
        self.starts = _number(starts, "starts", key)
        seconds = per.total_seconds() if isinstance(per, timedelta) else per
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < 1e9:
            raise ValueError(f"RateLimit({key!r}): per={per!r} must be a timedelta or a number of seconds above 0")
        self.per = float(seconds)

    def __repr__(self) -> str:
        return f"RateLimit({self.key!r}, {self.starts}, per={timedelta(seconds=self.per)})"

    def spec(self) -> LimitSpec:
        """As the scheduler keeps it."""
        return LimitSpec(key=self.key, starts=self.starts, per=self.per)


Limit = ConcurrencyLimit | RateLimit


def _key(key: Any) -> str:
    if not isinstance(key, str) or not key.strip():
        raise ValueError(f"the key of a limit must be a text such as 'api', not {key!r}")
    return key


def _number(value: Any, name: str, key: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"the limit {key!r}: {name} must be a whole number from 1, not {value!r}")
    return value


def checked(given: Any, task_id: str) -> tuple[Limit, ...]:
    """The limits of a task, one or several."""
    listed = given if isinstance(given, (list, tuple)) else [] if given is None else [given]
    for limit in listed:
        if not isinstance(limit, (ConcurrencyLimit, RateLimit)):
            raise TypeError(
                f"Task {task_id!r}: limits takes ConcurrencyLimit and RateLimit objects, not {limit!r}."
                ' Write limits=[ConcurrencyLimit("api", slots=5)].'
            )
    return tuple(listed)


def specs(task: Any, params: Iterable[str]) -> list[LimitSpec]:
    """Of a task, with the fields of their keys checked. Raises ValueError for one that no run could fill."""
    limits: tuple[Limit, ...] = task._limits
    known = list(params)
    for limit in limits:
        wrong = unknown_fields(limit.key, known)
        if wrong:
            raise ValueError(
                f"task {task.task_id!r}: the key {limit.key!r} names {wrong[0]!r}, which is not known before the task"
                f" runs; it may name {', '.join(FIELDS)} and params.NAME of a param that is declared"
                f"{' (' + ', '.join(known) + ')' if known else ''}"
            )
    return [limit.spec() for limit in limits]
