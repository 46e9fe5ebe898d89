"""What only the DAGs themselves can tell, once their file is imported: circles, dates, branches, sensors, names of values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from tradewind.checks.contract import DagSeen, FileReport, Finding, Use
from tradewind.checks.rules import BY_ERROR
from tradewind.checks.templates import check_templates
from tradewind.domain.spec import DagSpec
from tradewind.domain.timetables.building import build
from tradewind.errors import DagFileError
from tradewind.sdk.freeze import freeze
from tradewind.sdk.loading import LoadedFile
from tradewind.sdk.mapped import MappedOperator
from tradewind.sdk.operators.branch import BranchMixIn
from tradewind.sdk.sensors.base import BaseSensorOperator

#: More runs than these at the moment a DAG is switched on are worth a warning.
MANY_RUNS = 100
_COUNTED = 1000
_SEVEN_DAYS = 60 * 60 * 24 * 7
_JOINS = frozenset({"all_success", "all_done_setup_success"})


def check_loaded(loaded: LoadedFile, shown: str, path: Path, now: datetime, *, looks_like_dag: bool) -> FileReport:
    """Everything the DAGs of one file give."""
    report = FileReport()
    if not loaded.dags and looks_like_dag:
        report.findings.append(Finding(shown, 0, "TW002", "The file declares no DAG."))
    for dag in loaded.dags.values():
        report.dags.append(DagSeen(dag.dag_id, shown, dag.line or 0))
        try:
            spec = freeze(dag, fileloc=str(path))
        except DagFileError as error:
            report.findings.append(of_error(error, shown, dag.dag_id))
            continue
        place = Place(dag, shown, str(path))
        report.findings += _dates(spec, place, now)
        report.findings += _joins(place)
        for task in dag.tasks:
            report.findings += _sensor(task, place)
            report.findings += check_templates(task, dag, place.line_of(task), shown, report.uses)
            report.uses += _connections(task, place)
    return report


def of_error(error: DagFileError, shown: str, dag_id: str = "") -> Finding:
    """What stops a file from giving its DAGs."""
    return Finding(
        shown, error.line or 0, BY_ERROR.get(error.code, "TW001"), error.message, dag_id=dag_id, fix=error.hint or ""
    )


class Place:
    """Where the tasks of a DAG were written."""

    def __init__(self, dag: Any, shown: str, path: str) -> None:
        self.dag, self.shown, self._path = dag, shown, path

    def line_of(self, made: Any) -> int:
        """The line in this file; 0 for a task that another file made."""
        return int(made.line or 0) if (made.file or self._path) == self._path else 0

    def found(self, code: str, made: Any, message: str, fix: str = "") -> Finding:
        """A finding about the DAG or one of its tasks."""
        return Finding(self.shown, self.line_of(made), code, message, dag_id=self.dag.dag_id, fix=fix)


def _dates(spec: DagSpec, place: Place, now: datetime) -> Iterator[Finding]:
    start, end = spec.start_date, spec.end_date
    if start is not None and end is not None and end < start:
        yield place.found("TW204", place.dag, f"DAG {spec.dag_id} starts {start:%Y-%m-%d} and ends {end:%Y-%m-%d}.")
        return
    if spec.catchup is not True or start is None:
        return
    timetable = build(spec.timetable)
    if not timetable.periodic:
        return
    count, last = 0, None
    while count < _COUNTED:
        due = timetable.next_due(last, earliest=start, latest=end, catchup=True, now=now)
        if due is None or due.run_after > now or (last is not None and due.interval == last):
            break
        count, last = count + 1, due.interval
    if count > MANY_RUNS:
        many = f"{count:,}" if count < _COUNTED else f"more than {_COUNTED:,}"
        yield place.found(
            "TW202", place.dag, f"DAG {spec.dag_id} would make {many} runs at once, back to {start:%Y-%m-%d}."
        )


def _joins(place: Place) -> Iterator[Finding]:
    dag = place.dag
    for branch in dag.tasks:
        if not issubclass(branch.operator_class, BranchMixIn) or len(branch.downstream_task_ids) < 2:
            continue
        reach = {arm: dag.task_dict[arm].get_flat_relative_ids() for arm in branch.downstream_task_ids}
        for task in dag.tasks:
            if str(task.trigger_rule) not in _JOINS:
                continue
            through = {
                arm
                for arm, below in reach.items()
                if task.task_id != arm and any(up == arm or up in below for up in task.upstream_task_ids)
            }
            # An arm that other arms lead to is followed by the branch itself when it chooses it.
            apart = {arm for arm in through if not any(arm in reach[other] for other in through if other != arm)}
            if len(apart) > 1:
                yield place.found(
                    "TW304", task, f"{task.task_id} joins {' and '.join(sorted(apart))}, arms of {branch.task_id}."
                )


def _sensor(task: Any, place: Place) -> Iterator[Finding]:
    if not isinstance(task, BaseSensorOperator) or task.mode != "poke" or getattr(task, "deferrable", False):
        return
    if task.timeout >= _SEVEN_DAYS:
        yield place.found("TW501", task, f"{task.task_id} may wait {task.timeout / 86400:.0f} days in a slot.")


def _connections(task: Any, place: Place) -> Iterator[Use]:
    given = task.mapped_kwargs if isinstance(task, MappedOperator) else vars(task)
    for name, value in given.items():
        if (name.endswith("conn_id")) and isinstance(value, str) and value and "{{" not in value:
            yield Use("connection", value, place.shown, place.line_of(task), f"{place.dag.dag_id}.{task.task_id}")
