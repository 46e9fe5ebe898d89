"""The exit of the room: a DAG as the brain sees it. Everything an author wrote that the brain needs is in the spec."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from tradewind.domain.spec import DagSpec, DeadlineSpec, GroupSpec, LimitSpec, TaskSpec, TimetableSpec
from tradewind.errors import DagFileError, InvalidArgument
from tradewind.sdk import moments, watch
from tradewind.sdk.asset import describe
from tradewind.sdk.author_checks import check_params, check_types
from tradewind.sdk.group import TaskGroup
from tradewind.sdk.order import in_order
from tradewind.sdk.params import ParamsDict
from tradewind.sdk.plugin_loading import loaded
from tradewind.sdk.template import field_names
from tradewind.sdk.values import encode

if TYPE_CHECKING:
    from tradewind.sdk.dag import DAG

_TASK_CALLBACKS = ("on_execute", "on_success", "on_failure", "on_retry", "on_skipped")
_DAG_CALLBACKS = ("on_success", "on_failure", "on_execute")


def freeze(dag: DAG, *, fileloc: str, bundle: str = "dags-folder") -> DagSpec:
    """The spec. Raises CycleError or DagFileError with file, line and hint."""
    ordered = in_order(dag)
    _check_dates(dag, fileloc)
    check_types(dag, ordered, fileloc)
    weights = effective_weights(ordered)
    place = {task.task_id: number for number, task in enumerate(ordered)}
    try:
        tasks = [_task(task, weights[task.task_id], place) for task in ordered]
    except (TypeError, ValueError) as error:
        raise DagFileError(f"DAG {dag.dag_id!r}: {error}", file=fileloc, line=dag.line) from error
    schedule = dag._schedule
    timetable = _timetable(dag)
    return DagSpec(
        dag_id=dag.dag_id,
        fileloc=fileloc,
        bundle=bundle,
        description=dag.description,
        doc_md=dag.doc_md,
        display_name=dag.dag_display_name if dag.dag_display_name != dag.dag_id else None,
        tags=sorted(dag.tags),
        owners=sorted({task.owner for task in ordered}),
        owner_links=dag.owner_links,
        timetable=timetable,
        timezone=dag.timezone_name,
        start_date=moments.utc(_start_date(dag)),
        end_date=moments.utc(dag.end_date),
        catchup=None if dag.catchup is None else bool(dag.catchup),
        catchup_window=_window(dag),
        overlap=dag.overlap,
        queue_timeout=moments.seconds(dag.queue_timeout, "queue_timeout", optional=True),
        max_active_runs=schedule.active_runs_limit or dag.max_active_runs,
        max_active_tasks=dag.max_active_tasks,
        max_consecutive_failed_dag_runs=dag.max_consecutive_failed_dag_runs,
        backfill_intervals_per_run=_intervals_per_run(dag),
        team=dag.team,
        dagrun_timeout=moments.seconds(dag.dagrun_timeout, "dagrun_timeout", optional=True),
        is_paused_upon_creation=dag.is_paused_upon_creation,
        fail_fast=dag.fail_fast,
        params=_params(dag.params),
        default_view=dag.default_view,
        orientation=dag.orientation,
        access_control=_plain(dag.access_control) if dag.access_control is not None else None,
        callbacks=_callbacks(dag, ordered),
        deadlines=_deadlines(dag),
        edge_labels={f"{above}>{below}": label for (above, below), label in dag.edge_labels.items()},
        asset_expression=schedule.asset_condition.as_expression() if schedule.asset_condition is not None else None,
        tasks=tasks,
        groups=_groups(dag, place),
        extra=_extra(dag),
    )


def _check_dates(dag: DAG, fileloc: str) -> None:
    periodic = dag._schedule.spec.kind in {
        "cron",
        "cron_trigger",
        "delta",
        "once",
        "multi",
        "continuous",
        "business_days",
        "rrule",
    }
    if periodic:
        check_params(dag, fileloc)
    if periodic and _start_date(dag) is None:
        for task in dag.tasks:
            if task.start_date is not None:
                return
        if dag.task_dict and dag.catchup:
            raise DagFileError(
                f"DAG {dag.dag_id!r} has a schedule but no start_date.",
                file=fileloc,
                line=dag.line,
                hint="Give the DAG (or default_args) a start_date, or schedule=None.",
            )


def _window(dag: DAG) -> float | None:
    return dag.catchup.total_seconds() if isinstance(dag.catchup, dt.timedelta) else None


def _timetable(dag: DAG) -> TimetableSpec:
    """The schedule; an author's own timetable becomes the list of its next runs."""
    schedule = dag._schedule
    if schedule.timetable is None or not schedule.timetable.can_be_scheduled:
        return schedule.spec
    from tradewind.sdk.timetables import listed_runs  # noqa: PLC0415  only DAGs with a timetable of their own

    watch.note_volatile()
    dates = listed_runs(schedule.timetable, _start_date(dag), dag.end_date, bool(dag.catchup))
    known = schedule.spec
    args = {"event_dates": dates, "restrict_to_events": False, "description": known.description}
    return TimetableSpec(kind="events", args=args, summary=known.summary, description=known.description)


