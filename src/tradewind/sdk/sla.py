"""Tells of missed SLAs: one mail to the addresses of the tasks, and the DAG's ``sla_miss_callback``."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from tradewind.domain.messages import CallbackOrder, WorkOrder
from tradewind.sdk import callbacks, moments
from tradewind.sdk.task_glimpse import TaskGlimpse
from tradewind.sdk.task_instance import DagRun

log = logging.getLogger("airflow.task")
_FIVE = 5


class SlaMiss:
    """One missed SLA."""

    def __init__(self, dag_id: str, task_id: str, logical_date: Any, timestamp: Any, run_id: str) -> None:
        self.dag_id, self.task_id, self.run_id = dag_id, task_id, run_id
        self.execution_date = self.logical_date = logical_date
        self.timestamp = timestamp
        self.email_sent = self.notification_sent = False
        self.description: str | None = None

    def __repr__(self) -> str:
        return str((self.dag_id, self.task_id, self.execution_date.isoformat() if self.execution_date else self.run_id))


class Told:
    """What handlers are told, as five arguments or as one mapping."""

    def __init__(self, dag: Any, order: WorkOrder, told: CallbackOrder) -> None:
        details = told.details
        self.dag = dag
        at = moments.stamp(_moment(details.get("at")))
        self.slas = [
            SlaMiss(dag.dag_id, miss["task_id"], moments.stamp(_moment(miss["logical_date"])), at, miss["run_id"])
            for miss in details.get("misses", [])
        ]
        self.blocking_tis = [_glimpse(dag, order, entry) for entry in details.get("blocking", [])]
        self.task_list = "\n".join(_line(s.task_id, s.logical_date, s.run_id) for s in self.slas)
        self.blocking_task_list = "\n".join(
            _line(ti.task_id, ti.dag_run.logical_date, ti.run_id) for ti in self.blocking_tis
        )

    def five(self) -> tuple[Any, ...]:
        """In the order of Airflow."""
        return self.dag, self.task_list, self.blocking_task_list, self.slas, self.blocking_tis

    def mapping(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """By name, beside what callbacks are told of the run."""
        names = ("dag", "task_list", "blocking_task_list", "slas", "blocking_tis")
        return {**context, **dict(zip(names, self.five(), strict=True))}


def _moment(given: Any) -> datetime | None:
    return msgspec.convert(given, datetime) if isinstance(given, str) else given


def _line(task_id: str, date: Any, run_id: str) -> str:
    return f"{task_id} on {date.isoformat() if date is not None else run_id}"


def _glimpse(dag: Any, order: WorkOrder, entry: Mapping[str, Any]) -> TaskGlimpse:
    date = _moment(entry["logical_date"])
    facts = msgspec.structs.replace(order.run, run_id=entry["run_id"], logical_date=date)
    return TaskGlimpse(DagRun(facts, dag), entry["task_id"], entry["map_index"], entry["state"])


def call(function: Callable[..., Any], told: Told, context: Mapping[str, Any]) -> Any:
    """With five arguments, as Airflow does; with one mapping where it takes one; with none where it takes none."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return function(*told.five())
    places = [p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
    if len(places) >= _FIVE or any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return function(*told.five())
    return callbacks.call(function, told.mapping(context))


def calls(dag: Any, order: WorkOrder, told: CallbackOrder, context: Mapping[str, Any], sent: dict[str, bool]) -> Any:
    """The mail, then each handler; ``sent`` learns what people got."""
    what = Told(dag, order, told)

    def tell(function: Callable[..., Any]) -> None:
        log.info("Calling SLA miss callback %s", getattr(function, "__name__", type(function).__name__))
        call(function, what, context)
        sent["notification_sent"] = True

    return [
        lambda: mail(dag, what, sent),
        *(lambda f=function: tell(f) for function in callbacks.listed(dag.sla_miss_callback)),
    ]


def addresses_of(tasks: Iterable[Any]) -> list[str]:
    """Whom to write, each once."""
    from tradewind.sdk.operators.email import addresses  # noqa: PLC0415  only where somebody has an address

    return list(dict.fromkeys(one for task in tasks if task.email for one in addresses(task.email)))


def mail(dag: Any, told: Told, sent: dict[str, bool]) -> None:
    """One mail to the addresses of all tasks that are late."""
    late = {miss.task_id for miss in told.slas}
    tasks = [dag.task_dict[task_id] for task_id in sorted(late) if task_id in dag.task_dict]
    if not any(task.email for task in tasks):
        return
    from html import escape  # noqa: PLC0415  only where a mail is written

    from tradewind.sdk.operators.email import has_server, send_email  # noqa: PLC0415  only where a mail is written

    everyone = addresses_of(tasks)
    if not has_server():
        log.warning(
            "No SLA mail is sent to %s: neither [smtp] smtp_host nor a connection smtp_default is set", everyone
        )
        return
    body = (
        "Here's a list of tasks that missed their SLAs:\n"
        f"<pre><code>{escape(told.task_list)}\n</code></pre>\n"
        "Blocking tasks:\n"
        f"<pre><code>{escape(told.blocking_task_list)}\n</code></pre>\n"
    )
    send_email(everyone, f"[airflow] SLA miss on DAG={dag.dag_id}", body)
    sent["email_sent"] = True
    log.info("Sent an SLA mail to %s", everyone)
