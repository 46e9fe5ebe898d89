"""Every error Tradewind raises, on one page.

    TradewindError
    ├── UserMistake            the person who wrote the file, the setting or the request can mend it
    │   ├── DagFileError       a DAG file cannot be read, imported or frozen (file, line)
    │   │   ├── CycleError
    │   │   ├── DuplicateTaskIdError
    │   │   └── DuplicateDagIdError
    │   ├── InvalidArgument    a wrong argument, setting or request field (field, given)
    │   └── NotFound           an unknown dag, run, task, pool, ... ("did you mean")
    ├── Conflict               the thing exists already, or is in a state that forbids the verb
    ├── Forbidden              the person is known but may not
    ├── OutsideTrouble         a database, disk, port, broker ... failed us
    │   ├── DatabaseTrouble
    │   └── DatabaseTooNew
    └── Bug                    an invariant of ours is broken; crashes the tick, never the process

Facts are attributes, so that doors (CLI, API, page) can show them; ``hint`` says what to do.
"""

from __future__ import annotations

from collections.abc import Iterable


class TradewindError(Exception):
    """The root. ``hint`` is one imperative sentence for the person who reads the message, or None."""

    code = "error"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message


class UserMistake(TradewindError):
    """Somebody outside can mend it."""

    code = "user_mistake"


class DagFileError(UserMistake):
    """A DAG file (or one of its DAGs) is unusable. ``file`` and ``line`` say where, when known."""

    code = "dag_file_error"

    def __init__(
        self, message: str, *, file: str | None = None, line: int | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.file = file
        self.line = line

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""
        return place + super().__str__()


class CycleError(DagFileError):
    """The tasks of a DAG form a circle."""

    code = "cycle"


class DuplicateTaskIdError(DagFileError):
    """Two tasks of one DAG have the same id."""

    code = "duplicate_task_id"


class DuplicateDagIdError(DagFileError):
    """Two files declare the same DAG id."""

    code = "duplicate_dag_id"


class InvalidArgument(UserMistake):
    """A value is of the wrong type or out of range. ``field`` names it."""

    code = "invalid_argument"

    def __init__(self, message: str, *, field: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.field = field


class NotFound(UserMistake):
    """A named thing does not exist. Build it with :func:`not_found` to get "did you mean"."""

    code = "not_found"

    def __init__(self, message: str, *, kind: str = "thing", name: str = "", hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind
        self.name = name


class Conflict(TradewindError):
    """The verb cannot be done in the present state of the thing."""

    code = "conflict"


class Forbidden(TradewindError):
    """The person is known but lacks the permission."""

    code = "forbidden"


class OutsideTrouble(TradewindError):
    """Something we lean on failed; trying again later may help."""

    code = "outside_trouble"


class DatabaseTrouble(OutsideTrouble):
    """The database refused or lost a statement."""

    code = "database_trouble"


class DatabaseTooNew(OutsideTrouble):
    """The database was migrated by a newer Tradewind than this one."""

    code = "database_too_new"


class Bug(TradewindError):
    """An invariant of ours does not hold."""

    code = "bug"


#: So many known names are listed where none is close.
_SHOWN = 5


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A hint sentence naming the closest known names, or None when nothing is close."""
    import difflib  # noqa: PLC0415  only when somebody has mistyped; it loads regular expressions

    close = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(repr(c) for c in close)}?" if close else None


def not_found(kind: str, name: str, known: Iterable[str] = ()) -> NotFound:
    """A NotFound for a thing of ``kind`` ("dag", "pool" ...) with a guess among the ``known`` names."""
    names = list(known)
    hint = did_you_mean(name, names)
    if hint is None and names:
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        hint = f"There is {', '.join(repr(n) for n in names[:_SHOWN])}{more}."
    return NotFound(f"There is no {kind} named {name!r}.", kind=kind, name=name, hint=hint)