def _start_date(dag: DAG) -> dt.datetime | None:
    """The DAG's start date, else the earliest of its tasks."""
    if dag.start_date is not None:
        return dag.start_date
    dates = [task.start_date for task in dag.tasks if task.start_date is not None]
    return min(dates) if dates else None


def _intervals_per_run(dag: DAG) -> int:
    """How many intervals one run of a backfill may cover; 0 for all of them."""
    given = dag.backfill_intervals_per_run
    if given == "all":
        return 0
    if isinstance(given, int) and not isinstance(given, bool) and given >= 1:
        return given
    raise DagFileError(
        f'DAG {dag.dag_id!r}: backfill_intervals_per_run must be a number from 1 on, or "all", not {given!r}.',
        file=dag.file,
        line=dag.line,
        hint='Write backfill_intervals_per_run="all" where one run can do any stretch of time.',
    )


def effective_weights(ordered: list[Any]) -> dict[str, int]:
    """Priority of each task with its weight rule applied. Relatives are bit sets, so 5,000 tasks take milliseconds."""
    place = {task.task_id: number for number, task in enumerate(ordered)}
    by_weight: dict[int, int] = {}
    for number, task in enumerate(ordered):
        by_weight[task.priority_weight] = by_weight.get(task.priority_weight, 0) | (1 << number)

    def total(bits: int) -> int:
        return sum(weight * (bits & mask).bit_count() for weight, mask in by_weight.items())

    rules = {task.weight_rule for task in ordered}
    below = _relatives(ordered, place, downstream=True) if "downstream" in rules else []
    above = _relatives(ordered, place, downstream=False) if "upstream" in rules else []
    weights = {}
    for number, task in enumerate(ordered):
        related = below if task.weight_rule == "downstream" else above if task.weight_rule == "upstream" else None
        weights[task.task_id] = task.priority_weight + (total(related[number]) if related is not None else 0)
    return weights


def _relatives(ordered: list[Any], place: dict[str, int], *, downstream: bool) -> list[int]:
    found = [0] * len(ordered)
    numbers = range(len(ordered) - 1, -1, -1) if downstream else range(len(ordered))
    for number in numbers:
        bits = 0
        task = ordered[number]
        for task_id in task.downstream_task_ids if downstream else task.upstream_task_ids:
            other = place[task_id]
            bits |= found[other] | (1 << other)
        found[number] = bits
    return found


def _task(task: Any, weight: int, place: dict[str, int]) -> TaskSpec:
    exponential = task.retry_exponential_backoff
    group = task.task_group
    return TaskSpec(
        task_id=task.task_id,
        operator=task.operator_name,
        module=task.operator_class.__module__,
        upstream=sorted(task.upstream_task_ids, key=place.__getitem__),
        downstream=sorted(task.downstream_task_ids, key=place.__getitem__),
        group_id=group.group_id if group is not None and not group.is_root else None,
        trigger_rule=str(task.trigger_rule),
        owner=task.owner,
        retries=task.retries,
        retry_delay=task.retry_delay.total_seconds(),
        retry_exponential_backoff=2.0 if exponential is True else float(exponential or 0.0),
        max_retry_delay=moments.seconds(task.max_retry_delay, "max_retry_delay", optional=True),
        pool=task.pool,
        pool_slots=task.pool_slots,
        priority=weight,
        weight_rule=task.weight_rule,
        priority_weight=task.priority_weight,
        queue=task.queue,
        executor=task.executor,
        isolation=task.isolation or (task.get_dag().isolation if task.get_dag() is not None else None),
        queue_timeout=moments.seconds(task.queue_timeout, "queue_timeout", optional=True),
        execution_timeout=moments.seconds(task.execution_timeout, "execution_timeout", optional=True),
        start_date=moments.utc(own_date(task, "start_date")),
        end_date=moments.utc(own_date(task, "end_date")),
        depends_on_past=task.depends_on_past,
        wait_for_downstream=task.wait_for_downstream,
        ignore_first_depends_on_past=task.ignore_first_depends_on_past,
        max_active_tis_per_dag=task.max_active_tis_per_dag,
        max_active_tis_per_dagrun=task.max_active_tis_per_dagrun,
        limits=_limits(task),
        no_work=_needs_no_work(task),
        external_marker=_marker(task),
        branches=bool(task.branches),
        latest_only=bool(task.latest_only),
        is_sensor=bool(task.is_sensor),
        reschedules=bool(task.is_sensor) and getattr(task, "mode", "poke") == "reschedule",
        is_setup=task.is_setup,
        is_teardown=task.is_teardown,
        on_failure_fail_dagrun=task.on_failure_fail_dagrun,
        start_trigger=_start_trigger(task),
        mapped=task.expand_input.spec() if task.is_mapped else None,
        map_index_template=task.map_index_template,
        template_fields=field_names(task),
        template_renderers=dict(task.template_fields_renderers),
        params=_params(task.params),
        inlets=[describe(item) for item in task.inlets],
        outlets=[describe(item) for item in task.outlets],
        callbacks=[name for name in _TASK_CALLBACKS if getattr(task, f"{name}_callback", None)],
        sla=moments.seconds(task.sla, "sla", optional=True),
        doc=task.doc or task.doc_rst or task.doc_yaml or task.doc_json,
        doc_md=task.doc_md,
        label=task.task_display_name,
        ui_color=task.ui_color,
        ui_fgcolor=task.ui_fgcolor,
        extra_links=[
            str(getattr(link, "name", link)) for link in (*task.operator_extra_links, *loaded().links_of(task))
        ],
        line=task.line,
    )


