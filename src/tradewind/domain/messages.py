"""What crosses a process boundary.

Down: ``WorkOrder`` (run this attempt), ``TriggerOrder`` (wait for it), ``CancelOrder``.
Up: ``WorkReport`` (started, finished, lost, beat) and
``TaskRequest`` (a running task asks for or tells something), answered by a ``TaskReply``. Every message about a try
carries its attempt id: a stale one is refused by the store (ARCHITECTURE section 4, rule 2).

Frames on a pipe or socket are msgpack of these structs behind a 4-byte big-endian length (``encode``/``Decoder``).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec


class RunFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a task may know of its run."""

    dag_id: str
    run_id: str
    run_type: str  #: manual, scheduled, backfill, asset_triggered, dataset_triggered
    logical_date: datetime | None
    data_interval_start: datetime | None
    data_interval_end: datetime | None
    run_after: datetime
    started_at: datetime | None = None
    conf: dict[str, Any] = {}
    version_hash: str = ""
    #: interval of the last successful run before this one, for the prev_* template names
    prev_success: dict[str, datetime | None] = {}
    prev_logical_date: datetime | None = None
    next_logical_date: datetime | None = None
    triggered_by: str | None = None
    consumed_asset_events: list[dict[str, Any]] = []


class FileRef(msgspec.Struct, frozen=True, kw_only=True):
    """Which DAG file to import, and how to notice that it changed. ``key`` names the file zygote."""

    bundle: str
    root: str  #: absolute folder of the bundle on the machine that runs the task
    path: str  #: relative to root
    hash: str  #: content hash of what the file read when it was parsed


class CallbackOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which function of the DAG to call, and what to tell it besides the run. The order's task is the one the reason
    speaks of (the last one that failed, say), if there is any.
    """

    name: str  #: on_success_callback, on_failure_callback, sla_miss_callback, deadline
    reason: str  #: success, task_failure, timed_out, all_tasks_deadlocked, sla_miss, deadline_missed
    details: dict[str, Any] = {}
    run_state: str = ""
    run_ended_at: datetime | None = None


#: How ids of attempts that call a callback begin; those of tasks are hexadecimal.
CALLBACK_PREFIX = "cb-"


class WorkOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="order"):
    """Run one attempt of one task instance; or call a callback of its DAG."""

    attempt_id: str
    task_id: str
    map_index: int = -1
    try_number: int  #: 1 for the first
    max_tries: int  #: retries + 1 as of now; the last try has try_number >= max_tries
    run: RunFacts
    file: FileRef
    log_path: str  #: relative to the log folder
    isolation: str = "fork"
    queue: str = "default"
    pool: str = "default_pool"
    pool_slots: int = 1
    priority: int = 1
    executor: str = "local"
    execution_timeout: float | None = None
    operator: str = ""
    #: XComs of this run known when the order was written: {"task_id": {"key": json-text}}; a miss is asked for
    inputs: dict[str, dict[str, str]] = {}
    #: state kept by a deferral or reschedule: {"method", "next_kwargs": json, "event": json, "first_start": iso, "checks"}
    resume: dict[str, Any] | None = None
    queued_at: datetime | None = None
    map_length: int | None = None
    callback: CallbackOrder | None = None


class CancelOrder(msgspec.Struct, frozen=True, kw_only=True, tag="cancel"):
    """End the process of an attempt: it was cleared, marked, timed out or replaced."""

    attempt_id: str
    why: str


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True, tag="ack"):
    """The store has these final reports; the worker may forget them."""

    attempt_ids: list[str]


class XComValue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One pushed value, encoded by ``sdk.values`` (JSON text; the type tags of non-JSON values inside)."""

    key: str
    value: str
    length: int | None = None  #: of the list or dict, for dynamic mapping


class Started(msgspec.Struct, frozen=True, kw_only=True, tag="started"):
    """The attempt's process runs."""

    attempt_id: str
    at: datetime
    host: str
    pid: int


class Finished(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="finished"):
    """The attempt ended. The brain, not the worker, decides what follows (retry, skip of downstream ...)."""

    attempt_id: str
    at: datetime
    outcome: str  #: success, failed, skipped, rescheduled, deferred
    xcoms: list[XComValue] = []
    error: str | None = None  #: last line of the traceback, for people
    retryable: bool = True  #: False after AirflowFailException, or where a retry policy says so
    retry_delay: float | None = None  #: where the task itself chose it, seconds
    #: direct downstream ids to skip (branch), or None; ["*"] = all, with respect to trigger rules
    skip_downstream: list[str] | None = None
    skip_hard: bool = False  #: short-circuit: skip everything below, trigger rules ignored
    reschedule_at: datetime | None = None
    deferral: dict[str, Any] | None = None  #: {"trigger": path, "kwargs": json, "method": str, "timeout": s}
    asset_events: list[dict[str, Any]] = []
    rendered: dict[str, Any] | None = None  #: rendered template fields, for the page
    map_label: str | None = None
    exit_code: int | None = None
    signal: int | None = None
    started_at: datetime | None = None
    host: str = ""
    pid: int = 0


