"""The books of this scheduler: which runs it drives, and which attempts are live in them."""

from __future__ import annotations

from collections.abc import Sequence

from tradewind.backends.bundles.local import bundles_of, examples_root
from tradewind.domain.messages import FileRef, RunFacts
from tradewind.domain.rules.views import TaskView
from tradewind.domain.states import LIVE, RunState, TaskState
from tradewind.scheduler.book import Book
from tradewind.scheduler.lanes import Lanes
from tradewind.settings import Settings
from tradewind.store.engine import Conn
from tradewind.store.reads import assets as asset_reads
from tradewind.store.reads import runs as run_reads
from tradewind.store.reads import tasks as task_reads
from tradewind.store.reads.assets import as_fact
from tradewind.store.reads.runs import RunRow
from tradewind.store.reads.versions import Version, Versions


def run_facts(conn: Conn, run: RunRow, version: Version) -> RunFacts:
    """What a task may know of its run."""
    earlier = run_reads.previous(conn, run, state="success")
    before = run_reads.previous(conn, run, scheduled_only=True)
    prev_success = {}
    by_assets = run.run_type == "asset_triggered"
    if earlier is not None:
        prev_success = {
            "data_interval_start": earlier.interval_start,
            "data_interval_end": earlier.interval_end,
            "logical_date": earlier.logical_date,
            "started_at": earlier.started_at,
            "ended_at": earlier.ended_at,
        }
    return RunFacts(
        dag_id=run.dag_id,
        run_id=run.run_id,
        run_type=run.run_type,
        logical_date=run.logical_date,
        data_interval_start=run.interval_start,
        data_interval_end=run.interval_end,
        run_after=run.run_after,
        started_at=run.started_at,
        conf=run.conf,
        version_hash=version.hash,
        prev_success=prev_success,
        prev_logical_date=before.logical_date if before else None,
        next_logical_date=run.interval_end if run.run_type in ("scheduled", "backfill") else None,
        triggered_by=run.triggered_by,
        consumed_asset_events=[as_fact(e) for e in asset_reads.of_run(conn, run.id)] if by_assets else [],
    )


class Waiters:
    """Deferred instances by the attempt id of their deferral; remembers what changed since it was last asked."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Book, TaskView]] = {}
        self._of: dict[Book, set[str]] = {}  #: under which ids instances of a book wait
        self._added: dict[str, None] = {}
        self._removed: set[str] = set()

    def get(self, attempt_id: str) -> tuple[Book, TaskView] | None:
        """Who waits under this id."""
        entry = self._known.get(attempt_id)
        if entry is None or entry[1].attempt_id != attempt_id or entry[1].state is not TaskState.DEFERRED:
            return None
        return entry

    def add(self, attempt_id: str, book: Book, ti: TaskView) -> None:
        """Waits from now on (or: was read afresh)."""
        self._known[attempt_id] = (book, ti)
        self._of.setdefault(book, set()).add(attempt_id)
        if attempt_id in self._removed:
            self._removed.discard(attempt_id)
        else:
            self._added[attempt_id] = None

    def remove(self, attempt_id: str) -> None:
        """Waits no more."""
        entry = self._known.pop(attempt_id, None)
        if entry is not None:
            self._of.get(entry[0], set()).discard(attempt_id)
            if attempt_id in self._added:
                del self._added[attempt_id]
            else:
                self._removed.add(attempt_id)

    def drop(self, book: Book) -> None:
        """Nobody of this run waits, as far as we know; whatever a pass that failed has made of its instances since."""
        for attempt_id in sorted(self._of.pop(book, ())):
            self.remove(attempt_id)

    def changes(self) -> tuple[list[tuple[str, Book, TaskView]], list[str]]:
        """(new ones, ids gone) since the last call."""
        if not self._added and not self._removed:
            return [], []
        added = [(a, *self._known[a]) for a in self._added]
        removed = sorted(self._removed)
        self._added, self._removed = {}, set()
        return added, removed


class Shelf:
    """Books by run, live attempts and deferred instances by id."""

    def __init__(self, settings: Settings, versions: Versions) -> None:
        self._roots = {bundle.name: str(bundle.root) for bundle in bundles_of(settings)}
        self._roots.setdefault("examples", str(examples_root()))
        self._dags_folder = str(settings.get_path("core", "dags_folder"))
        self.versions = versions
        self.books: dict[int, Book] = {}
        self.live: dict[str, tuple[Book, TaskView]] = {}
        self.waiters = Waiters()
        self.lanes = Lanes()
        self.queued: dict[str, dict[int, Book]] = {}  #: by DAG, the runs that wait for their start

    def file_of(self, version: Version) -> FileRef:
        """The file of that version on this machine."""
        spec = version.plan.spec
        root = self._roots.get(spec.bundle, self._dags_folder)
        return FileRef(bundle=spec.bundle, root=root, path=spec.fileloc, hash=version.hash)

    def open(self, conn: Conn, pks: Sequence[int]) -> list[Book]:
        """Read these runs afresh from the rows; books held of them are replaced. Ended runs are left out."""
        opened = []
        for run in run_reads.by_pks(conn, pks):
            self.drop(run.id)
            if run.state not in (RunState.QUEUED, RunState.RUNNING):
                continue
            version = self.versions.of_run(conn, run.version_id, run.options)
            book = Book(run, version, run_facts(conn, run, version), self.file_of(version), self.lanes)
            book.load(task_reads.of_run(conn, run.id))
            self.books[run.id] = book
            if run.state == RunState.QUEUED:
                self.queued.setdefault(run.dag_id, {})[run.id] = book
            for ti in book.all():
                if ti.state in LIVE and ti.attempt_id is not None:
                    self.live[ti.attempt_id] = (book, ti)
                elif ti.state is TaskState.DEFERRED and ti.attempt_id is not None:
                    self.waiters.add(ti.attempt_id, book, ti)
            opened.append(book)
        return opened

    def drop(self, pk: int) -> list[str]:
        """Forget a run; the attempts that were live in it."""
        book = self.books.pop(pk, None)
        if book is None:
            return []
        gone = [a for a, (other, _) in self.live.items() if other is book]
        for attempt_id in gone:
            del self.live[attempt_id]
        self.waiters.drop(book)
        self.lanes.leave(book)
        self.started(book)
        return gone

    def started(self, book: Book) -> None:
        """It no longer waits for its start."""
        waiting = self.queued.get(book.run.dag_id)
        if waiting is not None:
            waiting.pop(book.run.id, None)
            if not waiting:
                del self.queued[book.run.dag_id]
