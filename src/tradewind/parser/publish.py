"""From what the child said to what the store keeps: version hashes, who has a DAG id, which errors are shown."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from tradewind.backends.bundles.discover import signature
from tradewind.domain import codec
from tradewind.domain.spec import DagSpec
from tradewind.parser.schedule import Book, Digests, Entry, FileKey, Outcome
from tradewind.parser.wire import ParseError, ParseResult
from tradewind.settings import Settings
from tradewind.store.engine import Conn, IntegrityError, Store
from tradewind.store.writes.dags import (
    DagDefaults,
    FileTrouble,
    ParsedFile,
    Published,
    forget_files,
    publish,
    set_trouble,
)


def defaults_of(settings: Settings) -> DagDefaults:
    """What the settings say where a DAG says nothing."""
    return DagDefaults(
        paused=settings.get_bool("core", "dags_are_paused_at_creation"),
        max_active_runs=settings.get_int("core", "max_active_runs_per_dag"),
        max_active_tasks=settings.get_int("core", "max_active_tasks_per_dag"),
    )


def outcome_of(result: ParseResult) -> Outcome:
    """What the file schedule needs to remember."""
    return Outcome(
        files=result.files,
        variables=result.variables,
        connections=result.connections,
        volatile=result.volatile,
        dag_ids=result.declared,
        error_code=result.error.code if result.error else None,
    )


class Publisher:
    """Collects outcomes and writes them, many per transaction."""

    def __init__(self, store: Store, book: Book, defaults: DagDefaults) -> None:
        self._store = store
        self._book = book
        self._defaults = defaults
        self._files: dict[FileKey, ParsedFile] = {}
        self._troubles: dict[FileKey, FileTrouble | None] = {}

    @property
    def waiting(self) -> int:
        """How many outcomes are not written yet."""
        return len(self._files) + len(self._troubles) + len(self._book.vanished)

    def holds(self, key: FileKey) -> bool:
        """Whether an outcome of this file waits to be written."""
        return key in self._files

    def take(self, key: FileKey, result: ParseResult, digests: Digests, now: float) -> None:
        """One outcome. Nothing is written yet."""
        earlier = self._book.entries[key].dag_ids if key in self._book.entries else []
        outcome = outcome_of(result)
        entry = self._book.done(key, outcome, digests, now)
        if entry is None or entry.hash is None:
            return
        specs = [codec.load_bytes(bytes(raw)) for raw in result.specs]
        trouble = _trouble(result.error)
        mine: list[tuple[DagSpec, str]] = []
        for spec in specs:
            first = min([key, *self._book.claimants(spec.dag_id)])
            if first == key:
                version = entry.hash if not entry.volatile else _with_shape(entry.hash, spec)
                mine.append((spec, version))
                for other in self._book.claimants(spec.dag_id)[1:]:
                    self._refuse(other, spec.dag_id, key)
            elif trouble is None:
                trouble = duplicate(spec.dag_id, loser=key, holder=first)
                entry.error_code = trouble.code
        frozen = {spec.dag_id for spec in specs}
        claimed = earlier if result.declared is None else result.declared
        broken = [i for i in claimed if i not in frozen and self._book.claimants(i)[:1] == [key]]
        source, source_hash = _source(entry)
        self._troubles.pop(key, None)
        self._files[key] = ParsedFile(
            bundle=key.bundle,
            fileloc=key.fileloc,
            hash=entry.hash,
            reads={**outcome.stored(), "files": entry.files},
            dag_ids=entry.dag_ids,
            milliseconds=round(result.seconds * 1000),
            warnings=result.warnings,
            source=source,
            source_hash=source_hash,
            specs=mine,
            trouble=trouble,
            broken_dag_ids=broken,
        )

    def _refuse(self, loser: FileKey, dag_id: str, holder: FileKey) -> None:
        """Another file had the id until now: it loses the DAG, and its page says to whom."""
        entry = self._book.entries[loser]
        if entry.error_code is not None or entry.parsing or entry.due:
            return  # it has an error of its own, or will be told when it is parsed
        trouble = duplicate(dag_id, loser=loser, holder=holder)
        entry.error_code = trouble.code
        waiting = self._files.get(loser)
        if waiting is not None:
            specs = [(spec, version) for spec, version in waiting.specs if spec.dag_id != dag_id]
            self._files[loser] = ParsedFile(**{**vars(waiting), "specs": specs, "trouble": trouble})
        else:
            self._troubles[loser] = trouble

    def trouble(self, key: FileKey, trouble: FileTrouble | None) -> None:
        """An error of something that is no DAG file (an ignore file); None takes it away."""
        self._troubles[key] = trouble

    def write(self, now: datetime) -> Published | None:
        """One transaction with everything collected; None when there was nothing."""
        if not self.waiting:
            return None
        vanished = sorted(self._book.vanished - set(self._book.entries))
        files, troubles = list(self._files.values()), list(self._troubles.items())

        def work(conn: Conn) -> Published:
            gone = forget_files(conn, vanished)
            done = publish(conn, files, self._defaults, now)
            for key, trouble in troubles:
                set_trouble(conn, key, trouble, now)
            return Published(done.new_versions, [*gone, *done.deactivated])

        published = self._in_peace(work)
        self._files.clear()
        self._troubles.clear()
        self._book.vanished.clear()
        return published

    def _in_peace(self, work: Callable[[Conn], Published]) -> Published:
        """Another process may publish the same file at this moment (``dags reserialize``): look again, then write."""
        for _ in range(3):
            try:
                return self._store.retry(work)
            except IntegrityError:
                continue
        return self._store.retry(work)


def duplicate(dag_id: str, *, loser: FileKey, holder: FileKey) -> FileTrouble:
    """The error of a file whose DAG id another file declares too."""
    return FileTrouble(
        code="duplicate_dag_id",
        message=f"DAG {dag_id!r} is declared in two files: {holder.fileloc} and {loser.fileloc}. "
        f"{holder.fileloc} comes first and keeps the id; this file's DAG is not loaded.",
        hint="Give one of them another dag_id.",
    )


def _trouble(error: ParseError | None) -> FileTrouble | None:
    if error is None:
        return None
    return FileTrouble(error.code, error.message, error.line, error.hint, error.stacktrace)


def _with_shape(reads_hash: str, spec: DagSpec) -> str:
    """The version of a DAG whose file asks the time or the network: the same text may give another shape.

    Only the shape counts (tasks, edges, timetable), so that ``start_date=now()`` does not make a version per parse.
    """
    shape = hashlib.sha256(reads_hash.encode())
    shape.update(repr((spec.timetable.kind, sorted(spec.timetable.args.items(), key=repr))).encode())
    for task in spec.tasks:
        shape.update(repr((task.task_id, task.operator, task.trigger_rule, sorted(task.downstream))).encode())
    return shape.hexdigest()


def _source(entry: Entry) -> tuple[str, str]:
    """The text of the file for its page, and its hash."""
    path: Path = entry.path
    if signature(path) is None:
        return "", hashlib.sha256(b"").hexdigest()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            names = sorted(n for n in archive.namelist() if n.endswith(".py") and "/" not in n)
            text = "\n".join(f"# {name}\n{archive.read(name).decode(errors='replace')}" for name in names)
    else:
        text = path.read_text(encoding="utf-8", errors="replace")
    return text, hashlib.sha256(text.encode()).hexdigest()
