"""A task's life, played through before the fork with a task that does nothing.

CPython changes what it runs: it specialises code, fills caches of attributes, makes codecs. After a fork each such
change costs the copy of a page, and those copies are most of what a short task costs. So zygotes play a whole life a
few times, after the imports that could undo it. In a spare process it brings about the copies that are left, which the
real task would otherwise wait for.
"""

from __future__ import annotations

import gc
import os
import socket
import sys

from tradewind.clock import SystemClock
from tradewind.domain.messages import FileRef, RunFacts, WorkOrder, encode
from tradewind.sdk import plugin_loading, short_way
from tradewind.sdk.dag import DAG
from tradewind.sdk.decorators import task
from tradewind.worker import forking, nursery, run_task
from tradewind.worker.wire import Launch

_clock = SystemClock()
_TIMES = 12  # after eight calls CPython has specialised a function's code
_NAME = "rehearsal"


def _nothing(number: int = 0) -> int:
    return number


def _launch() -> Launch:
    now = _clock.now()
    facts = RunFacts(
        dag_id=_NAME,
        run_id=_NAME,
        run_type="manual",
        logical_date=now,
        data_interval_start=now,
        data_interval_end=now,
        run_after=now,
    )
    order = WorkOrder(
        attempt_id=_NAME,
        task_id=_NAME,
        try_number=1,
        max_tries=1,
        run=facts,
        file=FileRef(bundle="", root="", path="", hash=""),
        log_path="null",
        queued_at=now,
    )
    return Launch(order=order, host="", log_folder="/dev")


def rehearse(*, short: bool = False) -> None:
    """Walk the whole (or the short) way of a task with one that does nothing, leaving no trace."""
    brought = plugin_loading.loaded()
    if brought.listeners or brought.policies is not None:
        return  # they would be told of a task that does not exist
    with DAG(dag_id=_NAME, schedule=None) as dag:
        task(task_id=_NAME)(_nothing)()
    stage = run_task.Imported({_NAME: dag}, None, None, short_way.find([dag]) if short else {})
    environment = os.environ.copy()
    streams, collecting = (sys.stdout, sys.stderr), gc.isenabled()
    host, ours = socket.socketpair()
    with host, ours:
        host.sendall(encode(_launch()))
        try:
            run_task.live(ours.fileno(), stage)
        finally:
            run_task.forget_log()
            sys.stdout, sys.stderr = streams
            if not collecting:
                gc.disable()
            for name in os.environ.keys() - environment.keys():
                del os.environ[name]
            os.environ.update(environment)


def rehearse_birth() -> None:
    """What comes before in the process of a task: it leaves the zygote's descriptors and takes its own."""
    if not hasattr(os, "getpgrp"):
        return
    ours, theirs = socket.socketpair()
    with ours:
        made = nursery.Nursery(theirs, lambda channel, output, idle: 0)
        made.after_fork()
    error = os.dup(2)
    try:
        run_task.settle(os.dup(1), os.getpgrp())
        os.dup2(error, 2)
    finally:
        os.close(error)
    nursery.die_with_parent(os.getppid(), number=0)
    forking.new_random_numbers()


def warm_up() -> None:
    """In a zygote, before it forks."""
    run_task.prepare()
    for _ in range(_TIMES):
        rehearse()
        rehearse(short=True)


def warm_up_again(*, short: bool) -> None:
    """In the zygote of a file, after its import."""
    for _ in range(_TIMES):
        rehearse(short=short)
        rehearse_birth()
