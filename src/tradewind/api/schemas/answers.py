"""What the public API answers, for its description. Answers are made by ``documents`` and not passed through these
models, which would cost more than the query; a test holds the two together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """A document; it may hold more than is described."""

    model_config = ConfigDict(extra="allow")


class Tag(Answer):
    """A label of a DAG."""

    name: str


class Dag(Answer):
    """One DAG."""

    dag_id: str
    dag_display_name: str
    description: str | None
    is_paused: bool
    is_active: bool
    fileloc: str
    owners: list[str]
    tags: list[Tag]
    timetable_summary: str | None
    timetable_description: str | None
    has_import_errors: bool
    max_active_runs: int
    max_active_tasks: int
    next_dagrun_logical_date: datetime | None
    next_dagrun_run_after: datetime | None


class DagCollection(Answer):
    """A page of DAGs."""

    dags: list[Dag]
    total_entries: int


class DagRun(Answer):
    """One run."""

    dag_id: str
    dag_run_id: str
    run_type: str
    state: str
    conf: dict[str, Any]
    note: str | None
    execution_date: datetime | None
    logical_date: datetime | None
    run_after: datetime
    start_date: datetime | None
    end_date: datetime | None
    duration: float | None
    data_interval_start: datetime | None
    data_interval_end: datetime | None
    external_trigger: bool
    triggered_by: str | None


class DagRunCollection(Answer):
    """A page of runs."""

    dag_runs: list[DagRun]
    total_entries: int


class TaskInstance(Answer):
    """One task instance. ``state`` is null before it is scheduled."""

    dag_id: str
    dag_run_id: str
    task_id: str
    map_index: int
    state: str | None
    try_number: int
    max_tries: int
    operator: str
    pool: str
    queue: str
    start_date: datetime | None
    end_date: datetime | None
    duration: float | None
    hostname: str
    note: str | None


class TaskInstanceCollection(Answer):
    """A page of task instances."""

    task_instances: list[TaskInstance]
    total_entries: int


class TouchedTask(Answer):
    """A task instance that a verb touched, or would touch."""

    dag_id: str
    dag_run_id: str
    task_id: str
    map_index: int


class TouchedTasks(Answer):
    """What a verb touched, or would touch."""

    task_instances: list[TouchedTask]
    total_entries: int


class Reason(Answer):
    """One reason why something does not run."""

    code: str
    text: str
    hint: str | None
    until: datetime | None
    facts: dict[str, Any]


class Why(Answer):
    """Why something does not run: the sentence that binds, and every reason behind it."""

    dag_id: str
    state: str | None
    why: str
    reasons: list[Reason]


class Problem(Answer):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    hint: str | None = None
    field: str | None = None


def described(model: type[Answer]) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route: this document, or a problem."""
    found: dict[int | str, dict[str, Any]] = {200: {"model": model}}
    return found | {status: {"model": Problem} for status in (401, 403, 404, 422)}