class Lost(msgspec.Struct, frozen=True, kw_only=True, tag="lost"):
    """The executor knows that the attempt will never report: its worker or process is gone, or it refused it."""

    attempt_id: str
    why: str
    started: bool = True  #: False when it surely never ran: it may be put back without counting a try
    counts: bool = True  #: False when we ended it ourselves: it is put back however often that happens


class Beat(msgspec.Struct, frozen=True, kw_only=True, tag="beat"):
    """These attempts are alive on this worker: renew their leases."""

    host: str
    worker: str
    attempt_ids: list[str]


class TaskRequest(msgspec.Struct, frozen=True, kw_only=True, tag="request"):
    """A running task asks. ``verb`` is a method name of ``sdk.client.TaskClient``; ``args`` its JSON arguments."""

    attempt_id: str
    number: int  #: echoes in the reply; unique per attempt
    verb: str
    args: dict[str, Any]


class TaskReply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="reply"):
    """The answer. ``error`` is {"code", "message", "hint"} and then ``value`` is None."""

    attempt_id: str
    number: int
    value: Any = None
    error: dict[str, Any] | None = None


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello"):
    """The first word of a worker host on a new connection: who it is and which attempts it holds."""

    worker: str  #: unique per life of the host
    pid: int
    fingerprint: str  #: of code and environment; a host with another one is let run out and replaced
    attempt_ids: list[str]  #: running, or ended and not acknowledged
    draining: bool = False  #: takes no new orders


class Shutdown(msgspec.Struct, frozen=True, kw_only=True, tag="shutdown"):
    """Go: at once with all tasks (``kill``), or when the tasks it has are done and acknowledged."""

    kill: bool


class TriggerOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="watch"):
    """Wait with this trigger in place of a deferred task instance. ``attempt_id`` names the deferral: a later one of
    the same instance has another, so that an event can be used once only.
    """

    attempt_id: str
    trigger: str  #: dotted path of the class
    kwargs: str  #: JSON text of ``sdk.values``
    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1
    try_number: int = 1
    file: FileRef
    log_path: str  #: of the try that waits, relative to the log folder


class TriggerFired(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="fired"):
    """The trigger saw what it waited for."""

    attempt_id: str
    at: datetime
    event: str  #: JSON text of the payload
    end_state: str | None = None  #: success, failed or skipped: the task ends here, without a worker
    xcoms: list[XComValue] = []


class TriggerFailed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="trigger_failed"):
    """The trigger will never fire: it raised, returned without an event, or could not be made."""

    attempt_id: str
    at: datetime
    error: str
    traceback: list[str] = []


class TriggerHealth(msgspec.Struct, frozen=True, kw_only=True, tag="health"):
    """How a triggerer does. It makes progress while the probe coroutine of each of its loops comes round."""

    pid: int
    triggers: int
    loops: int
    lag_seconds: float  #: of the slowest loop that is shared by several kinds of triggers
    blocked: list[str]  #: classes that have a process of their own because they held up a loop


WorkReport = Started | Finished | Lost | Beat
Up = Started | Finished | Lost | Beat | TaskRequest
Down = WorkOrder | CancelOrder | Acknowledged | TaskReply
#: What else a worker host on this machine and its scheduler say to each other.
HostUp = Up | Hello
HostDown = Down | Shutdown
#: What a triggerer and its scheduler say to each other.
TriggerUp = TriggerFired | TriggerFailed | TaskRequest | TriggerHealth
TriggerDown = TriggerOrder | CancelOrder | TaskReply

_encoder = msgspec.msgpack.Encoder()


def encode(message: msgspec.Struct) -> bytes:
    """One frame: length prefix and msgpack body."""
    body = _encoder.encode(message)
    return struct.pack(">I", len(body)) + body


T = TypeVar("T")


@cache
def _decoder(kind: Any) -> Any:
    """Making one takes a millisecond (it compiles the type): once per process, and zygotes hand it down."""
    return msgspec.msgpack.Decoder(kind)


class Decoder(Generic[T]):
    """Feeds on bytes as they arrive, yields whole messages of the given union type."""

    def __init__(self, kind: Any) -> None:
        self._decoder: msgspec.msgpack.Decoder[T] = _decoder(kind)
        self._buffer = bytearray()

    def whole(self, data: bytes) -> T | None:
        """The message, where ``data`` is just one and nothing was kept before; else None, and ``feed`` must take it."""
        if self._buffer or len(data) < 4 or int.from_bytes(data[:4], "big") != len(data) - 4:
            return None
        return self._decoder.decode(data[4:])

    def feed(self, data: bytes) -> Iterator[T]:
        """Yield every message completed by ``data``; keep the rest for the next call."""
        self._buffer += data
        buffer = self._buffer
        at = 0
        try:
            while len(buffer) - at >= 4:
                size = int.from_bytes(buffer[at : at + 4], "big")
                if len(buffer) - at - 4 < size:
                    break
                frame = bytes(memoryview(buffer)[at + 4 : at + 4 + size])
                at += 4 + size
                yield self._decoder.decode(frame)
        finally:
            del buffer[:at]  # also past a frame that cannot be decoded: it must not block those behind it
