"""File events: a thread that tells the parser's loop which paths moved, within a tenth of a second.

Roots that do not exist yet, or are reached through a symbolic link, are looked at with a cheap ``stat``, because no event comes from
a folder that is not there and none from a link that is pointed elsewhere.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterable
from pathlib import Path

from watchfiles._rust_notify import RustNotify

from tradewind.backends.bundles.discover import SKIPPED_FOLDERS, Signature, signature

log = logging.getLogger("tradewind.parser")

STEP_MS = 50  #: events closer together than this come as one
DEBOUNCE_MS = 120  #: but no later than this
RESTLESS_MS = 100  #: how often a root without events of its own is looked at
CALM_MS = 1000
NOISE_SUFFIXES = (".pyc", ".pyo", ".swp", ".swx", ".swo", "~", ".tmp", "-journal", "-wal", "-shm")

#: A path that stands for "anything may have changed: look at everything".
EVERYTHING = Path("/")


def is_noise(path: str) -> bool:
    """Events nobody needs: bytecode caches, version control, editors' scratch files."""
    return path.endswith(NOISE_SUFFIXES) or not SKIPPED_FOLDERS.isdisjoint(path.split("/"))


class Watcher:
    """Watches the roots. ``fileno`` becomes readable when something moved; ``take`` says what, by its path below the root."""

    def __init__(self, roots: Iterable[Path]) -> None:
        self._roots = list(roots)
        self._paths: set[Path] = set()
        self._others: dict[Path, Signature | None] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="tradewind-watch", daemon=True)
        self._ready = threading.Event()

    def start(self) -> None:
        """Begin. Returns when events are being collected, so that a look made afterwards misses nothing."""
        self._thread.start()
        self._ready.wait(10)

    def fileno(self) -> int:
        """For selectors."""
        return self._reader.fileno()

    def take(self) -> set[Path]:
        """The paths that moved since last time; EVERYTHING among them asks for a full look."""
        try:
            while self._reader.recv(4096):
                continue
        except BlockingIOError:
            with self._lock:
                paths, self._paths = self._paths, set()
            return paths
        return {EVERYTHING}

    def watch_others(self, paths: Iterable[Path]) -> set[Path]:
        """Also look at these single files, outside the roots, and no others; those that are new to it come back."""
        with self._lock:
            fresh = {path for path in paths if path not in self._others}
            self._others = {path: self._others.get(path) or signature(path) for path in paths}
        return fresh

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(5)
        self._reader.close()
        self._writer.close()

    def _tell(self, paths: Iterable[Path]) -> None:
        with self._lock:
            before = len(self._paths)
            self._paths.update(paths)
            grown = len(self._paths) > before
        if grown:
            try:
                self._writer.send(b"-")
            except BlockingIOError:
                return  # it is awake already

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._watch_once()
            except Exception:
                log.exception("Watching the DAG files failed; looking at everything instead.")
                self._ready.set()
                self._tell({EVERYTHING})
                self._stop.wait(5)

    def _watch_once(self) -> None:
        """Until a root appears, vanishes or is swapped."""
        places = {root: _place(root) for root in self._roots}
        present = {root: Path(os.path.realpath(root)) for root, place in places.items() if place is not None}
        restless = len(present) < len(self._roots) or any(real != root for root, real in present.items())
        pause = RESTLESS_MS if restless else CALM_MS
        notify = RustNotify([str(real) for real in present.values()], False, False, 300, True, False)
        first = not self._ready.is_set()
        self._ready.set()
        if not first:
            self._tell({EVERYTHING})
        try:
            while not self._stop.is_set():
                told = notify.watch(DEBOUNCE_MS, STEP_MS, pause, self._stop) if present else self._sleep(pause)
                if isinstance(told, set):
                    self._tell(
                        moved for _, path in told if not is_noise(path) for moved in _as_given(Path(path), present)
                    )
                self._look_at_others()
                if any(_place(root) != place for root, place in places.items()):
                    return
        finally:
            notify.close()

    def _sleep(self, milliseconds: int) -> str:
        self._stop.wait(milliseconds / 1000)
        return "timeout"

    def _look_at_others(self) -> None:
        with self._lock:
            others = dict(self._others)
        moved = {path: mark for path, before in others.items() if (mark := signature(path)) != before}
        if moved:
            with self._lock:
                self._others.update({path: mark for path, mark in moved.items() if path in self._others})
            self._tell(moved)


def _place(root: Path) -> tuple[int, int] | None:
    try:
        status = root.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def _as_given(path: Path, present: dict[Path, Path]) -> list[Path]:
    """The path as the parser knows it: below the root as configured, not where a link led."""
    return [root / path.relative_to(real) for root, real in present.items() if path.is_relative_to(real)]
