"""The warm child and the files in its care: a fork, a time limit, and an outcome whatever the file does.

The child process is started once (``python -m tradewind.parser.child``) and has the authoring room imported. For a file
it gets one end of a socket and a place for the interpreter's last words, and forks. This side waits on the other end: a
result, a question (a variable, a connection), or the end of the process without a result. A process whose file left no
trace in it (see ``traces``) says so with the result, and is given the next file: that saves most of the fork.
"""

from __future__ import annotations

import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any

import msgspec

from tradewind.parser.schedule import Entry, FileKey
from tradewind.parser.wire import FromWarm, Kill, ParseError, ParseResult, Request, ToParent, timeout_error

#: Seconds beyond the file's own limit before the process is ended from outside.
GRACE = 2.0

#: Files that one process may go through, as long as none leaves a trace in it.
MOST = 40

Answer = Callable[[str, dict[str, Any]], Any]


@dataclass
class Process:
    """The process of one file after the other."""

    number: int
    channel: socket.socket
    last_words: IO[bytes]
    root: str
    files: int = 1  #: that it was given


@dataclass
class Job:
    """One file being parsed."""

    process: Process
    entry: Entry
    deadline: float
    limit: float
    started: float
    buffer: bytearray = field(default_factory=bytearray)
    result: ParseResult | None = None
    killed: bool = False
    closed: bool = False
    pid: int | None = None  #: of its process, once that has begun
    status: int | None = None

    @property
    def number(self) -> int:
        """That of its process."""
        return self.process.number


