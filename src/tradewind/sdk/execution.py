"""Run one attempt: context, templates, the author's code, callbacks; every ending becomes an outcome.

``execute`` never raises for what user code does: it logs the traceback to ``airflow.task`` and says how it ended. The
brain decides what follows.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import socket
import time
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tradewind.domain.messages import Finished, WorkOrder, XComValue
from tradewind.sdk import callbacks, current, lines, plugin_loading, stops
from tradewind.sdk.asset_events import collect_events
from tradewind.sdk.context import Context, take_dag_params
from tradewind.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    DownstreamTasksSkipped,
    TaskDeferred,
    UnmappableXComLengthPushed,
)
from tradewind.sdk.exchange import pack
from tradewind.sdk.execution_env import context_variables
from tradewind.sdk.limits import map_limit
from tradewind.sdk.mapped import map_label, mapped_over, too_long, unmap_for
from tradewind.sdk.rendered import rendered_fields
from tradewind.sdk.task_instance import RETURN_KEY, DagRun, TaskInstance
from tradewind.sdk.values import decode, to_json

if TYPE_CHECKING:
    from tradewind.sdk.base_operator import BaseOperator
    from tradewind.sdk.client import TaskClient

log = logging.getLogger("airflow.task")
#: XCom key under which the address of a link of that name is kept.
LINK_KEY = "_link_"
_host = ""
#: Their frames tell an author nothing.
_OWN_FILES = (__file__, str(Path(__file__).with_name("short_way.py")))


class Ending:
    """What is known of the end so far; becomes ``Finished``."""

    def __init__(self) -> None:
        self.outcome = "success"
        self.facts: dict[str, Any] = {}
        self.xcoms: list[XComValue] = []


def execute(
    task: BaseOperator,
    order: WorkOrder,
    client: TaskClient,
    *,
    test_mode: bool = False,
    wait_in_place: bool = True,
    alone: bool = False,
) -> Finished:
    """Run the attempt to its end and say how it ended.

    ``wait_in_place``: a trigger the task hands over to is waited for here, in the task's process. False: the outcome is
    ``deferred`` and a triggerer takes it over. ``alone``: nothing else will use this task object, so it may be changed
    instead of a copy.
    """
    context = context_of(task, order, now(), hostname(), test_mode=test_mode)
    ti = context.ti
    ending = Ending()
    brought = plugin_loading.loaded()
    before = current.enter(context, client)
    try:
        work = task
        if brought.policies is not None:
            plugin_loading.mutate_instance(ti)
        if brought.listeners:
            plugin_loading.tell("on_task_instance_running", previous_state="queued", task_instance=ti, session=None)
        try:
            work = _prepare(task, order, context, ending, alone)
            _run(work, order, context, ending, wait_in_place)
        except BaseException as error:
            _take(error, work, order, context, ending)
        return _close(work, order, context, ending)
    finally:
        current.leave(before)


def context_of(
    task: BaseOperator, order: WorkOrder, started: datetime, host: str, *, test_mode: bool = False
) -> Context:
    """The context of this attempt."""
    run = DagRun(order.run, task.get_dag())
    ti = TaskInstance(task, order, run)
    ti.started_at, ti.hostname, ti.pid, ti.test_mode = started, host, os.getpid(), test_mode
    return Context(task.get_dag(), task, ti, run)


def _close(work: Any, order: WorkOrder, context: Context, ending: Ending) -> Finished:
    """Callbacks, listeners and links of the outcome; then the report."""
    ti, brought = context.ti, plugin_loading.loaded()
    ti.state = ending.outcome
    if order.map_index >= 0 and "map_label" not in ending.facts:
        ending.facts["map_label"] = map_label(work, context)
    raised = ending.facts.get("exception")
    callbacks.after(work, context, ending.outcome, raised, retryable=ending.facts.get("retryable"))
    if brought.listeners:
        facts = {"previous_state": "running", "task_instance": ti, "error": raised, "session": None}
        plugin_loading.tell(f"on_task_instance_{ending.outcome}", **facts)
    if work.operator_extra_links or brought.global_links or brought.links:
        for name, address in plugin_loading.links_of(work, ti):
            ending.xcoms.append(XComValue(key=f"{LINK_KEY}{name}", value=json.dumps(address), length=None))
    ending.facts.pop("exception", None)
    return Finished(
        attempt_id=order.attempt_id,
        at=now(),
        outcome=ending.outcome,
        xcoms=ending.xcoms,
        started_at=ti.started_at,
        host=ti.hostname,
        pid=ti.pid,
        **ending.facts,
    )


def end_with_error(
    task: Any, order: WorkOrder, context: Context, error: BaseException, rendered: dict[str, Any] | None
) -> Finished:
    """The end of an attempt that went the short way (``short_way``) until this was raised."""
    ending = Ending()
    ending.facts["rendered"] = rendered or None
    _take(error, task, order, context, ending)
    return _close(task, order, context, ending)


def _prepare(task: BaseOperator, order: WorkOrder, context: Context, ending: Ending, alone: bool) -> Any:
    """The task, or a copy of it for this try, its templates rendered."""
    work: Any
    if task.is_mapped or order.map_index >= 0:
        work = unmap_for(task, order, context)
    else:
        work = task if alone else copy.copy(task)
    work.__dict__.setdefault("_dag", task.get_dag())
    take_dag_params(work, task.get_dag())
    context.task = work
    context["task"] = work
    context.ti.task = work
    work.render_template_fields(context)
    ending.facts["rendered"] = rendered_fields(work) or None
    return work


def _run(work: Any, order: WorkOrder, context: Context, ending: Ending, wait_in_place: bool) -> None:
    _export(work, context)
    callbacks.before(work, context)
    with stops.guarded(work, order.execution_timeout):
        work.pre_execute(context)
        result = _perform(work, order, context, wait_in_place)
        push(work, result, ending, context.ti)
        work.post_execute(context, result)
    ending.facts["asset_events"] = collect_events(work, context)


def _perform(work: Any, order: WorkOrder, context: Context, wait_in_place: bool) -> Any:
    resume = order.resume if order.resume and order.resume.get("method") else None
    while True:
        try:
            return work.execute(context) if resume is None else _resume(work, resume, context)
        except TaskDeferred as hand_over:
            if not wait_in_place:
                raise
            log.info("Waiting for trigger %s", hand_over.trigger)
            from tradewind.sdk.waiting import wait_for_trigger  # noqa: PLC0415  asyncio, for deferrable tasks only

            resume = wait_for_trigger(deferral(hand_over))


def _resume(work: Any, resume: dict[str, Any], context: Context) -> Any:
    # "kwargs" of a stored hand-over are the trigger's own; "next_kwargs" are the method's.
    kwargs = dict(_stored(resume.get("next_kwargs", None if "trigger" in resume else resume.get("kwargs"))) or {})
    method = resume["method"]
    if "event" in resume:
        kwargs["event"] = _stored(resume["event"])
    if method == "__fail__" and kwargs.get("traceback"):
        log.error("Trigger failed:\n%s", "".join(kwargs["traceback"]).rstrip())
    if method == "__end__":
        return _end_from_trigger(kwargs, context)
    return work.resume_execution(method, kwargs, context)


def _end_from_trigger(kwargs: dict[str, Any], context: Context) -> None:
    """A trigger that was waited for in place ended the task by itself."""
    for key, value in (kwargs.get("xcoms") or {}).items():
        context["ti"].xcompush(key=key, value=value)
    if kwargs["state"] == "failed":
        raise AirflowFailException("The trigger ended the task as failed.")
    if kwargs["state"] == "skipped":
        raise AirflowSkipException("The trigger ended the task as skipped.")


def _stored(value: Any) -> Any:
    """A value the store kept: JSON text of ``values``, or already a plain value."""
    if isinstance(value, str):
        try:
            return decode(value)
        except ValueError:
            return value
    return value


def push(work: Any, result: Any, ending: Ending, ti: Any) -> None:
    """Keep what the task returned, as its author wants it kept."""
    if not work.do_xcom_push or result is None:
        return
    if work.multiple_outputs:
        if not isinstance(result, dict):
            raise AirflowException(
                f"Returned output was type {type(result).__name__} expected dictionary for multiple_outputs"
            )
        for key, value in result.items():
            if not isinstance(key, str):
                raise AirflowException(
                    "Returned dictionary keys must be strings when using multiple_outputs, "
                    f"found {key!r} ({type(key).__name__}) instead"
                )
            text, length = pack(key, value, ti)
            ending.xcoms.append(XComValue(key=key, value=text, length=length))
    text, length = pack(RETURN_KEY, result, ti)
    if length is not None and length > map_limit() and (below := mapped_over(work)):
        raise UnmappableXComLengthPushed(too_long(f"The list task {below!r} maps over", length))
    ending.xcoms.append(XComValue(key=RETURN_KEY, value=text, length=length))


def _take(error: BaseException, work: Any, order: WorkOrder, context: Context, ending: Ending) -> None:
    """Turn what was raised into an outcome."""
    if isinstance(error, DownstreamTasksSkipped):
        ending.facts.update(error.__dict__.get("facts") or {"skip_downstream": [_name(t) for t in error.tasks]})
        value = error.__dict__.get("value")
        if value is not None and work.do_xcom_push:
            text, length = pack(RETURN_KEY, value, context.ti)
            ending.xcoms.append(XComValue(key=RETURN_KEY, value=text, length=length))
        ending.facts["asset_events"] = collect_events(work, context)
        return
    if isinstance(error, AirflowSkipException):
        ending.outcome = "skipped"
        log.info("%s", error if error.args else "Skipping task.")
        return
    if isinstance(error, AirflowRescheduleException):
        ending.outcome = "rescheduled"
        ending.facts["reschedule_at"] = error.reschedule_date
        log.info("Rescheduling task, marking task as UP_FOR_RESCHEDULE")
        return
    if isinstance(error, TaskDeferred):
        try:
            ending.facts["deferral"] = deferral(error)
        except Exception as problem:
            _fail(problem, work, context, ending, order)
            return
        ending.outcome = "deferred"
        log.info("Pausing task as DEFERRED. Trigger: %s", error.trigger)
        return
    _fail(error, work, context, ending, order)


def _name(task: Any) -> str:
    return task if isinstance(task, str) else str(task[0])


def deferral(error: TaskDeferred) -> dict[str, Any]:
    """The JSON form of a hand-over to a trigger."""
    path, kwargs = error.trigger.serialize()
    seconds = error.timeout.total_seconds() if error.timeout is not None else None
    return {
        "trigger": path,
        "kwargs": json.dumps(to_json(kwargs)),
        "method": error.method_name,
        "next_kwargs": json.dumps(to_json(error.kwargs or {})),
        "timeout": seconds,
    }


def _fail(error: BaseException, work: Any, context: Context, ending: Ending, order: WorkOrder) -> None:
    ending.outcome = "failed"
    ending.xcoms.clear()
    facts = ending.facts
    facts["exception"] = error
    facts["error"] = _last_line(error)
    if isinstance(error, SystemExit):
        facts["error"] = f"The task called sys.exit({error.code!r})."
    facts["retryable"] = not isinstance(error, AirflowFailException)
    _apply_policy(error, work, context, facts)
    if (
        isinstance(error, AirflowSensorTimeout)
        and getattr(work, "soft_fail", False)
        and not (facts["retryable"] and order.try_number < order.max_tries)
    ):
        ending.outcome = "skipped"
        facts.pop("exception")
        log.info("Skipping due to soft_fail: %s", error)
        return
    log.error("Task failed with exception\n%s", _trace(error))
    log.info("Task %s is written in %s, line %s.", work.task_id, work.file, work.line)


def _apply_policy(error: BaseException, work: Any, context: Context, facts: dict[str, Any]) -> None:
    """Ask the task's ``retry_policy(exception, context)``: False = no more tries, a duration = the wait."""
    policy = getattr(work, "retry_policy", None)
    if policy is None or not facts["retryable"]:
        return
    try:
        verdict = policy(error, context)
    except Exception:
        log.exception("retry_policy of %s failed; the task's own retries apply", work.task_id)
        return
    if verdict is False:
        facts["retryable"] = False
    elif isinstance(verdict, timedelta):
        facts["retry_delay"] = verdict.total_seconds()
    elif isinstance(verdict, (int, float)) and verdict is not True:
        facts["retry_delay"] = float(verdict)


def _trace(error: BaseException) -> str:
    """The traceback without this room's own frames, which tell the author nothing."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None and frames.tb_frame.f_code.co_filename in _OWN_FILES:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames)).rstrip()


def _last_line(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(type(error), error)).strip()[:2000]


def _export(work: Any, context: Context) -> None:
    """Put the facts of the run into the environment and say so in the log."""
    tell_environment(context_variables(work, context))


def tell_environment(exported: dict[str, str]) -> None:
    """Set these variables, and say so in the log."""
    environment = os.environ
    for name, value in exported.items():
        environment[name] = value
    text = "Exporting env vars: " + " ".join([f"{name}={value!r}" for name, value in exported.items()])
    if not lines.say("execution.py:1", text):
        log.info("%s", text)


def hostname() -> str:
    """How this machine is named, asked once."""
    global _host
    if not _host:
        _host = socket.gethostname()
    return _host


def now() -> datetime:
    """The moment, by the clock of this process."""
    # The attempt's own start and end are wall-clock facts of this process; no Clock reaches user code.
    return datetime.fromtimestamp(time.time(), UTC)


def encode_finished(finished: Finished) -> bytes:
    """JSON of a report, for tests and tools."""
    return msgspec.json.encode(finished)
