"""The review of a repository: every file read as text here, and imported in a process of its own."""

from __future__ import annotations

import ast
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

import msgspec

from tradewind import compat
from tradewind.backends.bundles.discover import SKIPPED_FOLDERS, Discovery, looks_like_dag
from tradewind.checks import clocks, old_names, top_level
from tradewind.checks.contract import DagSeen, FileReport, Finding, Use
from tradewind.checks.rules import RULES
from tradewind.checks.source import Source
from tradewind.errors import DagFileError, InvalidArgument, did_you_mean
from tradewind.parser.child import PRELOADED

_TEXT_RULES: tuple[Callable[[Source], Iterator[Finding]], ...] = (
    top_level.work_at_import,
    top_level.secrets,
    clocks.moving_dates,
    clocks.in_tasks,
    old_names.old_paths,
    old_names.old_arguments,
    old_names.old_template_names,
)


@dataclass
class Options:
    """What to look at and how. ``known``: names of connections and variables that exist; None: do not look."""

    now: datetime
    root: Path | None = None  #: what goes to sys.path; the named folder, when one is named
    ignore_syntax: str = "regexp"
    time_limit: float = 30.0
    slow_import: float = 2.0  #: seconds
    load: bool = True
    connections: frozenset[str] | None = None
    variables: frozenset[str] | None = None
    client: Callable[[], Any] | None = None  #: makes who answers look-ups of a file that is imported, in its process
    jobs: int = 2
    progress: Callable[[str], None] = field(default=lambda _: None)


@dataclass
class Target:
    """One file to review."""

    path: Path
    shown: str
    root: Path
    is_dag_file: bool


def choose(given: str, codes: frozenset[str] = frozenset(RULES)) -> frozenset[str]:
    """The codes a person means by ``TW1,TW203``. InvalidArgument for one that begins no rule's code."""
    chosen: set[str] = set()
    for word in filter(None, (part.strip().upper() for part in given.split(","))):
        meant = {code for code in codes if code.startswith(word)}
        if not meant:
            raise InvalidArgument(
                f"There is no rule {word!r}.",
                field="select",
                hint=did_you_mean(word, codes) or "`tradewind dags check --list-rules` shows them.",
            )
        chosen |= meant
    return frozenset(chosen)


def targets(places: list[Path], options: Options) -> list[Target]:
    """The Python files below the places: DAG files, and what lies beside them (read as text only)."""
    found: dict[Path, Target] = {}
    for place in places:
        whole = place.absolute()
        if whole.is_file():
            root = options.root or whole.parent
            text = whole.read_bytes()
            found[whole] = Target(whole, _shown(whole), root.absolute(), looks_like_dag(text))
            continue
        if not whole.is_dir():
            raise InvalidArgument(f"There is no file or folder {str(place)!r}.", field="path", hint="Check the path.")
        root = (options.root or whole).absolute()
        dag_files = set(Discovery(syntax=options.ignore_syntax).look(whole).values())
        for path in sorted(whole.rglob("*.py")):
            if not SKIPPED_FOLDERS.intersection(path.relative_to(whole).parts):
                found.setdefault(path, Target(path, _shown(path), root, path in dag_files))
    return list(found.values())


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def read(target: Target) -> Source | Finding:
    """The file as text and tree, or why there is none."""
    try:
        text = target.path.read_text(encoding="utf-8-sig")
        return Source(target.path, target.shown, text, ast.parse(text, str(target.path)))
    except SyntaxError as error:
        return Finding(target.shown, error.lineno or 0, "TW001", f"SyntaxError: {error.msg}", column=error.offset or 0)
    except (OSError, ValueError) as error:
        return Finding(target.shown, 0, "TW001", str(error), fix="Save it as UTF-8 text.")


def review(files: list[Target], options: Options) -> list[Finding]:
    """Everything found, sorted by place."""
    compat.install()
    sources: dict[str, Source] = {}
    found: list[Finding] = []
    uses: list[Use] = []
    dags: list[DagSeen] = []
    readable: list[Target] = []
    for target in files:
        source = read(target)
        if isinstance(source, Finding):
            if target.is_dag_file:
                found.append(source)
            continue
        sources[target.shown] = source
        for rule in _TEXT_RULES:
            found += rule(source)
        uses += top_level.named_values(source)
        if target.is_dag_file:
            readable.append(target)
    for report in import_all(readable, options) if options.load else ():
        found += report.findings
        uses += report.uses
        dags += report.dags
    found += _missing(uses, options)
    found += _twice(dags)
    kept = {f for f in found if f.file not in sources or not sources[f.file].silences(f.line, f.code)}
    return sorted(kept)


