"""What can be done with a DAG from outside of a scheduler: freeze it, check it, run it here, clear what ran here."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tradewind.sdk import moments
from tradewind.sdk.exceptions import AirflowException

if TYPE_CHECKING:
    from tradewind.domain.spec import DagSpec
    from tradewind.sdk.bench import Bench


class DagDoors:
    """Gives DAGs ``freeze``, ``test``, ``run``, ``clear``, ``cli`` and their kin."""

    dag_id: str
    start_date: datetime | None
    task_dict: dict[str, Any]
    default_args: dict[str, Any]

    def freeze(self, *, fileloc: str = "", bundle: str = "dags-folder") -> DagSpec:
        """What the brain needs to know of it."""
        from tradewind.sdk.freeze import freeze  # noqa: PLC0415  freeze knows DAGs, not the reverse

        return freeze(self, fileloc=fileloc, bundle=bundle)  # type: ignore[arg-type]

    def test_cycle(self) -> bool:
        """False. AirflowDagCycleException, which names both ends, when the tasks form a circle."""
        from tradewind.sdk.order import check_cycle  # noqa: PLC0415  order knows DAGs, not the reverse

        return check_cycle(self)

    def test(self, *args: Any, **kwargs: Any) -> Any:
        """Run the whole DAG once in this process; the run's facts are returned."""
        from tradewind.sdk.local_run import run_dag  # noqa: PLC0415  running knows DAGs, not the reverse

        return run_dag(self, *args, **kwargs)

    @cached_property
    def bench(self) -> Bench:
        """What this object remembers of runs by hand."""
        from tradewind.sdk.bench import Bench  # noqa: PLC0415  only for those who run it by hand

        return Bench(self)

    def run(
        self,
        start_date: Any = None,
        end_date: Any = None,
        mark_success: bool = False,
        conf: dict[str, Any] | None = None,
        run_backwards: bool = False,
        continue_on_failures: bool = False,
        **_older: Any,
    ) -> list[Any]:
        """Run it here once per date of its schedule from ``start_date`` to ``end_date``, both included, one after the
        other. Dates that have succeeded are left alone until ``clear()``. AirflowException at the first that fails.
        """
        from tradewind.sdk.local_run import run_on_bench  # noqa: PLC0415  running knows DAGs, not the reverse
        from tradewind.sdk.run_over_dates import dates_between  # noqa: PLC0415

        first = moments.utc(start_date) or moments.utc(self.start_date)
        if first is None:
            first = moments.utc(self.default_args.get("start_date"))
        if first is None:
            raise AirflowException(f"Give start_date: DAG {self.dag_id!r} has none.")
        dates = dates_between(self, first, moments.utc(end_date) or first)
        done, failed = [], []
        for moment in reversed(dates) if run_backwards else dates:
            run = run_on_bench(self, moment, conf, mark_success=mark_success)
            done.append(run)
            if run.state != "success":
                failed.append(run)
                if not continue_on_failures:
                    break
        if failed:
            told = "; ".join(f"{run.run_id}: {_bad(run.states)}" for run in failed)
            raise AirflowException(f"Some task instances of DAG {self.dag_id!r} failed: {told}.")
        return done

    def clear(
        self,
        start_date: Any = None,
        end_date: Any = None,
        task_ids: Any = None,
        only_failed: bool = False,
        dry_run: bool = False,
        **_older: Any,
    ) -> Any:
        """Forget what ran here between these dates (all of it without dates); how many task instances were forgotten.

        ``dry_run``: the records instead, nothing is forgotten. The runs of a scheduler are cleared with
        ``tradewind tasks clear``.
        """
        if "bench" not in self.__dict__:
            return [] if dry_run else 0
        wanted = None if task_ids is None else {t if isinstance(t, str) else t[0] for t in task_ids}
        notes = [
            note
            for note in self.bench.between(start_date, end_date, wanted)
            if not only_failed or note.state in {"failed", "upstream_failed"}
        ]
        return notes if dry_run else self.bench.forget(notes)

    def get_task_instances(
        self, start_date: Any = None, end_date: Any = None, state: Any = None, **_: Any
    ) -> list[Any]:
        """What ran here so far, one record per task instance."""
        wanted = {str(s) for s in (state if isinstance(state, (list, tuple, set)) else [state])} if state else None
        notes = self.bench.between(start_date, end_date)
        return [note for note in notes if wanted is None or note.state in wanted]

    def create_dagrun(
        self,
        state: Any = "running",
        execution_date: Any = None,
        run_id: str | None = None,
        start_date: Any = None,
        conf: dict[str, Any] | None = None,
        run_type: Any = None,
        data_interval: Any = None,
        logical_date: Any = None,
        **_more: Any,
    ) -> Any:
        """A run on the bench, for tests that run one task instance by hand: ``run.get_task_instance(...)``, ``ti.run()``."""
        from tradewind.sdk.by_hand import make_run  # noqa: PLC0415  only for those who run it by hand

        return make_run(
            self, logical_date or execution_date, run_id=run_id, conf=conf, run_type=run_type, interval=data_interval,
            state=state, started_at=start_date,
        )  # fmt: skip

    def cli(self) -> None:
        """For files that end with ``dag.cli()``: a small command line of this DAG alone (``python FILE --help``)."""
        from tradewind.sdk.dag_cli import main  # noqa: PLC0415  only for such files

        main(self)

    def get_template_env(self, *, force_sandboxed: bool = False) -> Any:
        """The Jinja environment of its tasks."""
        from tradewind.sdk.template import environment_for_dag  # noqa: PLC0415  loads the template engine on use

        return environment_for_dag(self)


def _bad(states: dict[str, str]) -> str:
    return ", ".join(f"{name} {state}" for name, state in states.items() if state in {"failed", "upstream_failed"})
