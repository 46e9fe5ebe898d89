"""The warm child, and what runs in the process of one file. The only file of the parser that loads user code.

The warm child imports the authoring room once, freezes the garbage collector's memory and then only forks: no threads,
no database, no user code. The fork imports one DAG file, freezes its DAGs and sends one line with the outcome. Whatever
the file prints goes to standard error, whatever it does to its process is its own harm.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import io
import os
import resource
import select
import signal
import socket
import sys
import tempfile
import time
import traceback
import types
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from tradewind import compat
from tradewind.domain import codec
from tradewind.errors import DagFileError, TradewindError
from tradewind.parser import traces
from tradewind.parser.wire import FromWarm, Kill, ParseError, ParseResult, Request, ToParent, timeout_error
from tradewind.sdk import current, freeze, loading

#: What most DAG files import; in memory before the fork, so that no file pays for it.
PRELOADED = (
    "pendulum",
    "airflow.utils.dates",
    "airflow.utils.task_group",
    "airflow.exceptions",
    "airflow.models",
    "airflow.sensors.base",
)

#: A DAG file of ours that is loaded once before the first fork: what loading needs is then in memory.
REHEARSAL = """
from datetime import datetime, timedelta
from airflow import DAG
from airflow.decorators import dag, task
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator
with DAG("rehearsal", start_date=datetime(2026, 1, 1), schedule="@daily", default_args={"retries": 1}) as rehearsal:
    BashOperator(task_id="a", bash_command="x") >> PythonOperator(task_id="b", python_callable=print)
"""


class Channel:
    """The file's end of the socket to the parser: asks, and tells the result."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = b""

    def introduce(self) -> None:
        """The first word: which process this is."""
        self._socket.sendall(msgspec.json.encode(ToParent(pid=os.getpid())) + b"\n")

    def ask(self, verb: str, **args: Any) -> Any:
        """One question, one answer."""
        self._socket.sendall(msgspec.json.encode(ToParent(ask=verb, args=args)) + b"\n")
        line = self._line()
        if line is None:
            raise TradewindError("The parser went away while a DAG file asked it for a value.")
        return msgspec.json.decode(line)

    def tell(self, result: ParseResult, *, free: bool = False) -> None:
        """The last word about a file."""
        self._socket.sendall(msgspec.json.encode(ToParent(result=result, free=free)) + b"\n")

    def next_request(self) -> Request | None:
        """The next file for this process; None: there is none."""
        line = self._line()
        return None if line is None else msgspec.json.decode(line, type=Request)

    def _line(self) -> bytes | None:
        while b"\n" not in self._buffer:
            chunk = self._socket.recv(1 << 16)
            if not chunk:
                return None
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line


