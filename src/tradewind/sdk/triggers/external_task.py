"""A trigger that waits for tasks or runs of another DAG."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from tradewind.sdk import current, moments
from tradewind.sdk.triggers.base import BaseTrigger, TriggerEvent


class WorkflowTrigger(BaseTrigger):
    """Fires when all looked-at tasks (or runs, when no task is named) are in an allowed state, or one in a failed one."""

    def __init__(
        self,
        external_dag_id: str,
        run_ids: list[str] | None = None,
        logical_dates: list[Any] | None = None,
        external_task_ids: list[str] | None = None,
        allowed_states: list[str] | None = None,
        failed_states: list[str] | None = None,
        poke_interval: float = 2.0,
        **_: Any,
    ) -> None:
        super().__init__()
        self.external_dag_id, self.run_ids, self.external_task_ids = external_dag_id, run_ids, external_task_ids
        self.logical_dates = logical_dates
        self.allowed_states: list[str] = allowed_states or ["success"]
        self.failed_states: list[str] = failed_states or []
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments."""
        names = (
            "external_dag_id",
            "run_ids",
            "logical_dates",
            "external_task_ids",
            "allowed_states",
            "failed_states",
            "poke_interval",
        )
        return "tradewind.sdk.triggers.external_task.WorkflowTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Ask, wait, ask again."""
        while True:
            failed: int = await asyncio.to_thread(self._hits, self.failed_states) if self.failed_states else 0
            if failed:
                yield TriggerEvent({"status": "failed"})
                return
            done: int = await asyncio.to_thread(self._hits, self.allowed_states)
            if done >= self._wanted():
                yield TriggerEvent({"status": "success"})
                return
            await asyncio.sleep(self.poke_interval)

    def _wanted(self) -> int:
        return len(self.run_ids or []) or len(self.logical_dates or []) or 1

    def _hits(self, states: list[str]) -> int:
        client = current.client()
        if client is None:
            raise RuntimeError("This process has no connection to Tradewind to ask for states.")
        known = [moments.utc(date) for date in self.logical_dates] if self.logical_dates is not None else None
        dates = [date for date in known if date is not None] if known is not None else None
        if not self.external_task_ids:
            return client.runs_count(
                dag_id=self.external_dag_id, states=states, logical_dates=dates, run_ids=self.run_ids
            )
        found = client.task_states(
            dag_id=self.external_dag_id,
            task_ids=self.external_task_ids,
            group_id=None,
            logical_dates=dates,
            run_ids=self.run_ids,
        )
        return sum(1 for tasks in found.values() if tasks and all(state in states for state in tasks.values()))
