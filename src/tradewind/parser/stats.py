"""The table "DAG File Processing Stats" and the lines about each file, in ``dag_processor_manager.log`` of the logs' folder.

One line per file: where it is, the process and the time of a parse that goes on now, how many DAGs and errors the last
parse found, how long it took and when it ended. The figures are of the last parse, no average (3/SC-07).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from tradewind.parser.schedule import FileKey

log = logging.getLogger("tradewind.parser")

COLUMNS = ("File Path", "PID", "Runtime", "# DAGs", "# Errors", "Last Runtime", "Last Run")
_MOST_BYTES = 10_000_000


@dataclass(frozen=True)
class Parsed:
    """What the last parse of a file came to."""

    dags: int
    errors: int
    seconds: float
    at: datetime


@dataclass(frozen=True)
class Going:
    """A parse that goes on now."""

    pid: int | None
    seconds: float


def table(paths: Iterable[tuple[FileKey, Path]], parsed: dict[FileKey, Parsed], going: dict[FileKey, Going]) -> str:
    """The table as text."""
    rows = [COLUMNS]
    for key, path in sorted(paths):
        now, last = going.get(key), parsed.get(key)
        rows.append(
            (
                str(path),
                str(now.pid) if now and now.pid else "",
                f"{now.seconds:.2f}s" if now else "",
                str(last.dags if last else 0),
                str(last.errors if last else 0),
                f"{last.seconds:.2f}s" if last else "",
                f"{last.at:%Y-%m-%dT%H:%M:%S}" if last else "",
            )
        )
    widths = [max(len(row[at]) for row in rows) for at in range(len(COLUMNS))]
    lines = [
        "  ".join(
            cell.ljust(width) if not at else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    edge = "=" * max(80, len(lines[0]))
    return "\n".join([edge, "DAG File Processing Stats", "", *(line.rstrip() for line in lines), edge])


class Stats:
    """Remembers the last parse of each file, and writes to the log of its own."""

    def __init__(self, folder: Path, interval: float) -> None:
        self.interval = interval
        self.parsed: dict[FileKey, Parsed] = {}
        self._due_at = 0.0
        self._log = logging.Logger("tradewind.parser.files", logging.INFO)  # of its own: it goes into its file alone
        place = folder / "dag_processor_manager" / "dag_processor_manager.log"
        handler: logging.Handler
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            handler = RotatingFileHandler(place, maxBytes=_MOST_BYTES, backupCount=1, encoding="utf-8")
        except OSError as error:
            log.warning("There will be no %s: %s. hint: see [logging] base_log_folder.", place, error)
            handler = logging.NullHandler()
        handler.setFormatter(logging.Formatter("[%(asctime)s] %(levelname)s - %(message)s"))
        self._log.addHandler(handler)

    def ended(self, key: FileKey, path: Path, found: list[str], parsed: Parsed, error: str | None) -> None:
        """A parse came to its end."""
        self.parsed[key] = parsed
        if error is None:
            self._log.info("DAG(s) %s retrieved from %s", found, path)
        else:
            self._log.error("Failed to import %s: %s", path, error)
        self._log.info("Processing %s took %.3f seconds", path, parsed.seconds)

    def begun(self, path: Path) -> None:
        """A parse begins."""
        self._log.info("Processing file %s: filling up the DagBag from it", path)

    def wait(self, now: float) -> float:
        """Seconds until the next table."""
        return max(0.0, self._due_at - now) if self.interval > 0 else math.inf

    def write(self, now: float, paths: Iterable[tuple[FileKey, Path]], going: dict[FileKey, Going]) -> None:
        """The table, when it is due."""
        if self.interval <= 0 or now < self._due_at:
            return
        self._due_at = now + self.interval
        known = list(paths)
        alive = {key for key, _ in known}
        self.parsed = {key: parsed for key, parsed in self.parsed.items() if key in alive}
        self._log.info("\n%s", table(known, self.parsed, going))

    def close(self) -> None:
        """Let go of the file."""
        for handler in list(self._log.handlers):
            handler.close()
            self._log.removeHandler(handler)
