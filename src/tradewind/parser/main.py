"""The parser process: watches the bundles, has changed files parsed, publishes what comes out.

One loop, woken by file events, by the parser bell (a variable or connection changed), by the processes of files, and by
a slow look at everything as the net. ``--once`` parses what must be parsed, publishes and leaves.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from tradewind import telemetry
from tradewind.backends.bundles.contract import Bundle
from tradewind.backends.bundles.discover import Discovery
from tradewind.backends.bundles.local import bundles_of
from tradewind.clock import Clock, SystemClock
from tradewind.errors import InvalidArgument, TradewindError
from tradewind.loop import Bell, Ringer
from tradewind.parser.publish import Publisher, defaults_of
from tradewind.parser.schedule import Book, Digests, Entry, FileKey
from tradewind.parser.spawn import Spawner
from tradewind.parser.stats import Going, Parsed, Stats
from tradewind.parser.values import Values
from tradewind.parser.watch import EVERYTHING, Watcher
from tradewind.settings import Settings, load_settings
from tradewind.store.engine import Store, open_store
from tradewind.store.migrate import check
from tradewind.store.reads.files import known_files, known_names
from tradewind.store.writes.dags import FileTrouble
from tradewind.store.writes.processes import beat, leave

log = logging.getLogger("tradewind.parser")

BATCH = 100  #: outcomes written in one transaction while more are coming
BATCH_SECONDS = 0.25  #: or as many as came in this time
HEARTBEAT_SECONDS = 5.0
_TWO = ("volatile_reparse_interval", "min_file_process_interval")


class Parser:
    """Composition of the rooms' parts; one per process."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, bundles: tuple[Bundle, ...]) -> None:
        self._settings, self._store, self._clock, self._bundles = settings, store, clock, bundles
        self._selector = selectors.DefaultSelector()
        self._ringer = Ringer(settings.home)
        self._values = Values(store, settings)
        roots = {bundle.name: bundle.root for bundle in bundles}
        self._book = Book(roots, *_intervals(settings))
        self._stats = Stats(settings.log_folder, settings.get_float("dag_processor", "print_stats_interval"))
        self._publisher = Publisher(store, self._book, defaults_of(settings))
        self.spawner = Spawner(self._selector, self._values.answer, clock.monotonic)
        self._discoveries = {
            bundle.name: Discovery(
                settings.get_str("core", "dag_ignore_file_syntax"),
                settings.get_bool("core", "dag_discovery_safe_mode"),
            )
            for bundle in bundles
        }
        self._limit = settings.get_float("core", "dagbag_import_timeout")
        self._slots = max(1, settings.get_int("dag_processor", "parsing_processes"))
        self._refresh = settings.get_float("dag_processor", "refresh_interval")
        self._digests: Digests = {}
        self._ignore_troubles: dict[FileKey, FileTrouble] = {}
        self._wrote_at = clock.monotonic()
        self._reads_changed = False
        self._looked_at = float("-inf")
        self._stopping = False
        self._wake: int | None = None

    # Looking

    def restore(self) -> None:
        """Take over what the store knows, so that unchanged files are not parsed again."""
        with self._store.read() as conn:
            rows = known_files(conn)
        for row in rows:
            key = FileKey(row.bundle, row.fileloc)
            if row.bundle not in self._book.roots:
                self._book.vanished.add(key)  # the examples were switched off
                continue
            reads = row.reads
            entry = Entry(
                key,
                self._book.roots[row.bundle] / row.fileloc,
                hash=row.hash,
                files=reads.get("files", {}),
                variables=reads.get("variables", []),
                connections=reads.get("connections", []),
                volatile=bool(reads.get("volatile")),
                dag_ids=row.dag_ids,
                error_code=row.error_code,
            )
            self._book.restore(entry)
        self._refresh_digests()

    def look(self) -> None:
        """Compare everything on disk with what is known."""
        found: dict[FileKey, Path] = {}
        for bundle in self._bundles:
            with contextlib.suppress(TradewindError):
                bundle.refresh()
            discovery = self._discoveries[bundle.name]
            for relative, path in discovery.look(bundle.root).items():
                found[FileKey(bundle.name, relative)] = path
            self._show_ignore_troubles(bundle.name, discovery)
        self._book.look(found, self._digests)
        if self._clock.monotonic() >= self._looked_at + self._refresh:
            self._book.retry_broken()  # what they lacked may have been installed meanwhile
        self._looked_at = self._clock.monotonic()

    def _show_ignore_troubles(self, name: str, discovery: Discovery) -> None:
        now = {
            FileKey(name, file): FileTrouble(error.code, error.message, error.line, error.hint)
            for file, error in discovery.troubles.items()
        }
        for key in [known for known in self._ignore_troubles if known.bundle == name and known not in now]:
            del self._ignore_troubles[key]
            self._publisher.trouble(key, None)
        for key, trouble in now.items():
            if self._ignore_troubles.get(key) != trouble:
                self._ignore_troubles[key] = trouble
                self._publisher.trouble(key, trouble)

    def moved(self, paths: set[Path]) -> None:
        """File events: a cheap check when only known files were written, else a full look."""
        known = self._book.readers()
        if EVERYTHING not in paths and all(path in known and path.exists() for path in paths):
            self._book.touch(paths, self._digests)
            return
        for path in paths:
            self._book.sha(path, fresh=True)
        self.look()

    def values_changed(self, bell: Bell) -> None:
        """The bell rang: variables or connections may be new, or somebody deleted a DAG whose file is still there."""
        bell.clear()
        self._refresh_digests()
        with self._store.read() as conn:
            written = known_names(conn)
        for entry in list(self._book.entries.values()):
            if entry.hash is not None and entry.key not in written and not self._publisher.holds(entry.key):
                self._book.demand(entry)
        self._book.check_values(self._digests)
        self._book.retry_broken()

    def _refresh_digests(self) -> None:
        entries = self._book.entries.values()
        self._digests = self._values.digests(
            {key for entry in entries for key in entry.variables},
            {key for entry in entries for key in entry.connections},
        )

    # Parsing and publishing

    def _feed(self) -> None:
        for entry in self._book.take(self._slots - self.spawner.busy, self._clock.monotonic()):
            self._stats.begun(entry.path)
            self.spawner.start(entry, str(self._book.roots[entry.key.bundle]), self._limit)
        if self.spawner.busy < self._slots:
            self.spawner.rest()

    def _collect(self) -> None:
        finished, self.spawner.finished = self.spawner.finished, []
        lost, self.spawner.lost = self.spawner.lost, []
        for job in lost:
            self._book.give_back(job.entry)
        if any(job.result and (job.result.variables or job.result.connections) for job in finished):
            names = [job.result for job in finished if job.result]
            self._digests |= self._values.digests(
                {key for result in names for key in result.variables},
                {key for result in names for key in result.connections},
            )
        self._reads_changed = self._reads_changed or bool(finished)
        for job in finished:
            assert job.result is not None
            now = self._clock.monotonic()
            self._publisher.take(job.entry.key, job.result, self._digests, now)
            error = job.result.error
            told = Parsed(len(job.result.specs), int(error is not None), job.result.seconds, self._clock.now())
            declared = sorted(job.result.declared or ())
            self._stats.ended(job.entry.key, job.entry.path, declared, told, error.message if error else None)
            telemetry.emit(
                telemetry.FileParsed(
                    job.entry.key.fileloc, len(job.result.specs), job.result.seconds, error.message if error else None
                )
            )

    def _publish(self) -> None:
        if not self._publisher.waiting:
            self._wrote_at = self._clock.monotonic()
            return
        age = self._clock.monotonic() - self._wrote_at
        if not self._book.idle() and self._publisher.waiting < BATCH and age < BATCH_SECONDS:
            return
        published = self._publisher.write(self._clock.now())
        self._wrote_at = self._clock.monotonic()
        if published is not None:
            self._ringer.ring("scheduler", "dags")
            self._ringer.ring("api", "dags")

    def step(self, longest: float | None) -> None:
        """One turn: hand out files, wait for something to happen, take it in, write it."""
        now = self._clock.monotonic()
        volatile_in = self._book.ring_volatile(now)
        self._feed()
        waits = [w for w in (longest, volatile_in) if w is not None]
        deadline = self.spawner.next_deadline()
        if deadline is not None:
            waits.append(deadline - now)
        if self._publisher.waiting and self._book.idle():
            waits.append(0)
        for key, _ in self._selector.select(max(0.0, min(waits)) if waits else None):
            key.data()
        self.spawner.enforce(self._clock.monotonic())
        self._collect()
        self._publish()

    # The two ways to run

    def once(self) -> None:
        """Parse what must be parsed, publish, return."""
        self.restore()
        self.look()
        while not self._stopping and (not self._book.idle() or self._publisher.waiting):
            self.step(1.0)

    def run(self) -> None:
        """Until told to stop."""
        started = self._clock.now()
        identity = f"parser@{socket.gethostname()}:{os.getpid()}:{int(started.timestamp())}"
        bell = Bell(self._settings.home, "parser")
        watcher = Watcher(bundle.root for bundle in self._bundles)
        wake, self._wake = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(self._wake, False)
        self._selector.register(bell, selectors.EVENT_READ, lambda: self.values_changed(bell))
        self._selector.register(watcher, selectors.EVENT_READ, lambda: self.moved(watcher.take()))
        self._selector.register(wake, selectors.EVENT_READ, lambda: os.read(wake, 4096))
        self.spawner.warm()
        watcher.start()
        self.restore()
        telemetry.emit(telemetry.ProcessStarted("parser", os.getpid()))
        beat_at = float("-inf")
        try:
            while not self._stopping:
                now = self._clock.monotonic()
                if now >= self._looked_at + self._refresh:
                    self.look()
                if now >= beat_at + HEARTBEAT_SECONDS:
                    beat_at = now
                    self._beat(identity, watcher)
                self._show_stats(now)
                due = min(beat_at + HEARTBEAT_SECONDS - now, self._stats.wait(now))
                self._guarded(lambda due=due: self.step(due))  # type: ignore[misc]
                if self._reads_changed:
                    self._watch_outside(watcher)
        finally:
            watcher.close()
            bell.close()
            self._store.retry(lambda conn: leave(conn, identity))

    def _watch_outside(self, watcher: Watcher) -> None:
        """Files outside the roots that were read are looked at too; what moved before that is found by its hash."""
        self._reads_changed = False
        fresh = watcher.watch_others(self._book.outside())
        if fresh:
            self._book.touch(fresh, self._digests)

    def _show_stats(self, now: float) -> None:
        going = {job.entry.key: Going(job.pid, now - job.started) for job in self.spawner.jobs()}
        self._stats.write(now, ((entry.key, entry.path) for entry in self._book.entries.values()), going)

    def _beat(self, identity: str, watcher: Watcher) -> None:
        self._watch_outside(watcher)
        now = self._clock.now()
        details = {"files": len(self._book.entries), "parsing": self.spawner.busy}
        self._guarded(self._store.check_file)
        self._guarded(
            lambda: self._store.retry(
                lambda conn: beat(conn, identity, "parser", socket.gethostname(), os.getpid(), now, details)
            )
        )

    def _guarded(self, work: Callable[[], object]) -> None:
        """The loop outlives trouble: it is told, and the next turn tries again."""
        try:
            work()
        except TradewindError as trouble:
            log.error("The parser could not finish a turn: %s", trouble)
            telemetry.emit(telemetry.LoopCrashed("parser", str(trouble)))
            self._selector.select(1.0)

    def stop(self) -> None:
        """End ``run`` soon. May be called from a signal handler or another thread."""
        self._stopping = True
        if self._wake is not None:
            os.write(self._wake, b"-")

    def close(self) -> None:
        """End the child processes and let go of everything."""
        self.spawner.close()
        self._stats.close()
        self._selector.close()
        self._ringer.close()


def _intervals(settings: Settings) -> tuple[float, float]:
    """How often a file whose text alone does not decide is read again, and how soon any file may be."""
    volatile = settings.get_float("dag_processor", "volatile_reparse_interval")
    least = settings.get_float("dag_processor", "min_file_process_interval")
    said = [settings.origins[("dag_processor", key)] != "default" for key in _TWO]
    return (max(1.0, least) if said == [False, True] else volatile), least


def main(argv: list[str] | None = None) -> int:
    """``python -m tradewind.parser.main [--once]``."""
    words = argparse.ArgumentParser(prog="python -m tradewind.parser.main", description="Parse DAG files.")
    words.add_argument("--once", action="store_true", help="parse what changed, publish, and leave")
    options = words.parse_args(argv)
    try:
        settings = load_settings()
        logging.basicConfig(
            level=settings.get_str("logging", "logging_level").upper(), format="%(asctime)s %(name)s %(message)s"
        )
        store = open_store(settings)
        check(store)
        parser = Parser(settings, store, SystemClock(), bundles_of(settings))
    except TradewindError as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 2 if isinstance(trouble, InvalidArgument) else 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: parser.stop())
    try:
        parser.once() if options.once else parser.run()
    finally:
        parser.close()
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
