"""Which files of a bundle are DAG files: everything the ignore files leave that looks as if it declared a DAG.

Nothing is imported here. A file's text is looked at once per change of its size or time.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tradewind.errors import DagFileError

IGNORE_FILE = ".airflowignore"
#: Folders that never hold DAG files; their events are not worth waking for.
SKIPPED_FOLDERS = frozenset({"__pycache__", ".git", ".hg", ".svn", ".venv", "node_modules", ".ipynb_checkpoints"})

#: mtime in nanoseconds, size, inode: what changes when a file is written or replaced.
Signature = tuple[int, int, int]


class IgnoreRule(Protocol):
    """One line of an ignore file."""

    def verdict(self, relative: str, is_folder: bool) -> bool | None:
        """True: ignore it. False: take it after all. None: the rule says nothing of this path."""
        ...


@dataclass(frozen=True)
class RegexpRule:
    """Airflow 2's syntax: an unanchored expression, matched anywhere in the path relative to the bundle root."""

    pattern: re.Pattern[str]

    def verdict(self, relative: str, is_folder: bool) -> bool | None:
        """Ignore on any match."""
        return True if self.pattern.search(relative) else None


@dataclass(frozen=True)
class GlobRule:
    """The syntax of .gitignore, relative to the folder of the ignore file; the last rule that matches decides."""

    pattern: re.Pattern[str]
    folder: str
    negated: bool
    folders_only: bool

    def verdict(self, relative: str, is_folder: bool) -> bool | None:
        """Ignore, or take back with a leading exclamation mark."""
        if self.folders_only and not is_folder:
            return None
        if self.folder:
            if not relative.startswith(self.folder + "/"):
                return None
            relative = relative[len(self.folder) + 1 :]
        return (not self.negated) if self.pattern.fullmatch(relative) else None


def _glob_regex(glob: str) -> str:
    anchored = "/" in glob.strip("/") or glob.startswith("/")
    glob = glob.strip("/")
    out: list[str] = [] if anchored else ["(?:.*/)?"]
    position = 0
    while position < len(glob):
        rest = glob[position:]
        if rest.startswith("**/"):
            out.append("(?:.*/)?")
            position += 3
        elif rest == "**":
            out.append(".*")
            position += 2
        elif rest[0] == "*":
            out.append("[^/]*")
            position += 1
        elif rest[0] == "?":
            out.append("[^/]")
            position += 1
        elif rest[0] == "[" and "]" in rest[2:]:
            end = rest.index("]", 2)
            inner = rest[1:end].replace("\\", "\\\\")
            out.append("[" + ("^" + inner[1:] if inner[0] in "!^" else inner) + "]")
            position += end + 1
        else:
            out.append(re.escape(rest[0]))
            position += 1
    return "".join(out)


def read_rules(text: str, folder: str, syntax: str) -> list[IgnoreRule]:
    """The rules of one ignore file that stands in ``folder`` (relative, "" for the root).

    Raises DagFileError for an expression that cannot be compiled, with its line.
    """
    rules: list[IgnoreRule] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.rstrip() if syntax == "glob" else re.sub(r"(^|\s)#.*", "", raw).strip()
        if not line or line.startswith("#"):
            continue
        try:
            if syntax == "glob":
                negated = line.startswith("!")
                body = line[1:] if negated else line
                rules.append(GlobRule(re.compile(_glob_regex(body)), folder, negated, body.endswith("/")))
            else:
                rules.append(RegexpRule(re.compile(line)))
        except re.error as error:
            raise DagFileError(
                f"{line!r} is not a regular expression: {error}.",
                file=f"{folder}/{IGNORE_FILE}" if folder else IGNORE_FILE,
                line=number,
                hint="Mend the pattern, or set [core] dag_ignore_file_syntax = glob if it is meant as a file pattern.",
            ) from None
    return rules


def ignored(rules: list[IgnoreRule], relative: str, is_folder: bool) -> bool:
    """Whether the last rule that knows the path says so."""
    for rule in reversed(rules):
        verdict = rule.verdict(relative, is_folder)
        if verdict is not None:
            return verdict
    return False


def looks_like_dag(content: bytes) -> bool:
    """Airflow's safe-mode test: the text names a DAG and the library, in any case."""
    low = content.lower()
    return b"dag" in low and (b"airflow" in low or b"tradewind" in low)


def zip_looks_like_dag(path: Path) -> bool:
    """The same test on the Python files at the top of a zip; False for something that is no zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(
                looks_like_dag(archive.read(name))
                for name in archive.namelist()
                if name.endswith(".py") and "/" not in name
            )
    except (zipfile.BadZipFile, OSError):
        return False


def signature(path: Path) -> Signature | None:
    """What changes when the file is written; None when it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)


@dataclass
class Discovery:
    """Looks through one bundle root. Remembers the safe-mode verdict per signature, so a second look is only stats."""

    syntax: str = "regexp"
    safe_mode: bool = True
    #: broken ignore files of the last look: file relative to the root -> error
    troubles: dict[str, DagFileError] = field(default_factory=dict)
    _verdicts: dict[Path, tuple[Signature, bool]] = field(default_factory=dict)

    def look(self, root: Path) -> dict[str, Path]:
        """Every DAG file: path relative to the root (with /) -> absolute path. Empty when there is no such folder."""
        self.troubles = {}
        found: dict[str, Path] = {}
        for relative, path in self._walk(root):
            mark = signature(path)
            if mark is not None and self._is_dag_file(path, mark):
                found[relative] = path
        return found

    def _is_dag_file(self, path: Path, mark: Signature) -> bool:
        known = self._verdicts.get(path)
        if known is not None and known[0] == mark:
            return known[1]
        if path.suffix == ".zip":
            verdict = zip_looks_like_dag(path)
        elif not self.safe_mode:
            verdict = True
        else:
            try:
                verdict = looks_like_dag(path.read_bytes())
            except OSError:
                verdict = True  # unreadable: parsing it gives the person the reason
        self._verdicts[path] = (mark, verdict)
        return verdict

    def _walk(self, root: Path) -> Iterator[tuple[str, Path]]:
        pending: list[tuple[str, list[IgnoreRule]]] = [("", [])]
        seen: set[tuple[int, int]] = set()
        while pending:
            folder, inherited = pending.pop()
            try:
                place = os.stat(root / folder)  # noqa: PTH116  Path.stat is the same; a symbolic link is followed
                entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
            except OSError:
                continue
            if (place.st_dev, place.st_ino) in seen:
                continue  # a symbolic link that leads back up
            seen.add((place.st_dev, place.st_ino))
            rules = (
                inherited + self._rules_in(root, folder) if any(e.name == IGNORE_FILE for e in entries) else inherited
            )
            for entry in entries:
                relative = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir():
                    if entry.name not in SKIPPED_FOLDERS and not ignored(rules, relative, True):
                        pending.append((relative, rules))
                elif (
                    entry.name.endswith((".py", ".zip"))
                    and entry.is_file()  # reading a named pipe or a device would wait for ever
                    and not ignored(rules, relative, False)
                ):
                    yield relative, root / relative

    def _rules_in(self, root: Path, folder: str) -> list[IgnoreRule]:
        file = root / folder / IGNORE_FILE
        try:
            return read_rules(file.read_text(encoding="utf-8", errors="replace"), folder, self.syntax)
        except OSError:
            return []
        except DagFileError as error:
            self.troubles[f"{folder}/{IGNORE_FILE}" if folder else IGNORE_FILE] = error
            return []
