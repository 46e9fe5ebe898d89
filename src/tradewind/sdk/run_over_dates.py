"""``task.run(start_date=..., end_date=...)``: one task, in this process, once per interval of its DAG's schedule."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tradewind.sdk import moments
from tradewind.sdk.exceptions import AirflowException


class RunOverDates:
    """Gives operators ``run``, ``clear`` and ``get_task_instances``."""

    task_id: str
    start_date: Any

    def get_dag(self) -> Any:
        """The DAG, or None."""
        raise NotImplementedError

    def run(
        self,
        start_date: Any = None,
        end_date: Any = None,
        ignore_first_depends_on_past: bool = True,
        ignore_ti_state: bool = False,
        mark_success: bool = False,
        test_mode: bool = False,
        session: Any = None,
    ) -> None:
        """Render and execute it for each scheduled date from ``start_date`` to ``end_date``, both included.

        Needs no scheduler, no run and no database: what happened is kept with the DAG object (``get_task_instances``).
        What the task's code raises comes out as it is. A date that has succeeded is not run again before ``clear()``,
        unless ``ignore_ti_state`` says so. ``mark_success`` runs nothing.
        """
        from tradewind.sdk.bench import run_instance  # noqa: PLC0415  running knows tasks, not the reverse

        dag = self.get_dag()
        if dag is None:
            raise AirflowException(f"Task {self.task_id!r} is in no DAG, so it has no dates to run over.")
        first = moments.utc(start_date) or moments.utc(self.start_date) or moments.utc(dag.start_date)
        if first is None:
            raise AirflowException(f"Give start_date: neither task {self.task_id!r} nor its DAG has one.")
        for moment in dates_between(dag, first, moments.utc(end_date) or first):
            run_instance(
                self, dag.bench.facts(moment), dag.bench, ignore_ti_state=ignore_ti_state, mark_success=mark_success,
                test_mode=test_mode,
            )  # fmt: skip

    def clear(
        self,
        start_date: Any = None,
        end_date: Any = None,
        upstream: bool = False,
        downstream: bool = False,
        session: Any = None,
    ) -> int:
        """Forget that ``run`` ran it (and those above or below it) for these dates; how many were forgotten."""
        dag = self.get_dag()
        ids = {self.task_id}
        for wanted, direction in ((upstream, True), (downstream, False)):
            ids |= self.get_flat_relative_ids(upstream=direction) if wanted else set()  # type: ignore[attr-defined]
        return int(dag.clear(start_date, end_date, task_ids=ids)) if dag is not None else 0

    def get_task_instances(self, start_date: Any = None, end_date: Any = None, session: Any = None) -> list[Any]:
        """What ``run`` has done so far, one record per date."""
        dag = self.get_dag()
        return list(dag.bench.between(start_date, end_date, {self.task_id})) if dag is not None else []


def dates_between(dag: Any, first: datetime, last: datetime) -> list[datetime]:
    """The first date and each later one of the schedule up to the last."""
    dates, moment = [first], moments.utc(dag._schedule.following(first))
    while moment is not None and dates[-1] < moment <= last:
        dates.append(moment)
        moment = moments.utc(dag._schedule.following(moment))
    return dates
