"""The life of one task's process: become a group of its own, take an order, run it, say how it ended, go.

A fork of a file zygote starts at ``become_task``; ``python -m tradewind.worker.run_task`` is the same in a new
interpreter. The report is sent before anything is torn down: the next task need not wait for this process to die.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from tradewind import compat
from tradewind.clock import SystemClock
from tradewind.domain.messages import FileRef, Finished, WorkOrder
from tradewind.errors import DagFileError, NotFound, not_found
from tradewind.sdk import current, execution, loading, masking, short_way
from tradewind.sdk.short_way import Known
from tradewind.worker import capture, client, stored
from tradewind.worker.capture import TaskLog
from tradewind.worker.client import Channel, first_launch
from tradewind.worker.mask import Masker
from tradewind.worker.nursery import die_with_parent
from tradewind.worker.wire import Launch, Secrets

_clock = SystemClock()
_OWN_HANDLERS = 2  # ours, and the handler of last resort
_HERE = "run_task.py:1"


@dataclass(frozen=True)
class Imported:
    """A DAG file after its import: its DAGs, or one sentence and the traceback."""

    dags: dict[str, Any] | None
    error: str | None
    trace: str | None
    short: Known = field(default_factory=dict)  #: tasks that want nothing but their function called

    @classmethod
    def failed(cls, error: BaseException, trace: str) -> Imported:
        """What tasks of the file will say."""
        place = ""
        if not isinstance(error, DagFileError):
            frames = traceback.extract_tb(error.__traceback__)
            place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
        return cls(
            None, f"The DAG file could not be imported: {type(error).__name__}: {error}{place}", trace.rstrip("\n")
        )


def load(file: FileRef) -> dict[str, Any]:
    """Import the file. Raises whatever user code raises."""
    root = Path(file.root)
    return dict(loading.load_file(root / file.path, root, file.bundle).dags)


def prepare() -> None:
    """Make once what each task would otherwise make."""
    compat.install()
    current.no_home()
    stored.prepare()
    logging.captureWarnings(True)
    capture.prepare()
    client.prepare()


def become_task(
    channel: int, output: int, parent: int, imported: Imported | None, rehearse: Callable[[], None] | None
) -> None:
    """Turn this process into the process of one task; one that will wait may ``rehearse``. Never returns."""
    settle(output, 0)
    die_with_parent(parent)
    if rehearse is not None:
        rehearse()
    serve(channel, imported)


def settle(output: int, group: int) -> None:
    """Output to where the host reads it; a process group (0: one of its own)."""
    # A group, not a session: with a session the kernel would make, and later free, a scheduling group for each task.
    os.setpgid(0, group)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)


def serve(channel_fd: int, imported: Imported | None) -> None:
    """Wait for the order, run it, report, leave. Never returns."""
    live(channel_fd, imported)
    if len(logging._handlerList) > _OWN_HANDLERS:  # type: ignore[attr-defined]
        logging.shutdown()  # handlers of user code may still hold lines
    os._exit(0)


def live(channel_fd: int, imported: Imported | None) -> None:
    """From the order to the report: all of a task's life but the leaving. Without an order there is nothing to do."""
    channel = client.open_channel(channel_fd)
    launch = first_launch(channel)
    if launch is None:
        return
    gc.enable()
    started_at = _clock.now()
    log = _open_log(launch, channel)
    finished: Finished | None = None
    try:
        if imported is not None:
            finished = _run_short(launch, channel, imported, started_at)
        complete = finished is not None and finished.error is None
        if finished is None:
            finished = _run(launch, channel, imported, log)
    except BaseException as error:
        # ``execution.execute`` maps everything user code can raise; this is our own trouble, and still a report.
        finished = _failed(launch.order, f"{type(error).__name__}: {error}", log, traceback.format_exc())
        complete = False
    capture.finish()
    if not complete or log.trouble is not None:
        finished = msgspec.structs.replace(
            finished,
            started_at=started_at,
            host=launch.host,
            pid=os.getpid(),
            error="\n".join(filter(None, (log.masked(finished.error), log.trouble))) or None,
        )
    channel.send(finished)


