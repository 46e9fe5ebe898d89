"""A running task's side of ``sdk.client.TaskClient``: each verb is one frame to the host and one frame back."""

from __future__ import annotations

import os
import threading
from collections import deque
from datetime import datetime
from typing import Any, cast

from tradewind import errors
from tradewind.domain.messages import Decoder, TaskReply, TaskRequest, TriggerFailed, TriggerFired, encode
from tradewind.worker.wire import Launch, TaskDown, TaskUp

_ERRORS: dict[str, type[errors.TradewindError]] = {
    kind.code: kind
    for kind in (
        errors.UserMistake,
        errors.InvalidArgument,
        errors.NotFound,
        errors.Conflict,
        errors.Forbidden,
        errors.OutsideTrouble,
        errors.DatabaseTrouble,
    )
}


#: More than most orders need, and little enough to be a part of a page of memory.
_READ = 3072


class Channel:
    """The socket between one task and its host, blocking, framed. Plain reads and writes of the descriptor: a socket
    object would cost each task a dozen page copies.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._decoder: Decoder[TaskDown] = Decoder(TaskDown)
        self._ready: deque[TaskDown] = deque()
        self._lock = threading.Lock()  # threads of the task log, and a log line may have secrets to tell

    def use(self, fd: int) -> None:
        """Take this descriptor; for a channel that was made before there was one."""
        self._fd = fd

    def send(self, message: TaskUp | TriggerFired | TriggerFailed) -> None:
        """All of it, at once."""
        data = encode(message)
        with self._lock:
            sent = os.write(self._fd, data)
            while sent < len(data):
                sent += os.write(self._fd, data[sent:])

    def receive(self) -> TaskDown | None:
        """The next message; None when the host let go."""
        while not self._ready:
            data = os.read(self._fd, _READ)
            if not data:
                return None
            message = self._decoder.whole(data)  # nearly always: a third of the steps, in a process that pays for each
            if message is not None:
                return message
            self._ready.extend(self._decoder.feed(data))
        return self._ready.popleft()


class PipeClient:
    """``TaskClient`` over the attempt's socket. Any thread of the task may use it; a process it forks may not."""

    def __init__(self, channel: Channel, attempt_id: str) -> None:
        self._channel = channel
        self._attempt_id = attempt_id
        self._number = 0
        self._lock = threading.Lock()
        self._pid = os.getpid()

    def use(self, attempt_id: str) -> None:
        """Speak for this attempt; for a client that was made before there was one, in another process."""
        self._attempt_id, self._pid = attempt_id, os.getpid()

    def _ask(self, verb: str, **args: Any) -> Any:
        if os.getpid() != self._pid:
            raise errors.OutsideTrouble(
                f"A process forked by the task asked for {verb}; only the task's own process can talk to its worker.",
                hint="Read what the child needs before starting it and pass it on.",
            )
        with self._lock:
            self._number += 1
            number = self._number
            self._channel.send(TaskRequest(attempt_id=self._attempt_id, number=number, verb=verb, args=args))
            while True:
                reply = self._channel.receive()
                if reply is None:
                    raise errors.OutsideTrouble(f"The worker host went away while the task waited for {verb}.")
                # An answer to an earlier question that was interrupted (a time-out) is dropped.
                if isinstance(reply, TaskReply) and reply.number == number:
                    break
        return self.answer(verb, reply)

    @staticmethod
    def answer(verb: str, reply: TaskReply) -> Any:
        """The value of a reply; a refusal is raised as the error it stands for."""
        if reply.error is not None:
            kind = _ERRORS.get(str(reply.error.get("code")), errors.OutsideTrouble)
            raise kind(str(reply.error.get("message", f"{verb} failed.")), hint=reply.error.get("hint"))
        return reply.value

    def xcom_get(self, *, dag_id: str, run_id: str, task_id: str, key: str | None, map_index: int | None) -> str | None:
        """See ``TaskClient``."""
        value = self._ask("xcom_get", dag_id=dag_id, run_id=run_id, task_id=task_id, key=key, map_index=map_index)
        return cast("str | None", value)

    def xcom_latest(self, *, dag_id: str, run_id: str, task_id: str | None, key: str | None) -> str | None:
        """See ``TaskClient``."""
        return cast("str | None", self._ask("xcom_latest", dag_id=dag_id, run_id=run_id, task_id=task_id, key=key))

    def xcom_get_prior(self, *, dag_id: str, run_id: str, task_id: str, key: str | None) -> str | None:
        """See ``TaskClient``."""
        value = self._ask("xcom_get_prior", dag_id=dag_id, run_id=run_id, task_id=task_id, key=key)
        return cast("str | None", value)

    def xcom_push(self, *, key: str, value: str, length: int | None) -> None:
        """See ``TaskClient``."""
        self._ask("xcom_push", key=key, value=value, length=length)

    def xcom_delete(self, *, dag_id: str, run_id: str, task_id: str, key: str, map_index: int) -> None:
        """See ``TaskClient``."""
        self._ask("xcom_delete", dag_id=dag_id, run_id=run_id, task_id=task_id, key=key, map_index=map_index)

    def variable_get(self, *, key: str) -> str | None:
        """See ``TaskClient``."""
        return cast("str | None", self._ask("variable_get", key=key))

    def variable_set(self, *, key: str, value: str, description: str | None) -> None:
        """See ``TaskClient``."""
        self._ask("variable_set", key=key, value=value, description=description)

    def variable_delete(self, *, key: str) -> bool:
        """See ``TaskClient``."""
        return bool(self._ask("variable_delete", key=key))

    def connection_get(self, *, conn_id: str) -> dict[str, Any] | None:
        """See ``TaskClient``."""
        return cast("dict[str, Any] | None", self._ask("connection_get", conn_id=conn_id))

    def run_trigger(
        self,
        *,
        dag_id: str,
        run_id: str | None,
        logical_date: datetime | None,
        conf: dict[str, Any],
        reset: bool,
        note: str | None = None,
    ) -> dict[str, Any]:
        """See ``TaskClient``."""
        value = self._ask(
            "run_trigger", dag_id=dag_id, run_id=run_id, logical_date=logical_date, conf=conf, reset=reset, note=note
        )
        return cast("dict[str, Any]", value)

    def run_get(self, *, dag_id: str, run_id: str) -> dict[str, Any] | None:
        """See ``TaskClient``."""
        return cast("dict[str, Any] | None", self._ask("run_get", dag_id=dag_id, run_id=run_id))

    def runs_count(
        self, *, dag_id: str, states: list[str] | None, logical_dates: list[datetime] | None, run_ids: list[str] | None
    ) -> int:
        """See ``TaskClient``."""
        return int(self._ask("runs_count", dag_id=dag_id, states=states, logical_dates=logical_dates, run_ids=run_ids))

    def task_states(
        self,
        *,
        dag_id: str,
        task_ids: list[str] | None,
        group_id: str | None,
        logical_dates: list[datetime] | None,
        run_ids: list[str] | None,
    ) -> dict[str, dict[str, str]]:
        """See ``TaskClient``."""
        value = self._ask(
            "task_states",
            dag_id=dag_id,
            task_ids=task_ids,
            group_id=group_id,
            logical_dates=logical_dates,
            run_ids=run_ids,
        )
        return cast("dict[str, dict[str, str]]", value)

    def dag_exists(self, *, dag_id: str) -> dict[str, Any] | None:
        """See ``TaskClient``."""
        return cast("dict[str, Any] | None", self._ask("dag_exists", dag_id=dag_id))

    def previous_run(self, *, dag_id: str, run_id: str, state: str | None) -> dict[str, Any] | None:
        """See ``TaskClient``."""
        value = self._ask("previous_run", dag_id=dag_id, run_id=run_id, state=state)
        return cast("dict[str, Any] | None", value)

    def ti_history(self, *, dag_id: str, run_id: str, task_id: str, map_index: int) -> dict[str, Any]:
        """See ``TaskClient``."""
        value = self._ask("ti_history", dag_id=dag_id, run_id=run_id, task_id=task_id, map_index=map_index)
        return cast("dict[str, Any]", value)

    def asset_events(self, *, uri: str | None, name: str | None, alias: str | None, limit: int) -> list[dict[str, Any]]:
        """See ``TaskClient``."""
        return cast("list[dict[str, Any]]", self._ask("asset_events", uri=uri, name=name, alias=alias, limit=limit))


#: Made before the fork: what a task's process need not make is what it need not copy.
_spare: list[tuple[Channel, PipeClient]] = []


def prepare() -> None:
    """In a zygote: have a channel and a client ready for each fork."""
    if not _spare:
        channel = Channel(-1)
        _spare.append((channel, PipeClient(channel, "")))


def open_channel(fd: int) -> Channel:
    """The channel of this task's process."""
    channel = _spare[0][0] if _spare else Channel(fd)
    channel.use(fd)
    return channel


def client_of(channel: Channel, attempt_id: str) -> PipeClient:
    """Who asks for this attempt."""
    client = _spare[0][1] if _spare and _spare[0][0] is channel else PipeClient(channel, attempt_id)
    client.use(attempt_id)
    return client


def first_launch(channel: Channel) -> Launch | None:
    """Wait for the order of this process; None: it is not needed (it was a spare)."""
    message = channel.receive()
    return message if isinstance(message, Launch) else None
