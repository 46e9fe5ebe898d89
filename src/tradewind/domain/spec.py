"""What the brain knows of a DAG: plain, frozen, serialisable values.

``sdk.freeze`` makes a ``DagSpec`` from the author's objects; ``codec`` turns it into JSON and back. Times are aware
UTC datetimes, durations are seconds (float). No field holds a user object: what only user code can tell (callbacks,
templates, operators' own arguments) stays in the DAG file, and the worker imports it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class TimetableSpec(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Which timetable, with its arguments. ``kind`` is a key of ``domain.timetables.KINDS`` or a plugin's path."""

    kind: str  #: none, once, cron, cron_trigger, delta, events, business_days, rrule, asset ...
    args: dict[str, Any] = {}  #: JSON values only, e.g. {"expression": "0 0 * * *", "timezone": "UTC"}
    summary: str = ""  #: what people read: "@daily", "None", "1 day, 0:00:00"
    description: str = ""  #: a sentence: "At 00:00"


class XComRef(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The value another task of the run pushes."""

    task_id: str
    key: str = "return_value"
    #: How the length of the value follows from the pushed one; None where only the task itself can tell.
    steps: list[dict[str, Any]] = []


class MapInput(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One mapped argument: either a literal of known length, or another task's value(s)."""

    name: str
    length: int | None = None
    refs: list[XComRef] = []
    combine: str = "one"  #: one, zip, zip_longest, concat: how the lengths of several refs give one


class MapSpec(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How a task (or a group) multiplies. Count = product of input lengths (expand) or the one length (kwargs)."""

    kind: str  #: "expand" or "expand_kwargs"
    inputs: list[MapInput]


class LimitSpec(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A limit over every task, of whatever DAG and pool, that names the same key: either so many at once, or so many
    starts in a stretch of time. The key may hold fields such as ``{{ params.customer }}`` (``domain.rules.keyed``).
    """

    key: str
    slots: int = 0  #: at once; 0: this is no limit of that kind
    take: int = 1  #: of the slots, how many an instance holds
    starts: int = 0  #: starts ...
    per: float = 0.0  #: ... in any so many seconds


class TaskSpec(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One task of a DAG as the brain sees it."""

    task_id: str
    operator: str = "BaseOperator"  #: class name, for people
    module: str = ""
    upstream: list[str] = []
    downstream: list[str] = []
    group_id: str | None = None
    trigger_rule: str = "all_success"
    owner: str = "airflow"
    retries: int = 0
    retry_delay: float = 300.0
    retry_exponential_backoff: float = 0.0  #: 0 = constant; otherwise the factor (True in a file means 2)
    max_retry_delay: float | None = None
    pool: str = "default_pool"
    pool_slots: int = 1
    priority: int = 1  #: the effective weight, the weight rule already applied
    weight_rule: str = "downstream"
    priority_weight: int = 1
    queue: str = "default"
    executor: str | None = None
    isolation: str | None = None  #: "fork", "fresh" or None = the setting decides
    execution_timeout: float | None = None  #: from its start
    queue_timeout: float | None = None  #: from being ready to its start
    start_date: datetime | None = None
    end_date: datetime | None = None
    depends_on_past: bool = False
    wait_for_downstream: bool = False
    ignore_first_depends_on_past: bool = True
    max_active_tis_per_dag: int | None = None
    max_active_tis_per_dagrun: int | None = None
    limits: list[LimitSpec] = []
    no_work: bool = False  #: an EmptyOperator without callbacks: succeeds with no slot and no worker
    branches: bool = False  #: may skip some of its direct downstream tasks when it ends
    latest_only: bool = False
    is_sensor: bool = False
    reschedules: bool = False
    is_setup: bool = False
    is_teardown: bool = False
    on_failure_fail_dagrun: bool = False
    #: start from a trigger with no worker: {trigger, kwargs, method, next_kwargs, timeout}, as in ``Finished.deferral``
    start_trigger: dict[str, Any] | None = None
    mapped: MapSpec | None = None
    map_index_template: str | None = None
    template_fields: list[str] = []
    template_renderers: dict[str, str] = {}
    params: dict[str, Any] = {}
    inlets: list[dict[str, Any]] = []
    outlets: list[dict[str, Any]] = []
    #: clearing this task clears that one of another DAG, too: {dag_id, task_id, logical_date, depth}. The date is None
    #: for that of the run, and a template is answered by what the task rendered when it ran
    external_marker: dict[str, Any] | None = None
    callbacks: list[str] = []  #: which of on_execute, on_success, on_failure, on_retry, on_skipped the author gave
    sla: float | None = None
    doc: str | None = None
    doc_md: str | None = None
    label: str = ""
    ui_color: str = "#fff"
    ui_fgcolor: str = "#000"
    extra_links: list[str] = []
    line: int | None = None  #: where in the file it was written


class DeadlineSpec(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A moment by which a run should have succeeded: so long after its reference."""

    reference: str  #: logical_date, queued_at, fixed, average_runtime
    interval: float
    at: datetime | None = None  #: of a fixed one
    max_runs: int = 10  #: of an average: over so many runs
    min_runs: int = 10  #: and none at all before there were so many


class GroupSpec(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A task group. The root group has group_id ""."""

    group_id: str
    parent: str | None = None
    label: str = ""
    tooltip: str = ""
    children: list[str] = []  #: ids of tasks and groups, in the order written
    mapped: MapSpec | None = None
    ui_color: str = "CornflowerBlue"
    ui_fgcolor: str = "#000"


class DagSpec(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One DAG as the brain sees it."""

    dag_id: str
    fileloc: str = ""  #: relative to the bundle
    bundle: str = "dags-folder"
    description: str | None = None
    doc_md: str | None = None
    display_name: str | None = None
    tags: list[str] = []
    owners: list[str] = []
    owner_links: dict[str, str] = {}
    timetable: TimetableSpec = TimetableSpec(kind="none", summary="None")
    timezone: str = "UTC"
    start_date: datetime | None = None
    end_date: datetime | None = None
    catchup: bool | None = None  #: None = the setting decides
    catchup_window: float | None = None  #: only runs that were due in the last so many seconds are caught up with
    overlap: str = "queue"  #: a run is due while max_active_runs others are active: queue, skip, cancel_old, cancel_new
    queue_timeout: float | None = None  #: a run that waits longer than this to start has failed
    max_active_runs: int | None = None
    max_active_tasks: int | None = None
    max_consecutive_failed_dag_runs: int = 0
    backfill_intervals_per_run: int = 1  #: how many intervals one run of a backfill may cover; 0 = all of them
    team: str | None = None  #: DAGs of a team share what its weight gives it
    dagrun_timeout: float | None = None
    is_paused_upon_creation: bool | None = None
    fail_fast: bool = False
    params: dict[str, Any] = {}  #: name -> {"value": ..., "schema": {...}, "description": ...}
    default_view: str = "grid"
    orientation: str = "LR"
    access_control: dict[str, Any] | None = None
    #: which of on_success, on_failure, on_execute, sla_miss the author gave; sla_email: a task with an SLA has addresses
    callbacks: list[str] = []
    deadlines: list[DeadlineSpec] = []
    edge_labels: dict[str, str] = {}  #: "a>b" -> label
    asset_expression: dict[str, Any] | None = None
    tasks: list[TaskSpec] = []
    groups: list[GroupSpec] = []
    extra: dict[str, Any] = {}
