"""Which files must be parsed, and when: everything the parser knows of each file, and the rules that follow from it.

No database, no process, no clock: file contents are looked at, the rest is handed in. A file is due when it is new, when something it read
has changed, when it is volatile and its interval has passed, when another file let go of a DAG id it also declares, or
when it is broken and anything around it moved.
"""

from __future__ import annotations

import hashlib
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tradewind.backends.bundles.discover import Signature, signature

#: Codes of import errors that the file's surroundings cannot mend: only a change of what it read is worth another try.
SETTLED_CODES = frozenset({"dag_file_timeout", "dag_file_crash", "duplicate_dag_id"})
#: Content hash of a file that is not there.
ABSENT = ""


class FileKey(NamedTuple):
    """One DAG file: its bundle and its path in it. Keys sort in the order in which they may claim a DAG id."""

    bundle: str
    fileloc: str


@dataclass
class Entry:
    """What is known of one DAG file."""

    key: FileKey
    path: Path
    hash: str | None = None  #: of what it read at the last parse; None: never parsed
    files: dict[str, str] = field(default_factory=dict)  #: what it read -> sha256 at that time
    variables: list[str] = field(default_factory=list)
    connections: list[str] = field(default_factory=list)
    volatile: bool = False
    dag_ids: list[str] = field(default_factory=list)
    error_code: str | None = None
    parsed_at: float | None = None  #: monotonic; None: not by this process
    parsing: bool = False
    due: bool = False
    again: bool = False  #: something moved while it was being parsed


#: The fingerprint now of each variable and connection, by "variable:key" or "connection:id".
Digests = dict[str, str]


def reads_hash(files: dict[str, str], variables: Iterable[str], connections: Iterable[str], digests: Digests) -> str:
    """The version hash: of every file, variable and connection a DAG file read, with its content then."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"f {name} {files[name]}\n".encode())
    for key in sorted({f"variable:{v}" for v in variables} | {f"connection:{c}" for c in connections}):
        whole.update(f"{key} {digests.get(key, ABSENT)}\n".encode())
    return whole.hexdigest()


def content_hash(path: Path) -> str:
    """sha256 of a file's bytes or, for a folder somebody listed, of its sorted names; ABSENT when it is gone."""
    try:
        if path.is_dir():
            names = sorted(below.name for below in path.iterdir() if below.name != "__pycache__")
            return hashlib.sha256("\n".join(names).encode()).hexdigest()
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ABSENT