class ParseClient:
    """The task client of a file that is being parsed: it may look values up; everything else needs a running task."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def variable_get(self, *, key: str) -> str | None:
        """The text of a variable."""
        return self._channel.ask("variable_get", key=key)  # type: ignore[no-any-return]

    def connection_get(self, *, conn_id: str) -> dict[str, Any] | None:
        """The fields of a connection."""
        return self._channel.ask("connection_get", conn_id=conn_id)  # type: ignore[no-any-return]

    def __getattr__(self, verb: str) -> Any:
        """Everything else is refused with the reason."""
        if verb.startswith("__"):
            raise AttributeError(verb)

        def refuse(**_: Any) -> NoReturn:
            raise DagFileError(
                f"{verb} was called at the top level of a DAG file, where there is no running task.",
                hint="Move the call into a task.",
            )

        return refuse


def describe(error: BaseException, request: Request) -> ParseError:
    """An error of user code as a person should read it: one sentence, the line in the file, what to do."""
    shown: BaseException = error
    if isinstance(error, DagFileError) and error.__cause__ is not None:
        shown = error.__cause__
    stack = "".join(traceback.format_exception(shown))
    if isinstance(error, DagFileError):
        line = error.line if error.line is not None else _line_in(error, request.path)
        return ParseError(error.code, error.message, line, error.hint, stack)
    if isinstance(error, TradewindError):
        return ParseError(error.code, error.message, _line_in(error, request.path), error.hint, stack)
    if isinstance(error, SystemExit):
        message, hint = f"The file calls sys.exit({error.code!r}) while it is imported.", "Take the call out."
    else:
        text = str(error)
        message, hint = f"{type(error).__name__}: {text}" if text else type(error).__name__, None
    return ParseError("dag_file_error", message, _line_in(error, request.path), hint, stack)


def _line_in(error: BaseException, path: str) -> int | None:
    cause: BaseException | None = error
    line: int | None = None
    while cause is not None:
        for frame, number in traceback.walk_tb(cause.__traceback__):
            if frame.f_code.co_filename == path:
                line = number
        cause = cause.__cause__
    return line


def parse(request: Request) -> ParseResult:
    """Import the file and freeze what it declares. Never raises for what user code does."""
    began = time.monotonic()
    try:
        compat.install()
        loaded = loading.load_file(Path(request.path), Path(request.root), request.bundle)
    except BaseException as error:
        reads = loading.current_reads()
        return ParseResult(
            error=describe(error, request),
            files=dict(reads.files),
            variables=reads.variables,
            connections=reads.connections,
            volatile=reads.volatile,
            seconds=time.monotonic() - began,
        )
    result = ParseResult(declared=list(loaded.dags), warnings=[_warning(w) for w in loaded.warnings])
    for dag in loaded.dags.values():
        try:
            result.specs.append(_frozen(dag, request.fileloc, request.bundle))
        except Exception as error:
            result.error = result.error or describe(error, request)
    result.files = dict(loaded.reads.files)
    result.variables, result.connections = list(loaded.reads.variables), list(loaded.reads.connections)
    result.volatile = loaded.reads.volatile
    result.seconds = time.monotonic() - began
    return result


def _frozen(dag: Any, fileloc: str, bundle: str) -> msgspec.Raw:
    return msgspec.Raw(codec.dump_bytes(freeze.freeze(dag, fileloc=fileloc, bundle=bundle)))


def _warning(warning: dict[str, Any]) -> dict[str, Any]:
    return {"message": warning["message"], "line": warning["line"], "code": warning["category"]}


def run_file(request: Request, channel_fd: int, last_words_fd: int) -> NoReturn:
    """The life of the forked process: one file, and more where none leaves a trace."""
    os.setpgid(0, 0)
    os.dup2(2, 1)
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), line_buffering=True, errors="replace")
    channel = Channel(socket.socket(fileno=channel_fd))
    channel.introduce()
    last_words = os.fdopen(last_words_fd, "wb", buffering=0)
    faulthandler.enable(last_words)
    current.no_home()
    loading.use_client(ParseClient(channel))
    wanted: Request | None = request
    while wanted is not None:
        _limit_time(wanted, channel)
        before = traces.state_of_process(wanted.root) if wanted.more else None
        result = parse(wanted)
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.flush()
        free = before is not None and _left_no_trace(wanted, result) and traces.state_of_process(wanted.root) == before
        channel.tell(result, free=free)
        wanted = channel.next_request() if free else None
    os._exit(0)


def _left_no_trace(request: Request, result: ParseResult) -> bool:
    if result.error is not None or result.variables or result.connections or not request.path.endswith(".py"):
        return False
    text = Path(request.path).read_text(encoding="utf-8", errors="replace")
    return not traces.may_change_others(text)


def _limit_time(request: Request, channel: Channel) -> None:
    def out_of_time(_: int, frame: types.FrameType | None) -> None:
        stack = "".join(traceback.format_stack(frame))
        line, inner = None, frame
        while inner is not None and line is None:
            line = inner.f_lineno if inner.f_code.co_filename == request.path else None
            inner = inner.f_back
        channel.tell(
            ParseResult(error=timeout_error(request.fileloc, request.limit, line, stack), seconds=request.limit)
        )
        os._exit(1)

    signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, request.limit)


class WarmChild:
    """Forks on request, sends signals on request, reports each end. Leaves when the parser does."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._jobs: dict[int, int] = {}  # pid -> job
        self._fds: list[int] = []
        self._buffer = b""
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)

    def run(self) -> None:
        """Until the parser hangs up."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        while True:
            ready, _, _ = select.select([self._control.fileno(), self._wake_read], [], [])
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            try:
                self._reap()
                if self._control.fileno() in ready and not self._serve():
                    break
            except (BrokenPipeError, ConnectionResetError):
                break  # the parser is gone
        for pid in self._jobs:
            _signal_group(pid, signal.SIGKILL)

    def _serve(self) -> bool:
        chunk, fds, _, _ = socket.recv_fds(self._control, 1 << 16, 16)
        if not chunk:
            return False
        self._fds += fds
        *lines, self._buffer = (self._buffer + chunk).split(b"\n")
        for line in lines:
            if line.startswith(b'{"kill"'):
                order = msgspec.json.decode(line, type=Kill)
                for pid, job in self._jobs.items():
                    if job == order.kill:
                        _signal_group(pid, order.signal)
            else:
                self._fork(msgspec.json.decode(line, type=Request))
        return True

    def _fork(self, request: Request) -> None:
        channel_fd, last_words_fd = self._fds[:2]
        del self._fds[:2]
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            for fd in (self._control.fileno(), self._wake_read, self._wake_write, *self._fds):
                os.close(fd)
            self._control.detach()
            try:
                run_file(request, channel_fd, last_words_fd)
            finally:
                os._exit(70)  # never back into the loop of the warm child
        self._jobs[pid] = request.job
        os.close(channel_fd)
        os.close(last_words_fd)

    def _reap(self) -> None:
        while self._jobs:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            job = self._jobs.pop(pid, None)
            if job is not None:
                self._control.sendall(msgspec.json.encode(FromWarm(job, status)) + b"\n")


def _signal_group(pid: int, number: int) -> None:
    for send in (os.killpg, os.kill):  # the group exists only once the fork has made it
        try:
            send(pid, number)
        except ProcessLookupError:
            continue
        return


def warm_up() -> None:
    """Load what files will need, then put it out of the garbage collector's sight, so that forks share it."""
    compat.install()
    for name in PRELOADED:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rehearsal.py"
        file.write_text(REHEARSAL)
        loaded = loading.load_file(file, Path(folder))
        msgspec.json.encode(ParseResult(specs=[_frozen(loaded.dags["rehearsal"], "rehearsal.py", "")]))
        sys.path[:] = [place for place in sys.path if not place.startswith(folder)]
    gc.collect()
    gc.freeze()


def main(argv: list[str] | None = None) -> int:
    """``python -m tradewind.parser.child FD``: FD is the control socket."""
    control = socket.socket(fileno=int((argv or sys.argv[1:])[0]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parser decides when we end
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warm_up()
    WarmChild(control).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
