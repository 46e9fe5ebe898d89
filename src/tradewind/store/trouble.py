"""What a database's complaint means to a person: a sentence and the way out. The driver's own words stay in it."""

from __future__ import annotations

from typing import NamedTuple

from tradewind.errors import DatabaseTrouble


class _Case(NamedTuple):
    words: tuple[str, ...]
    sentence: str
    hint: str


_CASES = (
    _Case(
        ("disk is full", "no space left", "could not extend file", "disk i/o error"),
        "The database could not write: is its disk full?",
        "Make room on the disk of the database. Work goes on by itself after that; nothing that was committed is lost.",
    ),
    _Case(
        ("file is not a database", "malformed", "file is encrypted"),
        "The file of the database is damaged, or is no SQLite database.",
        "Restore a backup; or move the file away, and the next `tradewind db migrate` (or standalone) makes a new one.",
    ),
    _Case(
        ("readonly database", "read-only", "readonly"),
        "The database may not be written.",
        "Give this user the right to write to the file and its folder, or mount the disk for writing.",
    ),
    _Case(
        ("unable to open database file",),
        "The file of the database cannot be opened.",
        "Look at the path in [database] sql_alchemy_conn and at the rights on the file and its folder.",
    ),
    _Case(
        ("database is locked", "database table is locked"),
        "Another program holds the database and did not let go in time.",
        "End whatever has it open (a database browser, a backup, a stopped process): `fuser FILE` names it.",
    ),
    _Case(
        ("no such table", "no such column", "undefinedtable", "does not exist\nline"),
        "The database lacks a table of ours.",
        "Run: tradewind db migrate",
    ),
    _Case(
        ("authentication failed", "access denied"),
        "The database does not let this user in.",
        "Look at user and password in [database] sql_alchemy_conn.",
    ),
    _Case(
        (
            "connection failed", "connection is bad", "connection to server", "could not connect",
            "can't connect", "connection refused", "closed the connection",
            "lost connection", "terminating connection", "starting up", "shutting down", "connection is closed",
            "connection is lost", "gone away", "server closed",
        ),
        "The database cannot be reached.",
        "See that it runs and that [database] sql_alchemy_conn names it. Work goes on by itself once it is back.",
    ),
)  # fmt: skip


def told(error: BaseException) -> DatabaseTrouble:
    """The error as a person should read it."""
    words = " ".join(str(error).split())
    low = words.lower()
    for case in _CASES:
        if any(word in low for word in case.words):
            return DatabaseTrouble(f"{case.sentence} ({words})", hint=case.hint)
    return DatabaseTrouble(
        f"The database refused a statement: {words}",
        hint="See whether the database runs, its disk has room, and `tradewind db check` is content.",
    )