_masker = Masker(masking.known)
_told: object = None
_channel: Channel | None = None


def _mask(text: str) -> str:
    global _told
    pattern = masking.pattern()
    if pattern is None:
        return text
    if pattern is not _told and _channel is not None:
        _told = pattern
        _channel.send(Secrets(values=list(masking.known())))  # what this task's children print passes by the host
    return _masker.mask(text)


#: Made and put in place before the fork; a task only gives it its file.
_log = TaskLog(None, _mask)


def forget_log() -> None:
    """Let go of the log and of who was told of secrets, after a rehearsal."""
    global _told
    _told = None
    _log.close()
    _log.trouble = None


def _open_log(launch: Launch, channel: Channel) -> TaskLog:
    global _channel
    _channel = channel
    _log.start(f"{launch.log_folder}/{launch.order.log_path}", launch.output_limit)
    capture.install(_log, launch.log_level)
    if launch.note:
        _log.line(_HERE, "INFO", launch.note)
    return _log


def _run_short(launch: Launch, channel: Channel, imported: Imported, started_at: datetime) -> Finished | None:
    order = launch.order
    if order.callback is not None:
        return None
    short = imported.short.get((order.run.dag_id, order.task_id))
    if short is None:
        return None
    return short_way.run(short, order, client.client_of(channel, order.attempt_id), launch.host, started_at)


def _failed(order: WorkOrder, error: str, log: TaskLog, trace: str | None = None) -> Finished:
    log.line(_HERE, "ERROR", f"{error}\n{trace}" if trace else error)
    return Finished(attempt_id=order.attempt_id, at=_clock.now(), outcome="failed", error=error)


def _run(launch: Launch, channel: Channel, imported: Imported | None, log: TaskLog) -> Finished:
    order = launch.order
    if imported is None:
        try:
            imported = Imported(load(order.file), None, None)
        except BaseException as error:
            imported = Imported.failed(error, traceback.format_exc())
    if imported.dags is None:
        return _failed(order, imported.error or "The DAG file could not be imported.", log, imported.trace)
    try:
        if order.callback is not None:
            return call_back(imported.dags, order, channel)
        found = find_task(imported.dags, order)
    except NotFound as missing:
        return _failed(order, str(missing), log)
    return execution.execute(found, order, client.client_of(channel, order.attempt_id), wait_in_place=False, alone=True)


def call_back(dags: dict[str, Any], order: WorkOrder, channel: Channel) -> Finished:
    """Call the callbacks of the order's DAG. Raises NotFound when the file has that DAG no more."""
    from tradewind.sdk import dag_callbacks  # noqa: PLC0415  tasks never need it, and zygotes are kept small

    return dag_callbacks.run(find_dag(dags, order), order, client.client_of(channel, order.attempt_id))


def find_dag(dags: dict[str, Any], order: WorkOrder) -> Any:
    """The DAG the order speaks of. Raises NotFound with a guess: the file changed since it was parsed."""
    dag = dags.get(order.run.dag_id)
    if dag is None:
        raise not_found(f"DAG in {order.file.path}", order.run.dag_id, dags)
    return dag


def find_task(dags: dict[str, Any], order: WorkOrder) -> Any:
    """The operator the order speaks of. Raises NotFound with a guess: the file changed since it was parsed."""
    dag = find_dag(dags, order)
    found = dag.task_dict.get(order.task_id)
    if found is None:
        raise not_found(f"task in DAG {order.run.dag_id}", order.task_id, dag.task_dict)
    return found


def main(argv: list[str] | None = None) -> int:
    """A task in an interpreter of its own (``isolation = fresh``)."""
    arguments = sys.argv[1:] if argv is None else argv
    channel = int(arguments[arguments.index("--channel-fd") + 1])
    os.set_inheritable(channel, False)
    die_with_parent(int(arguments[arguments.index("--parent") + 1]))
    prepare()  # one task is all it will run: nothing is rehearsed
    serve(channel, None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