class Book:
    """All known files. ``look`` and ``touch`` mark files due, ``take`` hands them out, ``done`` takes the outcome in."""

    def __init__(self, roots: dict[str, Path], volatile_interval: float, min_interval: float = 0.0) -> None:
        self.roots = roots
        self.entries: dict[FileKey, Entry] = {}
        self.vanished: set[FileKey] = set()
        self._volatile_interval = volatile_interval
        self._min_interval = min_interval
        self._held: set[FileKey] = set()  #: due, but parsed too short a time ago
        self._queue: deque[FileKey] = deque()
        self._parsing = 0
        self._volatile: set[FileKey] = set()
        self._claims: dict[str, set[FileKey]] = {}
        self._readers: dict[Path, set[FileKey]] | None = None  #: made anew when asked for after a change
        self._hashes: dict[Path, tuple[Signature, str]] = {}

    # What is on disk

    def sha(self, path: Path, *, fresh: bool = False) -> str:
        """The content hash of a file now, remembered per signature; ABSENT when it cannot be read."""
        mark = signature(path)
        if mark is None:
            self._hashes.pop(path, None)
            return ABSENT
        known = self._hashes.get(path)
        if known is not None and known[0] == mark and not fresh:
            return known[1]
        content = content_hash(path)
        if content == ABSENT:
            return ABSENT
        self._hashes[path] = (mark, content)
        return content

    def place(self, key: FileKey, name: str) -> Path:
        """The absolute path of something a file read."""
        return self.roots[key.bundle] / name  # an absolute name replaces the root

    def restore(self, entry: Entry) -> None:
        """Take over what an earlier process knew."""
        self.entries[entry.key] = entry
        self._readers = None
        self._claim(entry, entry.dag_ids)
        if entry.volatile:
            self._volatile.add(entry.key)

    def look(self, found: dict[FileKey, Path], digests: Digests, *, fresh: Iterable[Path] = ()) -> None:
        """Compare with a full look at the bundles: new files, changed files, vanished files."""
        for path in fresh:
            self.sha(path, fresh=True)
        moved = False
        for key, path in found.items():
            entry = self.entries.get(key)
            if entry is None:
                entry = self.entries[key] = Entry(key, path)
                self._readers = None
                self.demand(entry)
                moved = True
            else:
                entry.path = path
                moved |= self._check(entry, digests)
        for key in [known for known in self.entries if known not in found]:
            self._forget(key)
            moved = True
        if moved:
            self.retry_broken()

    def touch(self, paths: set[Path], digests: Digests) -> None:
        """Some files were written: check everything that read one of them."""
        for path in paths:
            self.sha(path, fresh=True)
        readers = self.readers()
        concerned = {key for path in paths for key in readers.get(path, ())}
        moved = [self._check(self.entries[key], digests) for key in sorted(concerned)]
        if any(moved):
            self.retry_broken()

    def readers(self) -> dict[Path, set[FileKey]]:
        """Every path some file is or has read -> the files that must be checked when it is written."""
        if self._readers is None:
            self._readers = {}
            for entry in self.entries.values():
                for path in (entry.path, *(self.place(entry.key, name) for name in entry.files)):
                    self._readers.setdefault(path, set()).add(entry.key)
        return self._readers

    def check_values(self, digests: Digests) -> None:
        """Variables or connections may have changed: check the files that read any."""
        for entry in self.entries.values():
            if entry.variables or entry.connections:
                self._check(entry, digests)

    def _check(self, entry: Entry, digests: Digests) -> bool:
        if entry.hash is None and entry.due:
            return False
        now = {name: self.sha(self.place(entry.key, name)) for name in entry.files}
        now.setdefault(entry.key.fileloc, self.sha(entry.path))
        if reads_hash(now, entry.variables, entry.connections, digests) == entry.hash:
            return False
        self.demand(entry)
        return True

    def demand(self, entry: Entry) -> None:
        """Parse this file, or parse it once more when it is being parsed."""
        if entry.parsing:
            entry.again = True
        elif not entry.due:
            entry.due = True
            self._queue.append(entry.key)

    def _forget(self, key: FileKey) -> None:
        entry = self.entries.pop(key)
        self._readers = None
        self._volatile.discard(key)
        self._parsing -= entry.parsing
        entry.parsing = False
        self.vanished.add(key)
        lost, entry.dag_ids = entry.dag_ids, []
        self._release(lost, key)

    # Who declares which DAG id

    def claimants(self, dag_id: str) -> list[FileKey]:
        """Every file that declares the id; the first one has it."""
        return sorted(self._claims.get(dag_id, ()))

    def _claim(self, entry: Entry, dag_ids: list[str]) -> None:
        entry.dag_ids = dag_ids
        for dag_id in dag_ids:
            self._claims.setdefault(dag_id, set()).add(entry.key)

    def _release(self, dag_ids: Iterable[str], by: FileKey) -> None:
        for dag_id in dag_ids:
            self._claims.get(dag_id, set()).discard(by)
            heirs = self.claimants(dag_id)
            if heirs and by < heirs[0]:
                self.demand(self.entries[heirs[0]])

    # Due files

    def retry_broken(self) -> None:
        """Something moved in a bundle: files whose error may come from what they could not read are tried again."""
        for entry in self.entries.values():
            if entry.error_code is not None and entry.error_code not in SETTLED_CODES and not entry.parsing:
                self.demand(entry)

    def ring_volatile(self, now: float) -> float | None:
        """Mark files whose interval has passed; seconds until the next one, None when there is none."""
        nearest: float | None = self._release_held(now)
        for entry in [self.entries[key] for key in self._volatile]:
            if entry.due or entry.parsing:
                continue
            left = 0.0 if entry.parsed_at is None else entry.parsed_at + self._volatile_interval - now
            if left <= 0:
                self.demand(entry)
            else:
                nearest = left if nearest is None else min(nearest, left)
        return nearest

    def _release_held(self, now: float) -> float | None:
        nearest: float | None = None
        for key in list(self._held):
            entry = self.entries.get(key)
            left = self._too_early(entry, now) if entry is not None and entry.due else 0.0
            if left > 0:
                nearest = left if nearest is None else min(nearest, left)
                continue
            self._held.discard(key)
            if entry is not None and entry.due:
                self._queue.append(key)
        return nearest

    def _too_early(self, entry: Entry, now: float) -> float:
        """Seconds until it may be parsed again."""
        return 0.0 if entry.parsed_at is None else entry.parsed_at + self._min_interval - now

    def take(self, count: int, now: float = math.inf) -> list[Entry]:
        """Up to ``count`` due files, now being parsed. Those that were parsed too short a time ago are held back."""
        taken: list[Entry] = []
        while self._queue and len(taken) < count:
            entry = self.entries.get(self._queue.popleft())
            if entry is not None and entry.due:
                if self._too_early(entry, now) > 0:
                    self._held.add(entry.key)
                    continue
                entry.due, entry.parsing = False, True
                self._parsing += 1
                taken.append(entry)
        return taken

    def give_back(self, entry: Entry) -> None:
        """It was taken but could not be parsed: it is due again."""
        self._parsing -= entry.parsing
        entry.parsing = entry.again = False
        if entry.key in self.entries:
            self.demand(entry)

    def idle(self) -> bool:
        """Nothing due and nothing being parsed."""
        return not self._queue and not self._parsing

    def done(self, key: FileKey, outcome: Outcome, digests: Digests, now: float) -> Entry | None:
        """Take the outcome of a parse in; None when the file vanished meanwhile."""
        entry = self.entries.get(key)
        if entry is None:
            return None
        self._parsing -= entry.parsing
        entry.parsing = False
        entry.parsed_at = now
        before = set(entry.files)
        entry.files = dict(outcome.files)
        entry.files.setdefault(key.fileloc, self.sha(entry.path))
        if entry.files.keys() != before:
            self._readers = None
        entry.variables, entry.connections = outcome.variables, outcome.connections
        entry.volatile = outcome.volatile
        (self._volatile.add if outcome.volatile else self._volatile.discard)(key)
        entry.error_code = outcome.error_code
        entry.hash = reads_hash(entry.files, entry.variables, entry.connections, digests)
        if outcome.dag_ids is not None:  # a broken file keeps its claims: its last good version runs on
            lost = [dag_id for dag_id in entry.dag_ids if dag_id not in outcome.dag_ids]
            self._claim(entry, outcome.dag_ids)
            self._release(lost, key)
        if entry.again:
            entry.again = False
            self._check(entry, digests)
        return entry

    def outside(self) -> list[Path]:
        """Files read from outside every bundle: no file events come from there."""
        roots = tuple(self.roots.values())
        names = {self.place(e.key, name) for e in self.entries.values() for name in e.files if name.startswith("/")}
        return [path for path in names if not any(path.is_relative_to(root) for root in roots)]


@dataclass(frozen=True)
class Outcome:
    """What a parse told about the file itself."""

    files: dict[str, str]
    variables: list[str]
    connections: list[str]
    volatile: bool
    dag_ids: list[str] | None  #: None: it could not be imported, so nobody knows
    error_code: str | None

    def stored(self) -> dict[str, Any]:
        """The shape of ``dag_file.reads``."""
        return {
            "files": self.files,
            "variables": self.variables,
            "connections": self.connections,
            "volatile": self.volatile,
        }
