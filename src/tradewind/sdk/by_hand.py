"""Runs and task instances that a test makes by hand: ``dag.create_dagrun``, ``TaskInstance(task, execution_date=...)``.

They live on the DAG's bench; what runs them is the same ``execute`` that runs tasks everywhere.
"""

from __future__ import annotations

from typing import Any

from tradewind.sdk import current, moments
from tradewind.sdk.exceptions import AirflowException


def make_run(
    dag: Any,
    moment: Any,
    *,
    run_id: str | None = None,
    conf: dict[str, Any] | None = None,
    run_type: Any = None,
    interval: Any = None,
    state: Any = "running",
    started_at: Any = None,
) -> Any:
    """A run on the DAG's bench."""
    from tradewind.sdk.task_instance import DagRun  # noqa: PLC0415  it inherits from here

    at = moments.utc(moment)
    kind = str(getattr(run_type, "value", run_type) or (run_id or "manual").partition("__")[0])
    kind = kind if kind in {"manual", "scheduled", "backfill", "asset_triggered"} else "manual"
    name = run_id or (f"{kind}__{at.isoformat()}" if at is not None else None)
    span = (moments.utc(interval[0]), moments.utc(interval[1])) if interval else None
    facts = dag.bench.facts(
        at, run_id=name, conf=conf, run_type=kind, interval=span, started_at=moments.utc(started_at)
    )
    run = DagRun(facts, dag)
    run.state = str(getattr(state, "value", state))
    return run


def run_of(task: Any, moment: Any, run_id: str | None) -> Any:
    """The run of a task instance that is named by its date: the one that ``task.run`` makes, or of that id."""
    if task.get_dag() is None:
        raise AirflowException(f"Task {task.task_id!r} is in no DAG, so there is no run it could be part of.")
    return make_run(task.dag, moment, run_id=run_id, run_type=None if run_id else "scheduled")


def make_order(task: Any, run: Any, map_index: int = -1) -> Any:
    """The order of the next try of that instance."""
    from tradewind.sdk import local_run  # noqa: PLC0415  it knows task instances, not the reverse

    note = task.dag.bench.record(task, run._facts, map_index)
    return local_run.make_order(task, run._facts, map_index, note.try_number + 1)


class ByHand:
    """Gives task instances that a test made ``run`` and a context outside of a running task."""

    task: Any
    map_index: int
    state: str | None

    def run(
        self, ignore_ti_state: bool = False, mark_success: bool = False, test_mode: bool = False, **_older: Any
    ) -> None:
        """Run it here, as ``task.run`` does for its date; its state is known afterwards. What its code raises comes out."""
        from tradewind.sdk.bench import run_instance  # noqa: PLC0415  it knows task instances, not the reverse

        bench, facts = self.task.dag.bench, self._facts()
        try:
            run_instance(
                self.task, facts, bench, map_index=self.map_index, ignore_ti_state=ignore_ti_state,
                mark_success=mark_success, test_mode=test_mode,
            )  # fmt: skip
        finally:
            self.refresh_from_db()

    def refresh_from_db(self, *_: Any, **__: Any) -> None:
        """Take over what the bench knows of it."""
        note = self.task.dag.bench.record(self.task, self._facts(), self.map_index)
        self.state, self.hostname, self.pid = note.state, note.hostname, note.pid
        self.end_date, self.started_at = note.end_date, note.start_date
        self.try_number = max(note.try_number, 1)

    def _facts(self) -> Any:
        return self.dag_run._facts  # type: ignore[attr-defined]  # the whole class has it

    def context_by_hand(self) -> Any:
        """A context for ``task.execute``; XComs are those of the bench."""
        from tradewind.sdk.context import Context  # noqa: PLC0415  it knows task instances, not the reverse

        dag = self.task.get_dag()
        return Context(dag, self.task, self, self.dag_run)  # type: ignore[arg-type, attr-defined]

    def render_templates(self, context: Any = None, *_: Any) -> Any:
        """Render the templated fields of ``self.task`` in place, and return the task."""
        context = context or self.context_by_hand()
        with current.running(context, self.task.dag.bench.client):
            self.task.render_template_fields(context)
        return self.task