def _limits(task: Any) -> list[LimitSpec]:
    if not task._limits:
        return []
    from tradewind.sdk.key_limits import specs  # noqa: PLC0415  few tasks have any

    return specs(task, {**task.get_dag().params, **task.params})


def _marker(task: Any) -> dict[str, Any] | None:
    describe_marker = getattr(task, "as_marker", None)
    return describe_marker() if describe_marker is not None and not task.is_mapped else None


def _needs_no_work(task: Any) -> bool:
    if (_marker(task) or {}).get("logical_date"):
        return False  # its date is known once it was rendered
    if not getattr(task.operator_class, "inherits_from_empty_operator", False) or task.is_mapped:
        return False
    if task._limits:
        return False
    watched = (task.on_execute_callback, task.on_success_callback, task._pre_execute_hook, task._post_execute_hook)
    inside_mapped = task.task_group is not None and any(True for _ in task.task_group.iter_mapped_groups())
    return not any(watched) and not task.outlets and not inside_mapped


def _start_trigger(task: Any) -> dict[str, Any] | None:
    args = task.start_trigger_args
    if not task.start_from_trigger or args is None or task.is_mapped:
        return None
    return {
        "trigger": args.trigger_cls,
        "kwargs": encode(args.trigger_kwargs or {})[0],
        "method": args.next_method,
        "next_kwargs": encode(args.next_kwargs or {})[0],
        "timeout": args.timeout.total_seconds() if args.timeout is not None else None,
    }


def own_date(task: Any, name: str) -> Any:
    """The task's own bound; None for the one it has from its DAG, which bounds the schedule and no manual run."""
    date, dag = getattr(task, name), task.get_dag()
    return None if dag is not None and date == getattr(dag, name) else date


def _params(params: Any) -> dict[str, Any]:
    known = params if isinstance(params, ParamsDict) else ParamsDict(params)
    return {name: {k: v for k, v in param.dump().items() if k != "__class"} for name, param in known.raw_items()}


def _callbacks(dag: DAG, tasks: list[Any]) -> list[str]:
    found = [name for name in _DAG_CALLBACKS if getattr(dag, f"{name}_callback", None)]
    late = [task for task in tasks if task.sla is not None]
    if late and dag.sla_miss_callback:
        found.append("sla_miss")
    if any(task.email for task in late):
        found.append("sla_email")
    return found


def _deadlines(dag: DAG) -> list[DeadlineSpec]:
    if dag.deadline is None:
        return []
    from tradewind.sdk.deadline import alerts_of  # noqa: PLC0415  few DAGs have any

    try:
        return [alert.spec() for alert in alerts_of(dag)]
    except InvalidArgument as error:
        raise DagFileError(error.message, file=dag.file, line=dag.line, hint=error.hint) from error


def _groups(dag: DAG, place: dict[str, int]) -> list[GroupSpec]:
    """Groups, the root first; children ordered so that what runs first is shown first."""
    first: dict[str, int] = {}

    def earliest(node: Any) -> int:
        if not isinstance(node, TaskGroup):
            return place.get(node.task_id, 0)
        if node.group_id not in first:
            first[node.group_id] = min((earliest(child) for child in node.children.values()), default=len(place))
        return first[node.group_id]

    specs = []
    todo = [dag.task_group]
    while todo:
        group = todo.pop(0)
        children = sorted(group.children, key=lambda name, g=group: earliest(g.children[name]))  # type: ignore[misc]
        specs.append(
            GroupSpec(
                group_id=group.group_id,
                parent=group.task_group.group_id if group.task_group is not None else None,
                label=group.label,
                tooltip=group.tooltip,
                children=children,
                mapped=group.map_inputs.spec() if group.map_inputs is not None else None,
                ui_color=group.ui_color,
                ui_fgcolor=group.ui_fgcolor,
            )
        )
        todo.extend(group.children[name] for name in children if isinstance(group.children[name], TaskGroup))
    return specs


def _extra(dag: DAG) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if dag.line is not None:
        extra["line"] = dag.line
    owner = dag.default_args.get("owner")
    if isinstance(owner, str):
        extra["default_args_owner"] = owner
    if dag.allowed_run_types:
        extra["allowed_run_types"] = [str(getattr(kind, "value", kind)) for kind in dag.allowed_run_types]
    if dag.render_template_as_native_obj:
        extra["render_template_as_native_obj"] = True
    return extra


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(str(item) for item in value)
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    return str(value)
