"""A task's log: every line goes to the file when it is made (O_APPEND), so that ``kill -9`` of anything loses none.

``TaskLog`` is the file. ``TaskLogHandler`` puts log records there, ``LineWriter`` what is printed; the host uses
``RawOutput`` for bytes that came through descriptors 1 and 2 (native code, child processes).
A full disk never fails or stops a task: it is noted once and the task goes on.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from tradewind.sdk import lines

PRINTED_AT = "logging_mixin.py:95"  #: where Airflow's logs say that printed lines come from
RAW_AT = "output.py:1"


def stamp(created: float) -> str:
    """Airflow's time of a log line, in UTC."""
    text = datetime.fromtimestamp(created, UTC).isoformat(" ", "milliseconds")
    return f"{text[:19]},{text[20:23]}"


class TaskLog:
    """One try's log file. ``trouble`` says what kept lines from being written, or is None."""

    def __init__(self, path: str | None, mask: Callable[[str], str], limit: int = 0) -> None:
        self.trouble: str | None = None
        self._mask = mask
        self._limit = limit
        self._over = False
        self._missing = 0  #: lines that could not be written since the last one that could
        self._fd = self._open(path) if path is not None else -1

    def start(self, path: str, limit: int) -> None:
        """Begin with a file; for a log that was made before its task was known."""
        self.trouble, self._over, self._missing, self._limit = None, False, 0, limit
        self._fd = self._open(path)

    @property
    def is_open(self) -> bool:
        """Whether lines go anywhere."""
        return self._fd >= 0 or self.trouble is not None

    def _open(self, path: str) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        try:
            try:
                return os.open(path, flags, 0o640)
            except FileNotFoundError:
                _make_folder(path)
                return os.open(path, flags, 0o640)
        except OSError as trouble:
            self._note(trouble, path)
            return -1

    def _note(self, trouble: OSError, path: str | None = None) -> None:
        if self.trouble is None:
            place = f" {path}" if path else ""
            self.trouble = f"The log{place} could not be written: {trouble.strerror or trouble}"

    def masked(self, text: str | None) -> str | None:
        """The text as this log would write it."""
        return self._mask(text) if text else text

    def line(self, place: str, level: str, text: str, created: float | None = None) -> None:
        """One message in Airflow's format; ``text`` may have several lines."""
        at = stamp(time.time() if created is None else created)
        self.raw(f"[{at}] {{{place}}} {level} - {text}\n")

    def raw(self, text: str) -> None:
        """Text as it is, masked. Never raises."""
        if self._fd < 0 or self._over:
            return
        data = self._mask(text).encode("utf-8", "backslashreplace")
        try:
            if self._limit and os.fstat(self._fd).st_size + len(data) > self._limit:
                self._over = True
                data = f"The task logged more than {self._limit} bytes ([core] task_output_limit): the rest is not kept.\n".encode()
            if self._missing:
                at = stamp(time.time())
                data = (
                    f"\n[{at}] {{capture.py:1}} WARNING - {self._missing} lines are missing here. {self.trouble}\n".encode()
                    + data
                )
            if os.write(self._fd, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._missing = 0
        except OSError as trouble:
            self._missing += 1
            self._note(trouble)

    def close(self) -> None:
        """Let go of the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _make_folder(path: str) -> None:
    folder = path[: path.rfind("/")]
    try:
        os.mkdir(folder)  # noqa: PTH102  most often only the last one is missing, and a Path costs each task
    except OSError:
        Path(folder).mkdir(parents=True, exist_ok=True)


class TaskLogHandler(logging.Handler):
    """Log records in Airflow's format, tracebacks after the line as they are."""

    def __init__(self) -> None:
        super().__init__()
        self.log: TaskLog | None = None  #: None in a zygote, where nothing runs but imports
        self._formatter = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record now."""
        log = self.log
        if log is None or not log.is_open:
            print(record.levelname, record.getMessage(), file=sys.__stderr__)
            return
        try:
            text = record.getMessage()
            if record.exc_info and not record.exc_text:
                record.exc_text = self._formatter.formatException(record.exc_info)
            if record.exc_text:
                text = f"{text}\n{record.exc_text}"
            if record.stack_info:
                text = f"{text}\n{record.stack_info}"
            log.line(f"{record.filename}:{record.lineno}", record.levelname, text, record.created)
        except Exception as error:
            # ``logging`` would print to stderr, which is this very log: say it in one line instead.
            log.line(
                f"{record.filename}:{record.lineno}", record.levelname, f"{record.msg!r} (not formatted: {error!r})"
            )


class _Bytes(io.RawIOBase):
    """``sys.stdout.buffer`` of a ``LineWriter``."""

    def __init__(self, writer: LineWriter) -> None:
        self._writer = writer

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._writer.write(bytes(data).decode("utf-8", "replace"))
        return len(data)


class LineWriter(io.TextIOBase):
    """In place of ``sys.stdout`` or ``sys.stderr``: each whole line becomes a log line at once."""

    def __init__(self, level: str, fd: int) -> None:
        self.log: TaskLog | None = None
        self._level = level
        self._fd = fd
        self._rest = ""
        self.buffer = _Bytes(self)

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a constant here
        """Always UTF-8."""
        return "utf-8"

    def writable(self) -> bool:
        """Yes."""
        return True

    def fileno(self) -> int:
        """The real descriptor, for children that want one; the host reads its other end."""
        return self._fd

    def write(self, text: str) -> int:
        """Take text; log the lines it completes."""
        *lines, self._rest = (self._rest + text).split("\n")
        if self.log is not None:
            for line in lines:
                self.log.line(PRINTED_AT, self._level, line.rstrip("\r"))
        return len(text)

    def finish(self) -> None:
        """Log a last line that had no newline."""
        if self._rest and self.log is not None:
            rest, self._rest = self._rest, ""
            self.log.line(PRINTED_AT, self._level, rest)


# Made once in the zygote: what a task's process need not make is what it need not copy.
_handler = TaskLogHandler()
_loggers = logging.getLogger(), logging.getLogger("airflow.task")
_LEVELS = logging.getLevelNamesMapping()
_out, _err = LineWriter("INFO", 1), LineWriter("WARNING", 2)


def prepare() -> None:
    """In a zygote: put the handler in place; ``install`` then only gives it a file."""
    for logger in _loggers:
        if logger.handlers != [_handler]:  # a DAG file may have configured logging for itself
            logger.handlers = [_handler]
    _loggers[1].propagate = False


def install(log: TaskLog, level: str) -> None:
    """Send this process's logging and printing to the log."""
    prepare()
    if _handler.log is not log:
        _handler.log = _out.log = _err.log = log
        lines.give_to(log.line)
    for logger in _loggers:
        if logger.level != _LEVELS.get(level):
            logger.setLevel(level)
    sys.stdout, sys.stderr = _out, _err


def finish() -> None:
    """End the last printed line; flush what user code wrote past us."""
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            _flush(stream)
    _out.finish()
    _err.finish()


def _flush(stream: TextIO) -> bool:
    try:
        stream.flush()
    except (OSError, ValueError):  # user code may have closed it
        return False
    return True


class RawOutput:
    """Bytes from a task's descriptors 1 and 2, by lines, into its log. Lives in the host; opens the file when needed."""

    def __init__(self, open_log: Callable[[], TaskLog]) -> None:
        self._open_log = open_log
        self._log: TaskLog | None = None
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Log the lines completed by ``data``."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > 65536:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            self._write(line)

    def _write(self, line: bytes) -> None:
        if self._log is None:
            self._log = self._open_log()
        self._log.line(RAW_AT, "INFO", line.decode("utf-8", "replace").rstrip("\r"))

    def finish(self) -> str | None:
        """Log what is left, close the file; what went wrong, if anything."""
        if self._rest:
            rest, self._rest = self._rest, b""
            self._write(rest)
        if self._log is None:
            return None
        log, self._log = self._log, None
        log.close()
        return log.trouble
