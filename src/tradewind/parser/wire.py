"""What the parser, its warm child and the process of one file say to each other: one JSON line each."""

from __future__ import annotations

from typing import Any

import msgspec


class ParseError(msgspec.Struct, omit_defaults=True):
    """Why a file, or one of its DAGs, is unusable; what ``import_error`` shows."""

    code: str
    message: str
    line: int | None = None
    hint: str | None = None
    stacktrace: str | None = None


class ParseResult(msgspec.Struct, omit_defaults=True):
    """What came out of one file."""

    specs: list[msgspec.Raw] = []  #: codec.dump of each DAG that could be frozen
    declared: list[str] | None = None  #: every DAG id in the file, frozen or not; None: the import failed
    files: dict[str, str] = {}
    variables: list[str] = []
    connections: list[str] = []
    volatile: bool = False
    warnings: list[dict[str, Any]] = []
    error: ParseError | None = None
    seconds: float = 0.0


class ToParent(msgspec.Struct, omit_defaults=True):
    """One line from the process of a file: who it is, a question, or the result."""

    pid: int | None = None
    ask: str | None = None
    args: dict[str, Any] = {}
    result: ParseResult | None = None
    free: bool = False  #: with the result: the file left no trace, the process would take another one


class FromWarm(msgspec.Struct, omit_defaults=True):
    """One line from the warm child: a process of a file ended."""

    job: int
    status: int = 0


class Request(msgspec.Struct):
    """Parse this file. To the warm child, with two file descriptors (channel, place for the last words), or to a process
    that is free.
    """

    job: int
    path: str
    root: str
    bundle: str
    fileloc: str
    limit: float
    more: bool = False  #: the process may be given another file afterwards


class Kill(msgspec.Struct):
    """To the warm child: send a signal to the process of a file."""

    kill: int
    signal: int


def timeout_error(name: str, limit: float, line: int | None, stacktrace: str | None) -> ParseError:
    """The error of a file that does not come to an end."""
    return ParseError(
        "dag_file_timeout",
        f"{name} took longer than {limit:g} s to import.",
        line,
        "Move the slow work from the top level into a task, or raise [core] dagbag_import_timeout.",
        stacktrace or None,
    )