class Spawner:
    """Holds the warm child. ``start`` a file; ``serve`` what the selector reports; finished jobs come from ``finished``."""

    def __init__(self, selector: selectors.BaseSelector, answer: Answer, clock: Callable[[], float]) -> None:
        self._selector = selector
        self._answer = answer
        self._clock = clock
        self._jobs: dict[int, Job] = {}
        self._free: dict[int, Process] = {}  #: processes that would take another file
        self._next = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._control_buffer = bytearray()
        self._losses: Counter[FileKey] = Counter()
        self.finished: list[Job] = []
        self.lost: list[Job] = []  #: the warm child went away with them; they may be started again

    @property
    def busy(self) -> int:
        """How many files are being parsed."""
        return len(self._jobs)

    def jobs(self) -> list[Job]:
        """What is being parsed now."""
        return list(self._jobs.values())

    def warm(self) -> socket.socket:
        """The control socket of a living warm child; started when there is none."""
        if self._control is not None and self.process is not None and self.process.poll() is None:
            return self._control
        self._drop_control()
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "tradewind.parser.child", str(theirs.fileno())]
        self.process = subprocess.Popen(command, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL)
        theirs.close()
        ours.setblocking(False)
        self._control = ours
        self._selector.register(ours, selectors.EVENT_READ, self._serve_control)
        return ours

    def start(self, entry: Entry, root: str, limit: float) -> None:
        """Have one file parsed, by a process that is free or by a new one."""
        request = Request(0, str(entry.path), root, entry.key.bundle, entry.key.fileloc, limit, more=True)
        while self._free:
            _, process = self._free.popitem()
            if process.root != root:  # the modules of another folder are within its reach
                self._let_go(process)
                continue
            process.files += 1
            request.job, request.more = process.number, process.files < MOST
            process.last_words.seek(0)
            process.last_words.truncate()
            try:
                process.channel.sendall(msgspec.json.encode(request) + b"\n")
            except OSError:  # it died while it was free
                self._let_go(process)
                continue
            self._begin(process, entry, limit)
            return
        control = self.warm()
        self._next += 1
        request.job = self._next
        ours, theirs = socket.socketpair()
        process = Process(self._next, ours, tempfile.TemporaryFile(), root)  # noqa: SIM115  lives as long as it
        job = self._begin(process, entry, limit)
        control.setblocking(True)
        try:
            fds = [theirs.fileno(), process.last_words.fileno()]
            socket.send_fds(control, [msgspec.json.encode(request) + b"\n"], fds)
        except (BrokenPipeError, ConnectionResetError):
            job.closed = True
            ours.close()
            self._lose_all()
            return
        finally:
            theirs.close()
        control.setblocking(False)
        ours.setblocking(False)
        self._selector.register(ours, selectors.EVENT_READ, lambda: self._serve_process(process))

    def _begin(self, process: Process, entry: Entry, limit: float) -> Job:
        now = self._clock()
        job = self._jobs[process.number] = Job(process, entry, now + limit + GRACE, limit, now)
        return job

    def rest(self) -> None:
        """Nothing is due: let go of the processes that are free."""
        while self._free:
            self._let_go(self._free.popitem()[1])

    def _let_go(self, process: Process) -> None:
        self._selector.unregister(process.channel)
        process.channel.close()
        process.last_words.close()

    def _serve_process(self, process: Process) -> None:
        job = self._jobs.get(process.number)
        if job is not None:
            self._serve_job(job)
        elif self._free.pop(process.number, None) is not None:  # it can only have ended
            self._let_go(process)

    def next_deadline(self) -> float | None:
        """When a job must be looked at even if it says nothing."""
        return min((job.deadline for job in self._jobs.values()), default=None)

    def enforce(self, now: float) -> None:
        """End the processes that outlived their limit. The first signal makes the interpreter write where it stands."""
        for job in list(self._jobs.values()):
            if now >= job.deadline and self._control is not None:
                order = Kill(job.number, signal.SIGKILL if job.killed else signal.SIGABRT)
                job.killed = True
                job.deadline = now + GRACE
                self._control.send(msgspec.json.encode(order) + b"\n")

    def _serve_job(self, job: Job) -> None:
        if job.closed:
            return  # it ended while the selector's list was being worked through
        try:
            chunk = job.process.channel.recv(1 << 20)
        except BlockingIOError:
            return
        except ConnectionResetError:
            chunk = b""
        if not chunk:
            self._hang_up(job)
            self._maybe_end(job)
            return
        job.buffer += chunk
        while job.number in self._jobs and (end := job.buffer.find(b"\n")) >= 0:
            line = bytes(job.buffer[:end])
            del job.buffer[: end + 1]
            self._serve_line(job, line)

    def _serve_line(self, job: Job, line: bytes) -> None:
        try:
            message = msgspec.json.decode(line, type=ToParent)
        except msgspec.MsgspecError:
            return  # the file wrote into our channel; its silence afterwards is reported as a crash
        job.pid = message.pid or job.pid
        if message.result is not None:
            job.result = message.result
            if message.free and not job.killed:
                del self._jobs[job.number]
                self._free[job.number] = job.process
                self.finished.append(job)
                return
            self._hang_up(job)
            self._end(job)
        elif message.ask is not None:
            job.process.channel.setblocking(True)
            try:
                job.process.channel.sendall(msgspec.json.encode(self._answer(message.ask, message.args)) + b"\n")
            except OSError:
                return  # it ended meanwhile; the end of its process says why
            finally:
                job.process.channel.setblocking(False)

    def _serve_control(self) -> None:
        if self._control is None:
            return
        try:
            chunk = self._control.recv(1 << 16)
        except BlockingIOError:
            return
        except ConnectionResetError:
            chunk = b""
        if not chunk:
            self._lose_all()
            return
        self._control_buffer += chunk
        *lines, rest = bytes(self._control_buffer).split(b"\n")
        self._control_buffer = bytearray(rest)
        for line in lines:
            told = msgspec.json.decode(line, type=FromWarm)
            ended = self._jobs.get(told.job)
            if ended is not None:
                ended.status = told.status
                if not ended.closed:
                    self._serve_job(ended)  # what it said last; a process it left behind may hold the channel open
                if ended.number in self._jobs and not ended.closed:
                    self._hang_up(ended)
                self._maybe_end(ended)

    def _lose_all(self) -> None:
        """The warm child is gone. Its files are tried once more; a file that is lost twice is told so."""
        self._drop_control()
        self.rest()
        for job in list(self._jobs.values()):
            if not job.closed:
                self._hang_up(job)
            key = job.entry.key
            self._losses[key] += 1
            if self._losses[key] > 1:
                del self._losses[key]
                message = f"The process that imports DAG files died twice while it imported {key.fileloc}."
                hint = "See the log of the parser; the file may end processes that are not its own."
                job.result = ParseResult(error=ParseError("parser_lost", message, hint=hint))
                self._end(job)
            else:
                del self._jobs[job.number]
                job.process.last_words.close()
                self.lost.append(job)

    def _hang_up(self, job: Job) -> None:
        self._selector.unregister(job.process.channel)
        job.process.channel.close()
        job.closed = True

    def _maybe_end(self, job: Job) -> None:
        if job.number in self._jobs and job.closed and job.status is not None:
            job.result = self._post_mortem(job)
            self._end(job)

    def _end(self, job: Job) -> None:
        del self._jobs[job.number]
        job.process.last_words.close()
        self.finished.append(job)

    def _post_mortem(self, job: Job) -> ParseResult:
        job.process.last_words.seek(0)
        words = job.process.last_words.read(20_000).decode(errors="replace")
        line = _line_of(words, str(job.entry.path))
        name = job.entry.key.fileloc
        if job.killed:
            error = timeout_error(name, job.limit, line, words)
        else:
            status = job.status or 0
            if os.WIFSIGNALED(status):
                number = os.WTERMSIG(status)
                how = f"was ended by signal {number} ({signal.strsignal(number)})"
                hint = "A native library crashed or the machine is out of memory: import it inside the task instead."
            else:
                how = f"left the interpreter with exit code {os.waitstatus_to_exitcode(status)}"
                hint = "Take os._exit() or the like out of the top level of the file."
            error = ParseError("dag_file_crash", f"The process that imported {name} {how}.", line, hint, words or None)
        return ParseResult(error=error, seconds=self._clock() - job.started)

    def _drop_control(self) -> None:
        if self._control is not None:
            self._selector.unregister(self._control)
            self._control.close()
            self._control = None
            self._control_buffer.clear()
        if self.process is not None:
            self.process.wait()
            self.process = None

    def close(self) -> None:
        """End the warm child, and with it every process of a file."""
        for job in self._jobs.values():
            if not job.closed:
                self._hang_up(job)
            job.process.last_words.close()
        self._jobs.clear()
        self.rest()
        self._drop_control()


def _line_of(words: str, path: str) -> int | None:
    found = re.search(rf'File "{re.escape(path)}", line (\d+)', words)
    return int(found.group(1)) if found else None