def import_all(files: list[Target], options: Options) -> Iterator[FileReport]:
    """Each file in a forked process, some at a time; one that takes too long is ended."""
    for name in ("tradewind.checks.loaded", *PRELOADED):
        import_module(name)  # in memory before the forks, so that no file pays for it
    forks = multiprocessing.get_context("fork")
    running: dict[Connection, tuple[ForkProcess, Target, float]] = {}
    todo = list(reversed(files))
    sys.stdout.flush()
    while todo or running:
        while todo and len(running) < options.jobs:
            target = todo.pop()
            ours, theirs = forks.Pipe(duplex=False)
            process = forks.Process(target=_import_one, args=(target, options, theirs), daemon=True)
            process.start()
            theirs.close()
            running[ours] = (process, target, time.monotonic() + options.time_limit)
        left = max(0.0, min(until for _, _, until in running.values()) - time.monotonic())
        done: list[Connection] = [c for c in wait(list(running), left) if isinstance(c, Connection)]
        late = [c for c, (_, _, until) in running.items() if c not in done and until <= time.monotonic()]
        for channel in (*done, *late):
            process, target, _ = running.pop(channel)
            yield _answer(channel, process, target, options, late=channel in late)


def _answer(
    channel: Connection,
    process: ForkProcess,
    target: Target,
    options: Options,
    *,
    late: bool,
) -> FileReport:
    if late:
        process.kill()
        process.join()
        message = f"The file was not imported within {options.time_limit:g} s."
        return FileReport(findings=[Finding(target.shown, 0, "TW001", message, fix="Move work into tasks.")])
    try:
        answer = channel.recv_bytes()
    except EOFError:
        process.join()
        message = f"The process that imported the file ended by itself (exit code {process.exitcode})."
        return FileReport(findings=[Finding(target.shown, 0, "TW001", message)])
    process.join()
    options.progress(target.shown)
    return msgspec.json.decode(answer, type=FileReport)


def _import_one(target: Target, options: Options, channel: Connection) -> None:
    from tradewind.checks.loaded import check_loaded, of_error  # noqa: PLC0415
    from tradewind.sdk.loading import load_file, use_client  # noqa: PLC0415

    sys.stdout = sys.stderr  # what the file prints is no finding
    if options.client is not None:
        use_client(options.client())
    began = time.process_time()  # not the clock on the wall: a busy machine makes no file slow
    try:
        made = load_file(target.path, target.root)
        seconds = time.process_time() - began
        report = check_loaded(made, target.shown, target.path, options.now, looks_like_dag=True)
        if seconds > options.slow_import:
            report.findings.append(
                Finding(target.shown, 0, "TW105", f"Importing the file took {seconds:.1f} s of processor time.")
            )
    except DagFileError as error:
        report = FileReport(findings=[of_error(error, target.shown)])
    channel.send_bytes(msgspec.json.encode(report))


def _missing(uses: list[Use], options: Options) -> Iterator[Finding]:
    for code, kind, known in (
        ("TW401", "connection", options.connections),
        ("TW402", "variable", options.variables),
    ):
        if known is None:
            continue
        for use in uses:
            if use.kind == kind and use.name not in known:
                by = f" ({use.by})" if use.by else ""
                yield Finding(
                    use.file,
                    use.line,
                    code,
                    f"There is no {kind} {use.name!r}{by}.",
                    fix=did_you_mean(use.name, known) or "",
                )


def _twice(dags: list[DagSeen]) -> Iterator[Finding]:
    first: dict[str, DagSeen] = {}
    for dag in sorted(dags, key=lambda d: (d.file, d.line)):
        other = first.setdefault(dag.dag_id, dag)
        if other.file != dag.file:
            yield Finding(
                dag.file, dag.line, "TW303", f"DAG {dag.dag_id!r} is declared in {other.file}, too.", dag_id=dag.dag_id
            )
