"""Triggers that wait for tasks or runs of another DAG."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from tradewind.sdk import current, moments
from tradewind.sdk.triggers.base import BaseTrigger, TriggerEvent

_HERE = "tradewind.sdk.triggers.external_task"


def _dates(given: list[Any] | None) -> list[datetime] | None:
    known = [moments.utc(date) for date in given] if given is not None else None
    return [date for date in known if date is not None] if known is not None else None


def _client() -> Any:
    client = current.client()
    if client is None:
        raise RuntimeError("This process has no connection to Tradewind to ask for states.")
    return client


class WorkflowTrigger(BaseTrigger):
    """Fires when all looked-at tasks (or runs, when no task is named) are in an allowed state, or one in a failed or
    skipped one.
    """

    def __init__(
        self,
        external_dag_id: str,
        run_ids: list[str] | None = None,
        logical_dates: list[Any] | None = None,
        external_task_ids: list[str] | None = None,
        external_task_group_id: str | None = None,
        allowed_states: list[str] | None = None,
        failed_states: list[str] | None = None,
        skipped_states: list[str] | None = None,
        poke_interval: float = 2.0,
        execution_dates: list[Any] | None = None,
        **_: Any,
    ) -> None:
        super().__init__()
        self.external_dag_id, self.run_ids, self.external_task_ids = external_dag_id, run_ids, external_task_ids
        self.logical_dates = logical_dates if logical_dates is not None else execution_dates
        self.external_task_group_id = external_task_group_id
        self.allowed_states: list[str] = allowed_states or ["success"]
        self.failed_states: list[str] = failed_states or []
        self.skipped_states: list[str] = skipped_states or []
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments."""
        names = (
            "external_dag_id",
            "run_ids",
            "logical_dates",
            "external_task_ids",
            "external_task_group_id",
            "allowed_states",
            "failed_states",
            "skipped_states",
            "poke_interval",
        )
        return f"{_HERE}.WorkflowTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Ask, wait, ask again."""
        while True:
            status = await asyncio.to_thread(self._status)
            if status is not None:
                yield TriggerEvent({"status": status})
                return
            await asyncio.sleep(self.poke_interval)

    def _status(self) -> str | None:
        if self.failed_states and self._hits(self.failed_states, any_one=True):
            return "failed"
        if self.skipped_states and self._hits(self.skipped_states, any_one=True):
            return "skipped"
        wanted = len(self.run_ids or []) or len(self.logical_dates or []) or 1
        return "success" if self._hits(self.allowed_states) >= wanted else None

    def _hits(self, states: list[str], *, any_one: bool = False) -> int:
        """Runs of which all tasks (or any) are in one of the states."""
        facts = {"dag_id": self.external_dag_id, "logical_dates": _dates(self.logical_dates), "run_ids": self.run_ids}
        if not self.external_task_ids and not self.external_task_group_id:
            return int(_client().runs_count(states=states, **facts))
        found = _client().task_states(
            task_ids=self.external_task_ids or None, group_id=self.external_task_group_id, **facts
        )
        enough = any if any_one else all
        return sum(1 for tasks in found.values() if tasks and enough(state in states for state in tasks.values()))


class DagStateTrigger(BaseTrigger):
    """Fires when all looked-at runs of a DAG are in one of the states."""

    def __init__(
        self,
        dag_id: str,
        states: list[str],
        run_ids: list[str] | None = None,
        execution_dates: list[Any] | None = None,
        poll_interval: float = 5.0,
    ) -> None:
        super().__init__()
        self.dag_id, self.states, self.run_ids, self.execution_dates = dag_id, states, run_ids, execution_dates
        self.poll_interval = poll_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments."""
        names = ("dag_id", "states", "run_ids", "execution_dates", "poll_interval")
        return f"{_HERE}.DagStateTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Ask, wait, ask again."""
        wanted = len(self.run_ids or []) or len(self.execution_dates or []) or 1
        while await asyncio.to_thread(self._count) < wanted:  # noqa: ASYNC110  the event is outside of this process
            await asyncio.sleep(self.poll_interval)
        yield TriggerEvent(self.serialize())

    def _count(self) -> int:
        return int(
            _client().runs_count(
                dag_id=self.dag_id, states=self.states, logical_dates=_dates(self.execution_dates), run_ids=self.run_ids
            )
        )
