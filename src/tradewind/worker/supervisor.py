"""Runs attempts: finds the zygote for each, watches, stops, and makes the report of those that cannot."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import msgspec

from tradewind.clock import Clock
from tradewind.domain.messages import (
    Finished,
    HostUp,
    Lost,
    Started,
    TaskReply,
    TaskRequest,
    WorkOrder,
)
from tradewind.worker import outcome
from tradewind.worker.capture import RawOutput, TaskLog
from tradewind.worker.gate import Gate
from tradewind.worker.mask import Masker, secrets_in_reply
from tradewind.worker.nest import Events, Nest, control_pair
from tradewind.worker.process import Attempt, Process
from tradewind.worker.timers import Timers
from tradewind.worker.wire import ImportFile, Launch, TaskUp

_HOLD_STARTED = 0.005  # a task that ends within this time is told of once, with its end
_IMPORT_SLACK = 5.0  # a zygote ends its import by itself when its time is up, if it can
_SPARE_BEHIND_LONG_TASK = 0.02


@dataclass(frozen=True)
class WorkerFacts:
    """The settings a worker host lives by."""

    host: str
    log_folder: Path
    log_level: str = "INFO"
    output_limit: int = 0
    stop_seconds: float = 60.0
    import_seconds: float = 30.0
    file_zygotes: int = 8
    file_zygote_tasks: int = 10000
    files: int = 1024  #: descriptors a task may open; the host itself takes all it can get


class Supervisor:
    """All attempts of one host. ``tell`` sends a message to the scheduler that owns an attempt, if there is one."""

    def __init__(
        self,
        facts: WorkerFacts,
        *,
        selector: selectors.BaseSelector,
        timers: Timers,
        clock: Clock,
        tell: Callable[[Attempt, HostUp], None],
        complain: Callable[[str], None],
    ) -> None:
        self.attempts: dict[str, Attempt] = {}
        self._facts = facts
        self._selector = selector
        self._timers = timers
        self._clock = clock
        self._tell = tell
        self._complain = complain
        self._leaving: str | None = None  #: why everything is being ended
        self._numbers = count(1)
        self._gate = Gate(timers)
        self._engine = False  #: some file here has templates
        self._zygote: Nest | None = None
        self._zygote_process: subprocess.Popen[bytes] | None = None
        self._nests: OrderedDict[tuple[str, str, str, str], Nest] = OrderedDict()
        self._events = Events(
            on_message=self._on_message,
            on_running=self._on_running,
            on_exit=self._on_exit,
            on_unsafe=self._on_unsafe,
            next_number=lambda: next(self._numbers),
            make_launch=self._make_launch,
            may_start=self._gate.enter,
            in_line=self._gate.line_up,
            on_trouble=self._could_not_start,
        )

    # -- what schedulers ask -------------------------------------------------------------------------------------

    def order(self, order: WorkOrder, owner: object) -> None:
        """Run it, once: an attempt that is known already is only told of again."""
        known = self.attempts.get(order.attempt_id)
        if known is not None:
            known.owner = owner
            self.repeat(known)
            return
        attempt = self.attempts[order.attempt_id] = Attempt(order, owner)
        try:
            self._place(attempt)
        except OSError as trouble:  # out of descriptors or memory
            self._could_not_start(attempt, trouble)

    def _could_not_start(self, attempt: Attempt, trouble: OSError | str) -> None:
        why = f"No process could be made for it: {trouble}"
        self._end(attempt, Lost(attempt_id=attempt.order.attempt_id, why=why, started=False))

    def repeat(self, attempt: Attempt) -> None:
        """Say again what the owner may not have heard: the end, or the start and what the task asks."""
        if attempt.final is not None:
            self._report(attempt)
            return
        if attempt.started_told and attempt.process is not None:
            self._tell_started(attempt, attempt.process)
        for request in attempt.requests.values():
            self._tell(attempt, request)

    def cancel(self, attempt_id: str, why: str) -> None:
        """SIGTERM to its group, SIGKILL after [core] killed_task_cleanup_time."""
        attempt = self.attempts.get(attempt_id)
        if attempt is None or attempt.final is not None or attempt.told_to_stop is not None:
            return
        attempt.told_to_stop = why
        process = attempt.process
        if process is None:
            self._end(attempt, Lost(attempt_id=attempt_id, why=f"stopped before it ran: {why}", started=False))
        else:
            process.signal(signal.SIGTERM)
            self._timers.after(self._facts.stop_seconds, lambda: self._kill(attempt_id))

    def end_all(self, why: str) -> None:
        """The host goes. What has not ended is stopped, and told of as lost: the scheduler puts it back."""
        self._leaving = why
        for attempt in self.running():
            self.cancel(attempt.order.attempt_id, why)

    def _kill(self, attempt_id: str) -> None:
        attempt = self.attempts.get(attempt_id)
        if attempt is not None and attempt.final is None and attempt.process is not None:
            attempt.process.signal(signal.SIGKILL)

    def acknowledge(self, attempt_ids: Iterable[str]) -> None:
        """Forget ended attempts."""
        for attempt_id in attempt_ids:
            attempt = self.attempts.get(attempt_id)
            if attempt is not None and attempt.final is not None:
                del self.attempts[attempt_id]

    def reply(self, reply: TaskReply) -> None:
        """Hand an answer to its task; remember what it makes secret."""
        attempt = self.attempts.get(reply.attempt_id)
        request = attempt.requests.pop(reply.number, None) if attempt is not None else None
        if attempt is None or request is None or attempt.process is None:
            return
        attempt.secrets |= secrets_in_reply(request.verb, request.args, reply.value)
        attempt.process.send(reply)

    def running(self) -> list[Attempt]:
        """Attempts that have not ended."""
        return [attempt for attempt in self.attempts.values() if attempt.final is None]

    def close(self) -> None:
        """Let every zygote go; each ends what it still has."""
        for nest in [*self._nests.values(), *([self._zygote] if self._zygote else [])]:
            nest.retire()
            nest.close()

    # -- where an attempt runs -----------------------------------------------------------------------------------

    def _place(self, attempt: Attempt) -> None:
        order = attempt.order
        if order.isolation == "fresh" or sys.platform != "linux":
            self.zygote().take(attempt)
            return
        file = order.file
        key = (file.bundle, file.root, file.path, file.hash)
        nest = self._nests.get(key)
        if nest is not None and nest.unsafe is not None:
            self._run_fresh(attempt, nest.unsafe)
            return
        if nest is None or nest.retired or nest.launched >= self._facts.file_zygote_tasks:
            if nest is not None:
                nest.retire()
            nest = self._nests[key] = self._import(order)
            self._drop_least_used()
        self._nests.move_to_end(key)
        nest.take(attempt)

    def _import(self, order: WorkOrder) -> Nest:
        ours, theirs = control_pair()
        self._engine = self._engine or any(nest.engine for nest in self._nests.values())
        message = ImportFile(file=order.file, timeout=self._facts.import_seconds, engine=self._engine)
        self.zygote().send(message, (theirs.fileno(),), theirs.close)
        nest = Nest(order.file.path, ours, self._selector, self._timers, self._events, ready=False)
        self._timers.after(self._facts.import_seconds + _IMPORT_SLACK, nest.give_up_import)
        return nest

    def _drop_least_used(self) -> None:
        live = [key for key, nest in self._nests.items() if not nest.gone]
        for key in live[: max(0, len(live) - self._facts.file_zygotes)]:
            self._nests.pop(key).retire()
        if len(self._nests) > 4 * self._facts.file_zygotes:  # what is left of files that could not be forked
            self._nests.popitem(last=False)[1].retire()

    def zygote(self) -> Nest:
        """The zygote, started when there is none."""
        if self._zygote is None or self._zygote.gone:
            if self._zygote_process is not None:
                self._zygote_process.poll()
            ours, theirs = control_pair()
            theirs.set_inheritable(True)
            self._zygote_process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "tradewind.worker.zygote", "--control-fd", str(theirs.fileno())),
                    *("--files", str(self._facts.files)),
                ],
                stdin=subprocess.DEVNULL,
                env={"LD_BIND_NOW": "1", **os.environ},  # what is bound before a fork is bound once for all
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
            theirs.close()
            self._zygote = Nest("zygote", ours, self._selector, self._timers, self._events, ready=True)
        return self._zygote

    def _on_unsafe(self, nest: Nest, waiting: list[Attempt]) -> None:
        for attempt in waiting:
            if attempt.final is not None:
                continue
            if nest.unsafe is not None:
                self._run_fresh(attempt, nest.unsafe)
            elif self._zygote is None or self._zygote.gone:
                why = f"The zygote of the worker host died before {nest.name} was imported; see the log of the host."
                self._end(attempt, Lost(attempt_id=attempt.order.attempt_id, why=why, started=False))
            else:
                why = f"The process that imported {nest.name} died while importing it."
                final = self._failed(attempt, why)
                self._say_last_line(attempt, final)
                self._end(attempt, final)

    def _run_fresh(self, attempt: Attempt, unsafe: str) -> None:
        attempt.note = f"Runs in a new interpreter instead of a fork of the imported DAG file: {unsafe}."
        self.zygote().take(attempt)

    def _make_launch(self, attempt: Attempt) -> Launch:
        facts = self._facts
        process = attempt.process
        if process is not None:
            process.raw = RawOutput(lambda: self._open_log(attempt))
        return Launch(
            order=attempt.order,
            host=facts.host,
            log_folder=str(facts.log_folder),
            log_level=facts.log_level,
            output_limit=facts.output_limit,
            note=attempt.note,
        )

    def _open_log(self, attempt: Attempt) -> TaskLog:
        masker = Masker(lambda: attempt.secrets)
        return TaskLog(f"{self._facts.log_folder}/{attempt.order.log_path}", masker.mask, self._facts.output_limit)

    # -- what processes say --------------------------------------------------------------------------------------

    def _on_running(self, process: Process) -> None:
        attempt = process.attempt
        if attempt is None or attempt.final is not None:
            return
        attempt.started_at = self._clock.now()
        if attempt.told_to_stop is not None:
            process.signal(signal.SIGTERM)
        self._timers.after(_HOLD_STARTED, lambda: self._still_runs(attempt, process))
        self._timers.after(_SPARE_BEHIND_LONG_TASK, process.nest.want_spare)
        limit, attempt_id = attempt.order.execution_timeout, attempt.order.attempt_id
        if limit is not None:
            # The task times itself out and may clean up; this is for one that does not come back from native code.
            self._timers.after(limit + self._facts.stop_seconds, lambda: self._too_long(attempt_id, limit))

    def _still_runs(self, attempt: Attempt, process: Process) -> None:
        if attempt.final is None:
            self._gate.look_at(attempt, process.pid)
            if not attempt.started_told:
                self._tell_started(attempt, process)

    def _too_long(self, attempt_id: str, limit: float) -> None:
        attempt = self.attempts.get(attempt_id)
        if attempt is not None and attempt.final is None and attempt.process is not None:
            attempt.told_to_stop = attempt.told_to_stop or f"it ran past its execution_timeout of {limit:g} s"
            attempt.process.signal(signal.SIGKILL)

    def _tell_started(self, attempt: Attempt, process: Process) -> None:
        attempt.started_told = True
        at = attempt.started_at or self._clock.now()
        self._tell(attempt, Started(attempt_id=attempt.order.attempt_id, at=at, host=self._facts.host, pid=process.pid))

    def _on_message(self, process: Process, message: TaskUp) -> None:
        attempt = process.attempt
        if attempt is None:
            return
        if isinstance(message, Finished):
            process.read_output()
            process.nest.want_spare()
            self._end(attempt, message)
        elif isinstance(message, TaskRequest):
            attempt.requests[message.number] = message
            self._tell(attempt, message)
        else:
            attempt.secrets |= set(message.values)

    def _on_exit(self, process: Process, status: int | None, never_was: str | None) -> None:
        while process.read_once():
            pass
        process.read_output()
        trouble = process.raw.finish() if process.raw is not None else None
        process.let_go()
        attempt = process.attempt
        if attempt is None:
            return
        if trouble:
            self._complain(f"{attempt.order.log_path}: {trouble}")
        if attempt.final is not None:
            return
        attempt_id = attempt.order.attempt_id
        if never_was is not None:
            self._could_not_start(attempt, never_was)
        elif status is None:
            self._end(attempt, Lost(attempt_id=attempt_id, why=f"The zygote of {process.nest.name} died."))
        else:
            process.nest.want_spare()
            final = self._from_exit(attempt, process, status)
            self._say_last_line(attempt, final)
            self._end(attempt, final)

    def _from_exit(self, attempt: Attempt, process: Process, status: int) -> Finished:
        return outcome.from_exit(
            attempt_id=attempt.order.attempt_id,
            status=status,
            told_to_stop=attempt.told_to_stop,
            at=self._clock.now(),
            started_at=attempt.started_at,
            host=self._facts.host,
            pid=process.pid,
        )

    def _failed(self, attempt: Attempt, why: str) -> Finished:
        return Finished(
            attempt_id=attempt.order.attempt_id,
            at=self._clock.now(),
            outcome="failed",
            error=why,
            host=self._facts.host,
        )

    def _end(self, attempt: Attempt, final: Finished | Lost) -> None:
        if isinstance(final, Finished) and final.started_at is None and attempt.started_at is not None:
            final = msgspec.structs.replace(final, started_at=attempt.started_at)
        ended_by_us = self._leaving is not None and attempt.told_to_stop == self._leaving
        if ended_by_us and isinstance(final, Finished) and final.outcome == "failed":
            final = Lost(attempt_id=final.attempt_id, why=self._leaving or "", counts=False)
        attempt.final = final
        self._report(attempt)
        self._gate.leave(attempt)

    def _report(self, attempt: Attempt) -> None:
        if attempt.final is None:
            return
        if isinstance(attempt.final, Finished) and not attempt.started_told and attempt.process is not None:
            self._tell_started(attempt, attempt.process)
        attempt.reported_at = self._clock.monotonic()
        self._tell(attempt, attempt.final)

    def _say_last_line(self, attempt: Attempt, final: Finished) -> None:
        log = self._open_log(attempt)
        log.line("supervisor.py:1", "ERROR", final.error or final.outcome)
        log.close()
