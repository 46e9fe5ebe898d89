"""``BaseOperator``: one unit of work with all that the engine must know of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from tradewind.errors import did_you_mean
from tradewind.sdk import moments, scope
from tradewind.sdk.construct import OperatorMeta, known_arguments
from tradewind.sdk.edges import DependencyMixin
from tradewind.sdk.exceptions import AirflowException, TaskDeferred, deferral_error
from tradewind.sdk.run_over_dates import RunOverDates
from tradewind.sdk.task_arguments import (
    check_key,
    checked_limits,
    default_retries,
    default_retry_delay,
    delta,
    listed,
    setting,
    weight_rule_name,
    whole,
)
from tradewind.sdk.task_relations import TaskRelations
from tradewind.sdk.templater import Templater
from tradewind.sdk.trigger_rule import TriggerRule, checked_rule

if TYPE_CHECKING:
    from tradewind.sdk.dag import DAG
    from tradewind.sdk.group import TaskGroup
    from tradewind.sdk.mapped import OperatorPartial
    from tradewind.sdk.xcom_arg import XComArg

Callbacks = Callable[..., Any] | Sequence[Callable[..., Any]] | None
_UNSET: Any = object()
#: Arguments of older releases that mean nothing here: accepted with a warning.
_TOLERATED = {"provide_context", "sla_miss_callback", "wait_for_past_depends_before_skipping"}


class BaseOperator(Templater, TaskRelations, RunOverDates, DependencyMixin, metaclass=OperatorMeta):
    """A task. Subclasses add arguments in ``__init__`` and do their work in ``execute``.

    Arguments are keyword-only; one that is not given comes from ``default_args``. ``template_fields`` names the
    instance attributes whose templates are rendered before ``execute``.
    """

    template_fields_renderers: ClassVar[dict[str, str]] = {}
    ui_color: str = "#fff"
    ui_fgcolor: str = "#000"
    operator_extra_links: Collection[Any] = ()
    inherits_from_empty_operator: ClassVar[bool] = False
    shallow_copy_attrs: Sequence[str] = ()
    #: facts freeze() passes on
    branches: ClassVar[bool] = False
    latest_only: ClassVar[bool] = False
    is_sensor: ClassVar[bool] = False
    is_mapped: ClassVar[bool] = False
    start_from_trigger: bool = False
    start_trigger_args: Any = None
    supports_lineage = False
    _dag: DAG | None = None

    def __init__(
        self,
        task_id: str,
        owner: str | None = None,
        email: str | Iterable[str] | None = None,
        email_on_retry: bool = True,
        email_on_failure: bool = True,
        retries: int | None = None,
        retry_delay: timedelta | float | None = None,
        retry_exponential_backoff: bool | float = False,
        max_retry_delay: timedelta | float | None = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        depends_on_past: bool = False,
        ignore_first_depends_on_past: bool = True,
        wait_for_downstream: bool = False,
        dag: DAG | None = None,
        params: dict[str, Any] | None = None,
        default_args: dict[str, Any] | None = None,
        priority_weight: int = 1,
        weight_rule: str = "downstream",
        queue: str | None = None,
        pool: str | None = None,
        pool_slots: int = 1,
        sla: timedelta | None = None,
        execution_timeout: timedelta | None = None,
        queue_timeout: timedelta | None = None,
        on_execute_callback: Callbacks = None,
        on_failure_callback: Callbacks = None,
        on_success_callback: Callbacks = None,
        on_retry_callback: Callbacks = None,
        on_skipped_callback: Callbacks = None,
        pre_execute: Callable[..., Any] | None = None,
        post_execute: Callable[..., Any] | None = None,
        trigger_rule: str = "all_success",
        resources: dict[str, Any] | None = None,
        run_as_user: str | None = None,
        task_concurrency: int | None = None,
        max_active_tis_per_dag: int | None = None,
        max_active_tis_per_dagrun: int | None = None,
        map_index_template: str | None = None,
        executor: str | None = None,
        executor_config: dict[str, Any] | None = None,
        isolation: str | None = None,
        limits: Any = None,
        do_xcom_push: bool = True,
        multiple_outputs: bool = False,
        inlets: Any = None,
        outlets: Any = None,
        task_group: TaskGroup | None = None,
        doc: str | None = None,
        doc_md: str | None = None,
        doc_json: str | None = None,
        doc_yaml: str | None = None,
        doc_rst: str | None = None,
        logger_name: str | None = None,
        allow_nested_operators: bool = True,
        render_template_as_native_obj: bool | None = None,
        task_display_name: str | None = None,
        retry_policy: Any = None,
        **kwargs: Any,
    ) -> None:
        self.file, self.line = scope.authors_place()
        task_group = task_group or (
            None if dag is not None and dag is not scope.current_dag() else scope.current_group()
        )
        prefix = task_group.child_prefix if task_group is not None else ""
        self.label = check_key(task_id, "task_id")
        self.task_id = check_key(prefix + task_id, "task_id")
        if kwargs:
            self._take_leftovers(kwargs)
            do_xcom_push = kwargs.pop("xcom_push", do_xcom_push)
        self.owner = owner or setting("operators", "default_owner", "airflow")
        self.email, self.email_on_retry, self.email_on_failure = email, email_on_retry, email_on_failure
        self.retries = whole(retries, "retries", self.task_id) if retries is not None else default_retries()
        self.retry_delay = delta(retry_delay, "retry_delay") if retry_delay is not None else default_retry_delay()
        self.retry_exponential_backoff = retry_exponential_backoff
        self.max_retry_delay = delta(max_retry_delay, "max_retry_delay") if max_retry_delay is not None else None
        self.start_date, self.end_date = moments.aware(start_date), moments.aware(end_date)
        self.depends_on_past = depends_on_past or wait_for_downstream
        self.ignore_first_depends_on_past, self.wait_for_downstream = ignore_first_depends_on_past, wait_for_downstream
        self.priority_weight = priority_weight
        self.weight_rule = weight_rule_name(weight_rule, self.task_id)
        self.queue = queue or setting("operators", "default_queue", "default")
        self.pool, self.pool_slots = pool or "default_pool", pool_slots
        if pool_slots < 1:
            raise ValueError(f"pool_slots of task {self.task_id!r} must be at least 1, not {pool_slots}")
        self.sla = sla
        if execution_timeout is not None and not isinstance(execution_timeout, timedelta):
            raise ValueError(
                "execution_timeout must be timedelta object but passed as type: " + str(type(execution_timeout))
            )
        self.execution_timeout, self.queue_timeout = execution_timeout, queue_timeout
        self.on_execute_callback, self.on_failure_callback = on_execute_callback, on_failure_callback
        self.on_success_callback, self.on_retry_callback = on_success_callback, on_retry_callback
        self.on_skipped_callback = on_skipped_callback
        self._pre_execute_hook, self._post_execute_hook = pre_execute, post_execute
        self.trigger_rule: str = checked_rule(trigger_rule, f"task {self.task_id!r}")
        self.resources, self.run_as_user, self.executor = resources, run_as_user, executor
        if task_concurrency is not None:
            scope.deprecated("task_concurrency is spelled max_active_tis_per_dag now.")
        self.max_active_tis_per_dag = max_active_tis_per_dag if max_active_tis_per_dag is not None else task_concurrency
        self.max_active_tis_per_dagrun, self.map_index_template = max_active_tis_per_dagrun, map_index_template
        self.executor_config, self.isolation = executor_config or {}, isolation
        self._limits = checked_limits(limits, self.task_id)
        self.do_xcom_push, self.multiple_outputs = do_xcom_push, multiple_outputs
        self.inlets, self.outlets = listed(inlets), listed(outlets)
        self.doc, self.doc_md, self.doc_json, self.doc_yaml, self.doc_rst = doc, doc_md, doc_json, doc_yaml, doc_rst
        self.logger_name, self.allow_nested_operators = logger_name, allow_nested_operators
        self.render_template_as_native_obj = render_template_as_native_obj
        self.task_display_name = task_display_name or self.label
        self.retry_policy = retry_policy
        self.params: Any = params or {}
        self.is_setup = self.is_teardown = False
        self.on_failure_fail_dagrun = False
        self.upstream_task_ids: set[str] = set()
        self.downstream_task_ids: set[str] = set()
        self.task_group: TaskGroup | None = None
        self._late_start_date = self.__dict__.get("_defaults_in_force", {}).get("start_date") is not None
        self._join(dag, task_group)

    def _take_leftovers(self, kwargs: dict[str, Any]) -> None:
        for name in [n for n in kwargs if n in _TOLERATED]:
            del kwargs[name]
            scope.deprecated(f"{type(self).__name__}: the argument {name} is no longer needed; leave it out.")
        if "xcom_push" in kwargs:
            scope.deprecated("xcom_push is spelled do_xcom_push now.")
        unknown = [name for name in kwargs if name != "xcom_push"]
        if unknown:
            hints = [h for h in (did_you_mean(n, known_arguments(type(self))) for n in unknown) if h]
            values = ", ".join(f"{n}={kwargs[n]!r}" for n in unknown)
            raise AirflowException(
                f"Invalid arguments were passed to {type(self).__name__} (task_id: {self.task_id}). "
                f"Invalid arguments were: {values}." + ("".join(" " + h for h in hints))
            )

    def _join(self, dag: DAG | None, group: TaskGroup | None) -> None:
        """Become part of the DAG and the group."""
        dag = dag or (group.dag if group is not None else None) or scope.current_dag()
        if dag is not None:
            self._dag = dag
            dag.add_task(self, group)
        if scope.setup_teardown:
            scope.setup_teardown[-1].take(self)

    def built(self) -> None:
        """Called once, when the outermost ``__init__`` has ended: results used as arguments become dependencies."""
        from tradewind.sdk.xcom_arg import link_arguments  # noqa: PLC0415  results know operators, not the reverse

        if not scope.detached:
            link_arguments(self)

    # -- where it belongs

    def get_dag(self) -> DAG | None:
        """The DAG, or None."""
        return self._dag

    def has_dag(self) -> bool:
        """Whether it belongs to a DAG."""
        return self._dag is not None

    @property
    def dag(self) -> DAG:
        """The DAG; AirflowException when there is none."""
        if self._dag is None:
            raise AirflowException(f"Operator {self.task_id!r} has not been assigned to a DAG yet")
        return self._dag

    @dag.setter
    def dag(self, dag: DAG | None) -> None:
        if dag is None:
            self._dag = None
            return
        if self._dag is not None and self._dag is not dag:
            raise AirflowException(f"The DAG assigned to task {self.task_id!r} can not be changed.")
        if self._dag is None:
            self._dag = dag
            dag.add_task(self, None)

    @property
    def dag_id(self) -> str:
        """Id of its DAG; text for people when there is none."""
        return self._dag.dag_id if self._dag is not None else f"adhoc_{self.owner}"

    @property
    def task_type(self) -> str:
        """Class name."""
        return type(self).__name__

    @property
    def operator_class(self) -> type:
        """The class."""
        return type(self)

    @property
    def operator_name(self) -> str:
        """What people call it."""
        return getattr(self, "custom_operator_name", None) or type(self).__name__

    @property
    def log(self) -> logging.Logger:
        """The logger whose lines land in the task's log."""
        cls = type(self)
        return logging.getLogger(self.logger_name or f"airflow.task.operators.{cls.__module__}.{cls.__name__}")

    @property
    def output(self) -> XComArg:
        """What the task returns, as a value other tasks can take."""
        from tradewind.sdk.xcom_arg import XComArg  # noqa: PLC0415  results know operators, not the reverse

        return XComArg(self)

    @property
    def roots(self) -> list[Any]:
        """Itself."""
        return [self]

    @property
    def leaves(self) -> list[Any]:
        """Itself."""
        return [self]

    # -- what it does

    def execute(self, context: Any) -> Any:
        """Do the work. The value returned is pushed as the XCom ``return_value``."""
        raise NotImplementedError(f"{type(self).__name__} has no execute method")

    def pre_execute(self, context: Any) -> None:
        """Called right before ``execute``."""
        if self._pre_execute_hook is not None:
            self._pre_execute_hook(context)

    def post_execute(self, context: Any, result: Any = None) -> None:
        """Called right after ``execute``."""
        if self._post_execute_hook is not None:
            self._post_execute_hook(context, result)

    def on_kill(self) -> None:
        """Called when the task is stopped from outside: end what it started."""

    def defer(
        self,
        *,
        trigger: Any,
        method_name: str,
        kwargs: dict[str, Any] | None = None,
        timeout: timedelta | int | float | None = None,
    ) -> None:
        """Hand over to a trigger; the task goes on in ``method_name`` when it fires."""
        raise TaskDeferred(trigger=trigger, method_name=method_name, kwargs=kwargs, timeout=timeout)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        """Called instead of ``execute`` after a trigger fired, or (as ``__fail__``) when it never will."""
        if next_method == "__fail__":
            raise deferral_error(next_kwargs)
        return getattr(self, next_method)(context, **(next_kwargs or {}))

    def xcom_push(self, context: Any, key: str, value: Any, execution_date: Any = None) -> None:
        """Push a value under ``key``."""
        context["ti"].xcom_push(key=key, value=value)

    def xcom_pull(self, context: Any, **kwargs: Any) -> Any:
        """Pull a value of the run."""
        return context["ti"].xcom_pull(**kwargs)

    def dry_run(self) -> None:
        """Log the rendered template fields."""
        for name in self.template_fields:
            self.log.info("Rendering template for %s: %s", name, getattr(self, name))

    # -- setup and teardown, mapping

    def as_setup(self) -> Self:
        """Make it a setup task."""
        self.is_setup = True
        return self

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool | None = None) -> Self:
        """Make it a teardown task, of the given setup tasks."""
        self.is_teardown = True
        self.trigger_rule = TriggerRule.ALL_DONE_SETUP_SUCCESS
        if on_failure_fail_dagrun is not None:
            self.on_failure_fail_dagrun = on_failure_fail_dagrun
        if setups is not None:
            for setup in setups if isinstance(setups, (list, tuple)) else [setups]:
                operator: Any = getattr(setup, "operator", setup)
                operator.is_setup = True
                operator.set_downstream(self)
        return self

    def __enter__(self) -> Self:
        if not (self.is_setup or self.is_teardown):
            raise AirflowException("Only setup/teardown tasks can be used as context managers.")
        from tradewind.sdk.setup_teardown import SetupTeardownScope  # noqa: PLC0415  only for these blocks

        scope.setup_teardown.append(SetupTeardownScope(self))
        return self

    def __exit__(self, *_: object) -> None:
        scope.setup_teardown.pop().close()

    @classmethod
    def partial(cls, **kwargs: Any) -> OperatorPartial:
        """Arguments shared by all instances; ``.expand(...)`` gives those that differ."""
        from tradewind.sdk.mapped import OperatorPartial  # noqa: PLC0415  mapping knows operators, not the reverse

        return OperatorPartial(cls, kwargs)

    def __repr__(self) -> str:
        return f"<Task({type(self).__name__}): {self.task_id}>"
