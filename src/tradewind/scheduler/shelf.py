"""The books of this scheduler: which runs it drives, and which attempts are live in them."""

from __future__ import annotations

from collections.abc import Sequence

from tradewind.backends.bundles.local import bundles_of, examples_root
from tradewind.domain.messages import FileRef, RunFacts
from tradewind.domain.rules.views import TaskView
from tradewind.domain.states import LIVE, RunState
from tradewind.scheduler.book import Book
from tradewind.settings import Settings
from tradewind.store.engine import Conn
from tradewind.store.reads import runs as run_reads
from tradewind.store.reads import tasks as task_reads
from tradewind.store.reads.runs import RunRow
from tradewind.store.reads.versions import Version, Versions


def run_facts(conn: Conn, run: RunRow, version: Version) -> RunFacts:
    """What a task may know of its run."""
    earlier = run_reads.previous(conn, run, state="success")
    before = run_reads.previous(conn, run, scheduled_only=True)
    prev_success = {}
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
        next_logical_date=run.interval_end if run.run_type == "scheduled" else None,
        triggered_by=run.triggered_by,
    )


class Shelf:
    """Books by run, live attempts by id."""

    def __init__(self, settings: Settings, versions: Versions) -> None:
        self._roots = {bundle.name: str(bundle.root) for bundle in bundles_of(settings)}
        self._roots.setdefault("examples", str(examples_root()))
        self._dags_folder = str(settings.get_path("core", "dags_folder"))
        self.versions = versions
        self.books: dict[int, Book] = {}
        self.live: dict[str, tuple[Book, TaskView]] = {}

    def open(self, conn: Conn, pks: Sequence[int]) -> list[Book]:
        """Read these runs afresh from the rows; books held of them are replaced. Ended runs are left out."""
        opened = []
        for run in run_reads.by_pks(conn, pks):
            self.drop(run.id)
            if run.state not in (RunState.QUEUED, RunState.RUNNING):
                continue
            version = self.versions.get(conn, run.version_id)
            spec = version.plan.spec
            file = FileRef(
                bundle=spec.bundle,
                root=self._roots.get(spec.bundle, self._dags_folder),
                path=spec.fileloc,
                hash=version.hash,
            )
            book = Book(run, version, run_facts(conn, run, version), file)
            book.load(task_reads.of_run(conn, run.id))
            self.books[run.id] = book
            for ti in book.all():
                if ti.state in LIVE and ti.attempt_id is not None:
                    self.live[ti.attempt_id] = (book, ti)
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
        return gone
