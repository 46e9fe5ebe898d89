"""``task.run(start_date=..., end_date=...)``: one task, in this process, once per interval of its DAG's schedule."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tradewind.sdk import moments
from tradewind.sdk.exceptions import AirflowException


class RunOverDates:
    """Gives operators ``run``."""

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
    ) -> None:
        """Render and execute it for each scheduled date from ``start_date`` to ``end_date``, both included.

        Needs no scheduler and no store. Raises AirflowException at the first date that does not succeed.
        ``mark_success`` runs nothing.
        """
        from tradewind.sdk.local_run import run_task  # noqa: PLC0415  running knows tasks, not the reverse

        dag = self.get_dag()
        if dag is None:
            raise AirflowException(f"Task {self.task_id!r} is in no DAG, so it has no dates to run over.")
        first = moments.utc(start_date) or moments.utc(self.start_date) or moments.utc(dag.start_date)
        if first is None:
            raise AirflowException(f"Give start_date: neither task {self.task_id!r} nor its DAG has one.")
        if mark_success:
            return
        for moment in dates_between(dag, first, moments.utc(end_date) or first):
            finished = run_task(self, moment)
            if finished.outcome not in {"success", "skipped"}:
                raise AirflowException(
                    f"Task {self.task_id!r} ended {finished.outcome} for {moment.isoformat()}: {finished.error}"
                )


def dates_between(dag: Any, first: datetime, last: datetime) -> list[datetime]:
    """The first date and each later one of the schedule up to the last."""
    dates, moment = [first], moments.utc(dag._schedule.following(first))
    while moment is not None and dates[-1] < moment <= last:
        dates.append(moment)
        moment = moments.utc(dag._schedule.following(moment))
    return dates
