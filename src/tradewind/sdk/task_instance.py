"""``DagRun`` and ``TaskInstance`` as a running task sees them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from tradewind.sdk import by_hand, current, moments, values, xcom
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.exchange import pack, whole
from tradewind.sdk.task_glimpse import TaskGlimpse

if TYPE_CHECKING:
    from tradewind.domain.messages import RunFacts, WorkOrder

RETURN_KEY = "return_value"
_UNSET: Any = object()


class TaskInstanceKey(NamedTuple):
    """Which try of which task instance."""

    dag_id: str
    task_id: str
    run_id: str
    try_number: int = 1
    map_index: int = -1

    @property
    def primary(self) -> tuple[str, str, str, int]:
        """The instance, whichever try."""
        return (self.dag_id, self.task_id, self.run_id, self.map_index)


class DagRun:
    """Facts of the run. Dates are Pendulum objects, made when asked for."""

    def __init__(self, facts: RunFacts, dag: Any = None) -> None:
        self._facts, self.dag = facts, dag
        self.dag_id, self.run_id, self.run_type = facts.dag_id, facts.run_id, facts.run_type
        self.conf: dict[str, Any] = dict(facts.conf)
        self.state = "running"
        self.external_trigger = facts.run_type not in {"scheduled", "backfill"}
        self.triggered_by = facts.triggered_by
        self.note: str | None = None
        self.end_date: Any = None

    @property
    def logical_date(self) -> Any:
        """Start of what the run covers."""
        return moments.stamp(self._facts.logical_date)

    execution_date = logical_date

    @property
    def data_interval_start(self) -> Any:
        """Start of the data interval."""
        return moments.stamp(self._facts.data_interval_start)

    @property
    def data_interval_end(self) -> Any:
        """End of the data interval."""
        return moments.stamp(self._facts.data_interval_end)

    @property
    def run_after(self) -> Any:
        """The moment from which it may run."""
        return moments.stamp(self._facts.run_after)

    @property
    def start_date(self) -> Any:
        """When it started."""
        return moments.stamp(self._facts.started_at or self._facts.run_after)

    queued_at = run_after

    @property
    def consumed_asset_events(self) -> list[Any]:
        """Asset events that made it."""
        from tradewind.sdk.asset_events import AssetEvent  # noqa: PLC0415  loaded when a task asks

        return [AssetEvent.of(facts) for facts in self._facts.consumed_asset_events]

    def get_task_instance(self, task_id: str, map_index: int = -1, **_: Any) -> Any:
        """State of another task of the run, or None. Outside of tasks: the instance, ready to be run by hand."""
        client = current.client()
        if client is None:
            task = self.dag.task_dict.get(task_id) if self.dag is not None else None
            return None if task is None else TaskInstance(task, dag_run=self, map_index=map_index)
        found = client.task_states(
            dag_id=self.dag_id, task_ids=[task_id], group_id=None, logical_dates=None, run_ids=[self.run_id]
        ).get(self.run_id, {})
        name = task_id if map_index < 0 else f"{task_id}_{map_index}"
        return TaskGlimpse(self, task_id, map_index, found[name]) if name in found else None

    def get_task_instances(self, state: Any = None) -> list[Any]:
        """States of the tasks of the run."""
        client = current.client()
        if client is None:
            return []
        found = client.task_states(
            dag_id=self.dag_id, task_ids=None, group_id=None, logical_dates=None, run_ids=[self.run_id]
        ).get(self.run_id, {})
        wanted = {str(s) for s in (state if isinstance(state, (list, tuple, set)) else [state])} if state else None
        return [TaskGlimpse(self, name, -1, text) for name, text in found.items() if wanted is None or text in wanted]

    def get_state(self) -> str:
        """Its state."""
        return self.state

    def __repr__(self) -> str:
        external = f"externally triggered: {self.external_trigger}"
        return f"<DagRun {self.dag_id} @ {self._facts.logical_date}: {self.run_id}, {external}>"


class TaskInstance(by_hand.ByHand):
    """The running task instance: who it is, its XComs, its history.

    A test makes one with ``TaskInstance(task, execution_date=...)`` or ``(task, run_id=...)`` and may ``run()`` it.
    """

    _order: WorkOrder
    dag_run: DagRun
    try_number: int

    def __init__(
        self,
        task: Any,
        order: WorkOrder | Any = None,
        dag_run: DagRun | Any = None,
        *,
        execution_date: Any = None,
        logical_date: Any = None,
        run_id: str | None = None,
        map_index: int = -1,
        state: Any = None,
        **_older: Any,
    ) -> None:
        self.by_hand = dag_run is None or order is None
        if self.by_hand:
            date = execution_date or logical_date or order  # Airflow 1 gave the date in second place
            dag_run = dag_run if dag_run is not None else by_hand.run_of(task, date, run_id)
            order = by_hand.make_order(task, dag_run, map_index)
        self.task, self.dag_run, self._order = task, dag_run, order
        self.task_id, self.dag_id, self.run_id = order.task_id, order.run.dag_id, order.run.run_id
        self.map_index, self.try_number, self.max_tries = order.map_index, order.try_number, max(order.max_tries - 1, 0)
        self.attempt_id = order.attempt_id
        self.state: str | None = (str(state) if state is not None else None) if self.by_hand else "running"
        self.queue, self.pool, self.pool_slots = order.queue, order.pool, order.pool_slots
        self.priority_weight, self.executor = order.priority, order.executor
        self.operator = order.operator or getattr(task, "task_type", "")
        self.hostname, self.pid, self.unixname = "", 0, ""
        self.started_at: datetime | None = None
        self.end_date: Any = None
        self.rendered_map_index: str | None = None
        self.next_method = (order.resume or {}).get("method")
        self.next_kwargs = (order.resume or {}).get("kwargs")
        self.test_mode = False

    @property
    def id(self) -> str:
        """The attempt."""
        return self.attempt_id

    @property
    def start_date(self) -> Any:
        """When this try started."""
        return moments.stamp(self.started_at)

    @property
    def queued_dttm(self) -> Any:
        """When it was queued."""
        return moments.stamp(self._order.queued_at)

    @property
    def execution_date(self) -> Any:
        """Logical date of the run."""
        return self.dag_run.logical_date

    logical_date = execution_date

    @property
    def duration(self) -> float | None:
        """Seconds; None while it runs."""
        return None

    @property
    def prev_attempted_tries(self) -> int:
        """Tries so far."""
        return self.try_number

    @property
    def key(self) -> TaskInstanceKey:
        """dag, task, run, try, map index."""
        return TaskInstanceKey(self.dag_id, self.task_id, self.run_id, self.try_number, self.map_index)

    @property
    def is_eligible_to_retry(self) -> bool:
        """Whether another try follows a failure of this one."""
        return self.try_number <= self.max_tries

    @property
    def log_url(self) -> str:
        """Where its log can be read."""
        from tradewind.sdk.configuration import settings  # noqa: PLC0415  only callbacks and mails ask

        known = settings()
        base = (
            known.get_str("api", "base_url") or f"http://{known.get_str('api', 'host')}:{known.get_int('api', 'port')}"
        )
        mapped = f"&map_index={self.map_index}" if self.map_index >= 0 else ""
        return f"{base.rstrip('/')}/dags/{self.dag_id}/runs/{self.run_id}/tasks/{self.task_id}?tab=log&try={self.try_number}{mapped}"

    mark_success_url = log_url

    @property
    def log_path(self) -> str:
        """The file with the log of this try, as the worker names it."""
        return self._order.log_path

    @property
    def log(self) -> logging.Logger:
        """The task's log."""
        return logging.getLogger("airflow.task")

    def get_dagrun(self, *_: Any) -> DagRun:
        """The run."""
        return self.dag_run

    def get_template_context(self, *_: Any, **__: Any) -> Any:
        """The context."""
        return self.context_by_hand() if self.by_hand else current.get_current_context()

    def _client(self) -> Any:
        """Who answers: the client of the running task; for an instance made by hand, outside of one, the bench."""
        client = current.client()
        if client is None and self.by_hand:
            client = self.task.dag.bench.client
            client.become(self.dag_id, self.run_id, self.task_id, self.map_index)
        return client

    def current_state(self) -> str | None:
        """Its state."""
        return self.state

    def get_previous_dagrun(self, state: str | None = None) -> Any:
        """Facts of the run before, or None."""
        client = self._client()
        return client.previous_run(dag_id=self.dag_id, run_id=self.run_id, state=state) if client else None

    def get_first_reschedule_date(self, _context: Any = None) -> Any:
        """When the first check of this try started, if it was rescheduled since."""
        text = (self._order.resume or {}).get("first_start")
        return moments.stamp(datetime.fromisoformat(text)) if text else None

    def get_reschedule_count(self, _context: Any = None) -> int:
        """How often this try gave its slot back."""
        return int((self._order.resume or {}).get("checks", 0))

    # -- XCom

    def xcom_push(self, key: str, value: Any, execution_date: Any = None, **_: Any) -> None:
        """Publish a value; other tasks see it at once."""
        if execution_date is not None and moments.aware(execution_date) != self._order.run.logical_date:
            raise ValueError(
                "execution_date can not be in the past or future "
                f"(current execution_date is {self._order.run.logical_date}; received {execution_date})"
            )
        client = self._client()
        if client is None:
            raise AirflowException("xcom_push works only inside a running task.")
        text, length = pack(key, value, self)
        client.xcom_push(key=key, value=text, length=length)

    def xcom_pull(
        self,
        task_ids: Any = None,
        dag_id: str | None = None,
        key: str | None = RETURN_KEY,
        include_prior_dates: bool = False,
        *,
        map_indexes: Any = None,
        default: Any = None,
        run_id: str | None = None,
        execution_date: Any = None,
        session: Any = None,
    ) -> Any:
        """A value; a list of values when ``task_ids`` or ``map_indexes`` is a list. ``default`` where there is none.

        ``key=None``: what was pushed last, under whatever key.
        """
        del session
        if execution_date is not None and run_id is None:
            run_id = self._run_of(dag_id or self.dag_id, execution_date)
        if task_ids is None:
            if not include_prior_dates and map_indexes is None:
                return self._latest(dag_id, run_id, key, default)
            task_ids = self.task_id
        asked: dict[str, Any] = {"dag_id": dag_id, "run_id": run_id, "prior": include_prior_dates}
        if isinstance(task_ids, str):
            if map_indexes is None or isinstance(map_indexes, int):
                return self._pull(task_ids, key, map_indexes, default, **asked)
            return [self._pull(task_ids, key, index, default, **asked) for index in map_indexes]
        if map_indexes is None or isinstance(map_indexes, int):
            return [self._pull(name, key, map_indexes, default, **asked) for name in task_ids]
        return [self._pull(n, key, i, default, **asked) for n in task_ids for i in map_indexes]

    def _latest(self, dag_id: str | None, run_id: str | None, key: str | None, default: Any) -> Any:
        """What was pushed last in the run, by whichever task (and, without a key, under whichever key)."""
        client = self._client()
        if client is None:
            return default
        where = {"dag_id": dag_id or self.dag_id, "run_id": run_id or self.run_id}
        text = client.xcom_latest(**where, task_id=None, key=key)
        if text is None:
            return default
        kind = xcom.backend()
        return values.decode(text) if kind is None else xcom.from_stored(kind, key or RETURN_KEY, whole(text), **where)

    def _run_of(self, dag_id: str, date: Any) -> str | None:
        client = self._client()
        if client is None:
            return None
        moment = moments.aware(date)
        found = client.task_states(
            dag_id=dag_id, task_ids=None, group_id=None, logical_dates=[moment] if moment else [], run_ids=None
        )
        return next(iter(found), None)

    def _pull(
        self,
        task_id: str,
        key: str | None,
        map_index: int | None,
        default: Any,
        *,
        dag_id: str | None = None,
        run_id: str | None = None,
        prior: bool = False,
        decode: Callable[[str], Any] = values.decode,
    ) -> Any:
        client = self._client()
        here = (dag_id is None or dag_id == self.dag_id) and (run_id is None or run_id == self.run_id)
        text: str | None = None
        if here and map_index in {None, -1} and not prior:
            text = self._order.inputs.get(task_id, {}).get(key) if key is not None else None
        if text is None and client is not None:
            where: dict[str, Any] = {
                "dag_id": dag_id or self.dag_id,
                "run_id": run_id or self.run_id,
                "task_id": task_id,
                "key": key,
            }
            text = client.xcom_get_prior(**where) if prior else client.xcom_get(**where, map_index=map_index)
        if text is None:
            return default
        kind = xcom.backend()
        if kind is None:
            return decode(text)
        text = whole(text)
        record = {"dag_id": dag_id or self.dag_id, "run_id": run_id or self.run_id, "task_id": task_id}
        if map_index is None and here and self._multiplies(task_id):
            return [
                xcom.from_stored(kind, key or RETURN_KEY, whole(json.dumps(form)), **record)
                for form in json.loads(text)
            ]
        return xcom.from_stored(kind, key or RETURN_KEY, text, **record)

    def _multiplies(self, task_id: str) -> bool:
        """Whether that task of this DAG has instances, so that its value is a list of theirs."""
        dag = self.task.get_dag()
        other = dag.task_dict.get(task_id) if dag is not None else None
        if other is None:
            return False
        return other.is_mapped or (
            other.task_group is not None and any(True for _ in other.task_group.iter_mapped_groups())
        )

    def pull_for(self, operator: Any, key: str, default: Any, decode: Callable[[str], Any] = values.decode) -> Any:
        """The value of a result taken as an argument: of the same mapped instance where both are in one mapped group."""
        index = None
        if self.map_index >= 0 and operator.task_group is not None and self.task.task_group is not None:
            theirs = {id(g) for g in operator.task_group.iter_mapped_groups()}
            if theirs & {id(g) for g in self.task.task_group.iter_mapped_groups()}:
                index = self.map_index
        return self._pull(operator.task_id, key, index, default, decode=decode)

    def __repr__(self) -> str:
        mapped = f" map_index={self.map_index}" if self.map_index >= 0 else ""
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run_id}{mapped} [{self.state}]>"


def as_json(value: Any) -> str:
    """JSON text of anything, for logs."""
    return json.dumps(value, default=str)
