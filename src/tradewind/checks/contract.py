"""What a check says: rules, findings, and what one file gave."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec


class Level(StrEnum):
    """How bad it is. Errors and warnings fail a build; notes do not, unless asked for."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return (Level.ERROR, Level.WARNING, Level.NOTE).index(self)


@dataclass(frozen=True)
class Rule:
    """One thing that is looked for. ``why`` is the reason, ``fix`` what to do, both whole sentences."""

    code: str
    name: str
    level: Level
    why: str
    fix: str
    fixable: bool = False  #: ``--fix`` can do it


class Finding(msgspec.Struct, frozen=True, order=True):
    """One place where a rule is broken. ``file`` is as the person named it; ``line`` counts from 1, 0 for the whole file."""

    file: str
    line: int
    code: str
    message: str
    column: int = 0  #: from 1; 0 when only the line is known
    dag_id: str = ""
    fix: str = ""  #: what to write here; empty: the rule's own advice


class Use(msgspec.Struct, frozen=True):
    """A connection or variable that a file names."""

    kind: str  #: "connection" or "variable"
    name: str
    file: str
    line: int
    by: str = ""  #: the task, when known


class DagSeen(msgspec.Struct, frozen=True):
    """A DAG that a file declares."""

    dag_id: str
    file: str
    line: int


class FileReport(msgspec.Struct):
    """Everything one file gave."""

    findings: list[Finding] = []
    uses: list[Use] = []
    dags: list[DagSeen] = []
